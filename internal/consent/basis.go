package consent

import (
	"fmt"
	"slices"
	"time"

	"candor"
)

// Account is what follows from the history of one party. It is immutable.
type Account struct {
	history  []Event
	versions map[candor.ID]*Version
	grants   map[string][]Grant // by action
}

// NewAccount makes the account of a history; see Grants.
func NewAccount(history []Event, versions map[candor.ID]*Version) *Account {
	a := &Account{history: history, versions: versions, grants: map[string][]Grant{}}
	for _, g := range Grants(history, versions) {
		a.grants[g.Action] = append(a.grants[g.Action], g)
	}
	return a
}

// Basis gives what allows an action at a time, which may be over: of several
// grants the one that was accepted last. Without one it fails with
// candor.ErrDenied and says why not.
func (a *Account) Basis(action string, at time.Time) (candor.Basis, error) {
	var best *Grant
	for i, g := range a.grants[action] {
		if g.Holds(at) && (best == nil || !g.Accepted.Before(best.Accepted)) {
			best = &a.grants[action][i]
		}
	}
	if best == nil {
		return candor.Basis{}, a.denied(action, at)
	}
	v := a.versions[best.Version]
	b := candor.Basis{Kind: candor.ByAgreement, Agreement: best.Event, Terms: v.Document, Version: v.Label, Clause: best.Clause, Accepted: best.Accepted}
	if best.Optional {
		b.Kind = candor.ByConsent
	}
	return b, nil
}

// denied says why nothing allows an action at a time: what ended last before it,
// or else what begins first after it, or else that there is nothing.
func (a *Account) denied(action string, at time.Time) error {
	var ended, begins *Grant
	for i := range a.grants[action] {
		g := &a.grants[action][i]
		switch {
		case !g.Until.IsZero() && !at.Before(g.Until) && (ended == nil || g.Until.After(ended.Until)):
			ended = g
		case at.Before(g.Since) && (begins == nil || g.Since.Before(begins.Since)):
			begins = g
		}
	}
	switch {
	case ended != nil && a.versions[ended.Version].Ended.Equal(ended.Until):
		return a.because(ended, "%s %s ended on %s", ended.Until, "Ask the party to agree to a version that is in force.")
	case ended != nil:
		return a.because(ended, "the party has no longer agreed to %s %s since %s", ended.Until, "Respect it; or name the law that demands the action.")
	case begins != nil:
		return a.because(begins, "%s %s holds only from %s on", begins.Since, "Wait, or name the law that demands the action.")
	}
	return deny(fmt.Sprintf("the party has agreed to nothing that allows %s", action), a.offer(action, at))
}

func (a *Account) because(g *Grant, text string, when time.Time, hint string) error {
	v := a.versions[g.Version]
	return deny(fmt.Sprintf(text, v.Document, v.Label, when.UTC().Format(time.RFC3339))+", clause "+g.Clause, hint)
}

// offer is what to do where nothing was agreed to.
func (a *Account) offer(action string, at time.Time) string {
	for _, e := range slices.Backward(a.history) {
		v := a.versions[e.Version]
		if v == nil || e.Act != Agreed || e.At.After(at) {
			continue
		}
		for _, c := range v.Clauses {
			if c.Optional && slices.Contains(c.Allows, action) && !slices.Contains(e.Clauses, c.ID) {
				return fmt.Sprintf("Clause %s of %s %s would allow it; the party did not choose it.", c.ID, v.Document, v.Label)
			}
		}
	}
	return "Record the party's acceptance of terms that allow it, its consent, or the law that demands it."
}

func deny(what, hint string) error {
	return candor.WithHint(fmt.Errorf("%s: %w", what, candor.ErrDenied), hint)
}
