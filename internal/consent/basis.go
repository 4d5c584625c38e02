package consent

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
	"time"

	"candor"
)

// Account is what follows from the history of one party. It is immutable.
type Account struct {
	History   []Event
	Versions  map[candor.ID]*Version
	Standings []Standing
	grants    []Grant // by action
}

// NewAccount makes the account of a history; see Standings.
func NewAccount(history []Event, versions map[candor.ID]*Version) *Account {
	a := &Account{History: history, Versions: versions, Standings: Standings(history, versions)}
	a.grants = Grants(a.Standings)
	slices.SortStableFunc(a.grants, func(x, y Grant) int { return cmp.Compare(x.Action, y.Action) })
	return a
}

// of gives the grants of an action, in the order in which they were given.
func (a *Account) of(action string) []Grant {
	from := sort.Search(len(a.grants), func(i int) bool { return a.grants[i].Action >= action })
	to := from
	for to < len(a.grants) && a.grants[to].Action == action {
		to++
	}
	return a.grants[from:to]
}

// Basis gives what allows an action at a time, which may be over: of several
// grants the one that was accepted last. Without one it fails with
// candor.ErrDenied and says why not.
func (a *Account) Basis(action string, at time.Time) (candor.Basis, error) {
	return a.BasisOn("", action, at)
}

// BasisOn is Basis by what was agreed to in one event, unless it is empty.
func (a *Account) BasisOn(event candor.ID, action string, at time.Time) (candor.Basis, error) {
	var best *Grant
	all := a.of(action)
	for i := range all {
		if g := &all[i]; g.Holds(at) && (event == "" || g.Event == event) && (best == nil || !g.Accepted.Before(best.Accepted)) {
			best = g
		}
	}
	switch {
	case best == nil && event != "":
		return candor.Basis{}, deny("the agreement is not in force, not the party's, or does not allow "+action, "Choose another agreement, a consent or a law.")
	case best == nil:
		return candor.Basis{}, a.denied(action, at)
	}
	v := best.of
	b := candor.Basis{Kind: candor.ByAgreement, Agreement: best.Event, Terms: v.Document, Version: v.Label, Clause: best.Clause, Accepted: best.Accepted}
	if best.Optional {
		b.Kind = candor.ByConsent
	}
	return b, nil
}

// answer is what allows an action, and from when on and before when it does, in
// microseconds, as times are kept. Those of an account lie together in memory: whoever
// asks seldom finds them in the processor's cache. The zero value answers nothing.
type answer struct {
	action   string
	from, to int64
	basis    candor.Basis
}

// holds tells whether it is the answer about an action at a moment, in microseconds.
func (x *answer) holds(action string, at int64) bool {
	return x.from <= at && at < x.to && x.action == action
}

// answers gives what allows actions at a moment. What is not allowed then, or
// otherwise at other times, is not in it.
func (a *Account) answers(now time.Time) (all []answer) {
	at := now.UnixMicro()
	for i := range a.grants {
		action := a.grants[i].Action
		if i > 0 && a.grants[i-1].Action == action {
			continue
		}
		b, err := a.Basis(action, now)
		if err != nil {
			continue
		}
		x := answer{action, math.MinInt64, math.MaxInt64, b}
		for _, g := range a.of(action) {
			x.within(g.Since, at)
			x.within(g.Until, at)
		}
		all = append(all, x)
	}
	return all
}

// within keeps the answer to the side of an edge on which a moment is, in microseconds.
func (x *answer) within(edge time.Time, at int64) {
	e := edge.UnixMicro()
	switch {
	case edge.IsZero():
	case edge.Nanosecond()%1000 != 0: // finer than times are kept: it is asked of the account
		x.to = math.MinInt64
	case e <= at:
		x.from = max(x.from, e)
	default:
		x.to = min(x.to, e)
	}
}

// Agreements gives what was agreed to, the latest first.
func (a *Account) Agreements() []candor.Agreement {
	all := make([]candor.Agreement, 0, len(a.Standings))
	for _, s := range slices.Backward(a.Standings) {
		e, v := s.Event, s.Version
		g := candor.Agreement{ID: e.ID, Party: e.Party, Terms: v.Document, Version: v.Label, Digest: v.Digest, Accepted: e.At, How: string(e.How), Withdrawn: s.Until}
		if e.How == ByOther {
			g.How = e.Note
		}
		if s.Since.After(e.At) {
			g.Since = s.Since
		}
		for _, grant := range Grants([]Standing{s}) {
			if grant.Until.Equal(s.Until) && !slices.Contains(g.Allows, grant.Action) {
				g.Allows = append(g.Allows, grant.Action)
			}
		}
		all = append(all, g)
	}
	return all
}

// denied says why nothing allows an action at a time: what ended last before it,
// or else what begins first after it, or else that there is nothing.
func (a *Account) denied(action string, at time.Time) error {
	var ended, begins *Grant
	all := a.of(action)
	for i := range all {
		g := &all[i]
		switch {
		case !g.Until.IsZero() && !at.Before(g.Until) && (ended == nil || g.Until.After(ended.Until)):
			ended = g
		case at.Before(g.Since) && (begins == nil || g.Since.Before(begins.Since)):
			begins = g
		}
	}
	switch {
	case ended != nil && a.Versions[ended.Version].Ended.Equal(ended.Until):
		return a.because(candor.GapEnded, action, ended, ended.Until, "Ask the party to agree to a version that is in force.")
	case ended != nil:
		return a.because(candor.GapLeft, action, ended, ended.Until, "Respect it; or name the law that demands the action.")
	case begins != nil:
		return a.because(candor.GapLater, action, begins, begins.Since, "Wait, or name the law that demands the action.")
	}
	return a.offer(action, at)
}

func (a *Account) because(why candor.Gap, action string, g *Grant, when time.Time, hint string) error {
	v := a.Versions[g.Version]
	return candor.WithHint(&candor.NoBasis{Why: why, Action: action, Terms: v.Document, Version: v.Label, Clause: g.Clause, At: when}, hint)
}

// offer says that nothing was agreed to, and what to do then.
func (a *Account) offer(action string, at time.Time) error {
	for _, e := range slices.Backward(a.History) {
		v := a.Versions[e.Version]
		if v == nil || e.Act != Agreed || e.At.After(at) {
			continue
		}
		for _, c := range v.Clauses {
			if c.Optional && slices.Contains(c.Allows, action) && !slices.Contains(e.Clauses, c.ID) {
				return candor.WithHint(&candor.NoBasis{Why: candor.GapUnchosen, Action: action, Terms: v.Document, Version: v.Label, Clause: c.ID},
					fmt.Sprintf("Clause %s of %s %s would allow it; the party did not choose it.", c.ID, v.Document, v.Label))
			}
		}
	}
	return candor.WithHint(&candor.NoBasis{Why: candor.GapNothing, Action: action}, "Record the party's acceptance of terms that allow it, its consent, or the law that demands it.")
}

func deny(what, hint string) error {
	return candor.WithHint(fmt.Errorf("%s: %w", what, candor.ErrDenied), hint)
}
