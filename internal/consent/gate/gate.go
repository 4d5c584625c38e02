// Package gate decides whether a site may be reached: it goes live only with its
// notice published, the terms in force accepted, and the other measures of
// ITU-T X.1207, 11.2 met, or waived by a named person until a date.
//
// The decision is pure: readings of the checks at a moment, waivers, the
// provider's policy and the state before give the state after. It fails closed:
// what is not measured, is not measured as a whole, is too old or went wrong
// counts as not met.
package gate

import (
	"slices"
	"time"

	"candor"
)

// Reading is what a sensor says of a check of a site.
type Reading struct {
	Check   string
	Outcome candor.GateOutcome // GatePassed, GateFailed, or anything else for missing
	Why     Why                // unless it passed
	Count   int64              // of what is in the way
	At      time.Time          // when it was measured; a check without a time is missing
}

// skew is how far clocks of two nodes may be apart.
const skew = 5 * time.Minute

// Judge says how each check comes out at a moment: all of Checks, in their
// order. Of several readings of a check the worst counts. The checks of the
// decision before tell since when it is so.
func Judge(p Policy, readings []Reading, waivers []candor.GateWaiver, before []candor.GateCheck, at time.Time) []candor.GateCheck {
	all := make([]candor.GateCheck, 0, len(Checks()))
	for _, c := range Checks() {
		x := p.measured(c, readings, at)
		if !x.Outcome.Met() {
			x = p.excused(x, waivers, at)
		}
		x.Since = at
		if i := slices.IndexFunc(before, func(b candor.GateCheck) bool { return b.Check == x.Check && b.Outcome == x.Outcome }); i >= 0 {
			x.Since = before[i].Since
		}
		all = append(all, x)
	}
	return all
}

// measured says how a check comes out by what was measured.
func (p Policy) measured(c Check, readings []Reading, at time.Time) candor.GateCheck {
	worst := candor.GateCheck{Check: c.ID, Outcome: candor.GateMissing, Why: string(NotMeasured)}
	if !c.Sensor {
		worst.Why = string(NoSensor)
	}
	first := true
	for _, r := range readings {
		if r.Check != c.ID {
			continue
		}
		if x := p.one(r, at); first || badness(x.Outcome) > badness(worst.Outcome) {
			worst, first = x, false
		}
	}
	return worst
}

// one says how a check comes out by one reading.
func (p Policy) one(r Reading, at time.Time) candor.GateCheck {
	x := candor.GateCheck{Check: r.Check, Outcome: candor.GateMissing, Why: string(r.Why), Count: r.Count, Measured: r.At}
	switch {
	case r.Outcome == candor.GateFailed:
		x.Outcome = candor.GateFailed
	case r.Outcome != candor.GatePassed:
	case r.At.IsZero():
		x.Why = string(NotMeasured)
	case r.At.After(at.Add(skew)):
		x.Why = string(FromFuture)
	case at.Sub(r.At) > time.Duration(p.Stale):
		x.Outcome, x.Why = candor.GateStale, string(TooOld)
	default:
		x.Outcome, x.Why, x.Count = candor.GatePassed, "", 0
	}
	if !x.Outcome.Met() && x.Why == "" {
		x.Why = string(NotMeasured)
	}
	return x
}

func badness(o candor.GateOutcome) int {
	return slices.Index([]candor.GateOutcome{candor.GatePassed, candor.GateStale, candor.GateMissing, candor.GateFailed}, o)
}

// excused says whether a check that is not met may be so: by the policy, or by
// the waiver that holds the longest.
func (p Policy) excused(x candor.GateCheck, waivers []candor.GateWaiver, at time.Time) candor.GateCheck {
	if !p.requires(x.Check) {
		x.Outcome = candor.GateNotRequired
		return x
	}
	for _, w := range waivers {
		if w.Check == x.Check && w.Holds(at) && w.Until.After(x.Until) {
			x.Outcome, x.Waiver, x.Until = candor.GateWaived, w.ID, w.Until
		}
	}
	return x
}

// Unmet are the checks that keep a site from being live.
func Unmet(checks []candor.GateCheck) []candor.GateCheck {
	return slices.DeleteFunc(slices.Clone(checks), func(c candor.GateCheck) bool { return c.Outcome.Met() })
}

// Ask has a draft be checked from now on; the decision is Next's. In any other
// state it was asked for already.
func Ask(g candor.Gate, at time.Time) candor.Gate {
	if g.State != candor.GateDraft && g.State != "" {
		return g
	}
	g.State, g.Since, g.Asked, g.Deadline = candor.GateChecking, at, at, time.Time{}
	return g
}

// TakeBack makes a site a draft again, which may not be reached.
func TakeBack(g candor.Gate, at time.Time) candor.Gate {
	if g.State != candor.GateDraft {
		g.State, g.Since, g.Asked, g.Deadline = candor.GateDraft, at, time.Time{}, time.Time{}
	}
	return g
}

// Next decides: the gate of a site after its checks came out so at a moment. A
// site that is live goes on for the policy's grace without a check; the deadline
// that was told stays as it is. A site that meets everything is live, whenever it
// was asked for. A draft stays one.
func Next(g candor.Gate, checks []candor.GateCheck, p Policy, at time.Time) candor.Gate {
	g.Looked, g.Checks = at, checks
	met := len(checks) > 0 && len(Unmet(checks)) == 0
	to := g.State
	switch {
	case g.State == candor.GateDraft || g.State == "":
		to = candor.GateDraft
	case met:
		to = candor.GateLive
	case g.State == candor.GateLive && p.Grace > 0:
		to = candor.GateGrace
	case g.State == candor.GateLive, g.State == candor.GateGrace && !at.Before(g.Deadline):
		to = candor.GateSuspended
	}
	if to == g.State {
		return g
	}
	g.State, g.Since, g.Deadline = to, at, time.Time{}
	if to == candor.GateGrace {
		g.Deadline = at.Add(time.Duration(p.Grace))
	}
	return g
}

// Allowed tells whether a site may be reached at a moment: it was let in, and
// would be let stay if the gate decided now.
func Allowed(g candor.Gate, checks []candor.GateCheck, p Policy, at time.Time) bool {
	return g.State.Open() && Next(g, checks, p, at).State.Open()
}

// How long after a decision the gate looks again of itself, at the latest.
const (
	againLive    = time.Hour
	againWaiting = 2 * time.Minute
)

// Due is when the gate has to look at a site again: soon, if the site waits for
// something; and when what it rests on ends by itself. A draft is never due.
func Due(g candor.Gate, p Policy) time.Time {
	if g.State == candor.GateDraft || g.State == "" {
		return time.Time{}
	}
	due := g.Looked.Add(againWaiting)
	if g.State == candor.GateLive {
		due = g.Looked.Add(againLive)
	}
	sooner := func(t time.Time) {
		if !t.IsZero() && t.After(g.Looked) && t.Before(due) {
			due = t
		}
	}
	sooner(g.Deadline)
	for _, c := range g.Checks {
		sooner(c.Until)
		if c.Outcome == candor.GatePassed {
			sooner(c.Measured.Add(time.Duration(p.Stale) + time.Microsecond))
		}
	}
	return due
}
