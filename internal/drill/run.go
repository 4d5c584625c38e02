package drill

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// runner is a drill that goes on.
type runner struct {
	Plan
	copy   Copy
	report Report
	failed map[CheckName]string // the first of what was wrong
	seen   map[CheckName]int    // how often it was looked at
}

// Run does a drill in a copy. An error says that it could not be done; what was
// not as it should be stands in the report.
func Run(ctx context.Context, c Copy, p Plan) (Report, error) {
	r := &runner{Plan: p, copy: c, failed: map[CheckName]string{}, seen: map[CheckName]int{}}
	r.report = Report{Version: 1, Program: p.Version, Begun: p.Now().UTC().Truncate(time.Second), Method: p.Method, Seed: p.Seed,
		Rounds: []Round{}, Checks: []Check{}, Faults: []Fault{}}
	dice := rand.New(rand.NewPCG(uint64(p.Seed), 0)) //nolint:gosec // it is to be the same again
	lines, without := c.Lines()
	if need := p.Rounds + len(p.Faults); len(lines) < need {
		return r.report, fmt.Errorf("the copy has %d lines, %d are needed", len(lines), need)
	}
	r.say("a line without a basis")
	r.refused(ctx, without, dice)
	for n := range p.Rounds {
		kind := p.Abuse[n%len(p.Abuse)]
		r.say(fmt.Sprintf("round %d of %d: %s", n+1, p.Rounds, kind))
		r.report.Rounds = append(r.report.Rounds, r.round(ctx, kind, lines[n], dice.Uint64()))
	}
	for n, f := range p.Faults {
		r.say("fault " + string(f))
		r.report.Faults = append(r.report.Faults, r.fault(ctx, f, lines[p.Rounds+n], dice.Uint64()))
	}
	if err := ctx.Err(); err != nil {
		return r.report, err
	}
	for _, n := range []CheckName{CheckBasis, CheckLifelines, CheckPortal, CheckRelease} {
		if r.seen[n] > 0 {
			text := r.failed[n]
			r.report.Checks = append(r.report.Checks, Check{Name: n, OK: text == "", Text: text})
		}
	}
	r.report.Ended = p.Now().UTC().Truncate(time.Second)
	r.report.judge()
	return r.report, nil
}

func (r *runner) say(what string) {
	if r.Say != nil {
		r.Say(what)
	}
}

// look notes what came of looking at something.
func (r *runner) look(n CheckName, err error) {
	r.seen[n]++
	if err != nil && r.failed[n] == "" {
		r.failed[n] = bounded(err.Error())
	}
}

// poll is how often is looked whether something is so.
const poll = 10 * time.Millisecond

// until waits for something, for as long as the plan is patient.
func (r *runner) until(ctx context.Context, what string, is func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, r.Patience)
	defer cancel()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		ok, err := is()
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if ok {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: not within %s", what, r.Patience)
		case <-tick.C:
		}
	}
}

// tell tells of abuse until stop, and gives when the first record was sent.
func (r *runner) tell(ctx context.Context, kind Abuse, of Line, seed uint64, skew time.Duration) (begun time.Time, stop func() error, err error) {
	ctx, cancel := context.WithCancel(ctx)
	begun = r.Now()
	s := newSource(kind, of.Addr, seed, begun)
	if err := r.copy.Export(ctx, s.records(begun), skew); err != nil {
		cancel()
		return begun, nil, err
	}
	done := make(chan error, 1)
	go func() {
		tick := time.NewTicker(step)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				done <- nil
				return
			case <-tick.C:
			}
			if err := r.copy.Export(ctx, s.records(r.Now()), skew); err != nil && ctx.Err() == nil {
				done <- err
				return
			}
		}
	}()
	return begun, func() error { cancel(); return <-done }, nil
}
