package generation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"candor"
)

// Limits say when a new generation is trusted. In all of them 0 stands for
// the default; a negative share stands for none.
type Limits struct {
	// MoreProblems is by how much the share of definitions that cannot be used
	// may exceed that of the generation in use (default 0.05).
	MoreProblems float64
	// FewerRules is by which share there may be fewer rules than in the
	// generation in use (default 0.2). It does not hold where sources were added
	// or removed.
	FewerRules float64
	// Time bounds the scan of the samples and clean files (default 30 s).
	Time time.Duration
	// Clean is a folder of the operator's in which nothing may be found; empty
	// for none.
	Clean string
}

func (l *Limits) complete() {
	for p, otherwise := range map[*float64]float64{&l.MoreProblems: 0.05, &l.FewerRules: 0.2} {
		if *p == 0 {
			*p = otherwise
		}
		*p = max(*p, 0)
	}
	if l.Time <= 0 {
		l.Time = 30 * time.Second
	}
}

// judge says why a generation must not be used, nothing if it may. The error
// says that it could not be judged.
func (u *Updater) judge(ctx context.Context, l, now *loaded) (reason string, err error) {
	rules, problems := l.state.Rules, l.state.Problems
	if rules == 0 {
		return fmt.Sprintf("none of its %d definitions can be used", problems), nil
	}
	same := now != nil && slices.Equal(slices.Sorted(maps.Keys(now.state.Sources)), slices.Sorted(maps.Keys(l.state.Sources)))
	if same {
		if reason := u.compare(l.state.Generation, now.state.Generation); reason != "" {
			return reason, nil
		}
	} else {
		now = nil // other sources are another matter
	}
	probe, err := u.newProbe()
	if err != nil {
		return "", err
	}
	defer probe.remove()
	return u.try(ctx, probe, l, now)
}

func (u *Updater) compare(next, now candor.Generation) string {
	share := func(g candor.Generation) float64 { return float64(g.Problems) / float64(max(g.Rules+g.Problems, 1)) }
	if a, b := share(now), share(next); b > a+u.o.Limits.MoreProblems {
		return fmt.Sprintf("%.1f%% of its definitions cannot be used, %.1f%% of those in use", 100*b, 100*a)
	}
	if float64(next.Rules) < float64(now.Rules)*(1-u.o.Limits.FewerRules) {
		return fmt.Sprintf("it has %d rules, and the one in use %d", next.Rules, now.Rules)
	}
	return ""
}

// try scans what must be found and what must not.
func (u *Updater) try(ctx context.Context, p *probe, l, now *loaded) (reason string, err error) {
	must, err := u.expected(ctx, p, l, now)
	if err != nil {
		return "", err
	}
	limited, cancel := context.WithTimeout(ctx, u.o.Limits.Time)
	defer cancel()
	found, err := p.scan(limited, l.compiled.Rules, p.samples, p.clean, u.o.Limits.Clean)
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case limited.Err() != nil || errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("scanning samples and clean files took longer than %s", u.o.Limits.Time), nil
	case err != nil:
		return "samples and clean files could not be scanned: " + err.Error(), nil
	}
	var missed, wrong []string
	for _, name := range must {
		if len(found[name]) == 0 {
			missed = append(missed, p.short(name))
		}
	}
	for name, rules := range found {
		if !strings.HasPrefix(name, p.samples+"/") {
			wrong = append(wrong, fmt.Sprintf("%s by %s", p.short(name), rules[0]))
		}
	}
	if len(missed) > 0 {
		return "it no longer finds " + some(missed), nil
	}
	if len(wrong) > 0 {
		return "it finds something in clean files: " + some(wrong), nil
	}
	return "", nil
}

// some names the first few.
func some(names []string) string {
	const most = 3
	slices.Sort(names)
	if n := len(names); n > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), n-most)
	}
	return strings.Join(names, ", ")
}
