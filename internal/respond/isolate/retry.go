package isolate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"candor"
)

// Some enforcement points do not tell what they keep: access servers, and routers
// that were told by BGP. Lines there are probed again and again, as long as they
// are isolated, since such a point may have forgotten what it acknowledged.
const (
	triedAtOnce = 16
	tryAgain    = 10 * time.Second
	// surely is after how long a line is isolated though nobody saw it: this
	// program may have begun meanwhile.
	surely = 10 * time.Minute
)

// leak says that a line reaches what it must not.
type leak struct {
	from netip.Addr
	to   Place
}

func (l *leak) Error() string { return fmt.Sprintf("%s can still be reached from %s", l.to, l.from) }

// retry probes lines whose points do not tell what they keep, those first that
// were probed longest ago, and sets again what does not hold.
func (m *Method) retry(ctx context.Context, lines map[candor.ID][]candor.Isolation) ([]Drift, error) {
	if m.Prober == nil {
		return nil, nil
	}
	var due []candor.ID
	last := map[candor.ID]time.Time{}
	for line, rows := range lines {
		was, _ := m.tried.Load(line)
		at, _ := was.(time.Time)
		if last[line] = at; m.Now().Sub(at) >= tryAgain && m.blind(rows) {
			due = append(due, line)
		}
	}
	slices.SortFunc(due, func(a, b candor.ID) int {
		return cmp.Or(last[a].Compare(last[b]), strings.Compare(string(a), string(b)))
	})
	var work sync.WaitGroup
	due = due[:min(len(due), triedAtOnce)]
	drifts, errs := make([]Drift, len(due)), make([]error, len(due))
	for i, line := range due {
		work.Go(func() { drifts[i], errs[i] = m.try(ctx, line, lines[line]) })
	}
	work.Wait()
	return slices.DeleteFunc(drifts, func(d Drift) bool { return d.Kind == "" }), errors.Join(errs...)
}

// blind tells whether isolations are enforced somewhere that does not tell of it,
// and can be seen by probes.
func (m *Method) blind(rows []candor.Isolation) bool {
	s, err := SessionOf(rows[0])
	l := Strongest(rows)
	return err == nil && s.Line != "" && l != RateLimit && slices.ContainsFunc(at(m.Points, s, l), func(p Point) bool { return p.Blind })
}

// try probes a line, and sets it again if it was isolated and is not.
func (m *Method) try(ctx context.Context, line candor.ID, rows []candor.Isolation) (d Drift, err error) {
	s, err := m.holds(ctx, line)
	if err != nil {
		return d, nil //nolint:nilerr // the next look at the line sees to it
	}
	l := Strongest(rows)
	points := at(m.Points, s, l)
	_, held := m.held.Load(line)
	err = m.probe(ctx, s, l, points)
	m.tried.Store(line, m.Now())
	if err == nil {
		m.held.Store(line, true)
		return d, nil
	}
	var through *leak
	if !errors.As(err, &through) || !held && m.Now().Sub(rows[0].Begun) < surely {
		return d, nil // nobody knows, or it is being set
	}
	if now, e := m.Store.Isolations(ctx, line); e != nil || len(now) == 0 {
		return d, e // it was freed meanwhile
	}
	for _, p := range points {
		if p.Forgets { // what is told again only counts if it was taken back
			err = errors.Join(err, p.Enforcer.Clear(ctx, s))
		}
	}
	if _, failed := m.settle(ctx, line); failed != nil {
		return d, fmt.Errorf("line %s: %w: %w", line, err, failed)
	}
	return Drift{Kind: Refilled, Line: line, Point: strings.Join(names(points), ", "), Why: through.Error()}, nil
}
