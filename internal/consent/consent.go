// Package consent knows what parties agreed to, and what that allows.
//
// Terms are documents with versions. A version has clauses; a clause may be
// optional, and may allow the provider to act. What a party said of versions is
// a history that only grows: it agreed, refused, or withdrew. Everything else
// follows from it: the grants that were in force at any moment, and so the basis
// of an action then (ITU-T X.1207, 11.1.3 and 11.2: consent and control).
package consent

import (
	"slices"
	"time"

	"candor"
)

// Clause is a part of terms that can be agreed to by itself if it is optional.
type Clause struct {
	ID       string   `json:"id"` // within the document; the same in all versions
	Optional bool     `json:"optional,omitempty"`
	Allows   []string `json:"allows,omitempty"` // actions, such as methods of response
	Serves   []string `json:"serves,omitempty"` // requirements of X.1207
}

// Version is one version of terms, as was published. It never changes, but for
// its end.
type Version struct {
	ID        candor.ID `json:"id"`
	Document  string    `json:"document"` // the name of the terms
	Label     string    `json:"version"`
	Digest    string    `json:"digest"`         // SHA-256 of what was shown, in hexadecimal
	Effective time.Time `json:"effective"`      // nothing rests on it before
	Ended     time.Time `json:"ended,omitzero"` // nor from then on
	Clauses   []Clause  `json:"clauses"`
}

func (v *Version) clause(id string) (Clause, bool) {
	i := slices.IndexFunc(v.Clauses, func(c Clause) bool { return c.ID == id })
	if i < 0 {
		return Clause{}, false
	}
	return v.Clauses[i], true
}

// Act is what a party does.
type Act string

// The acts.
const (
	Agreed    Act = "agreed"    // to a version, and to the optional clauses that are named
	Refused   Act = "refused"   // a version: what was agreed to before stays in force
	Withdrawn Act = "withdrawn" // from clauses of a document, or from all of it if none are named
)

// Event is one line of a party's history.
type Event struct {
	ID      candor.ID `json:"id"`
	Party   candor.ID `json:"party"`
	Version candor.ID `json:"version"`
	Act     Act       `json:"act"`
	Clauses []string  `json:"clauses,omitempty"`
	At      time.Time `json:"at"`
}

// Grant is what a clause allows a provider to do to a party, and when. It holds
// from Since on and, unless Until is zero, before Until.
type Grant struct {
	Action   string
	Version  candor.ID
	Clause   string
	Optional bool
	Event    candor.ID // that gave it
	Accepted time.Time
	Since    time.Time
	Until    time.Time
}

// Holds tells whether the grant is in force at a time.
func (g Grant) Holds(at time.Time) bool {
	return !at.Before(g.Since) && (g.Until.IsZero() || at.Before(g.Until))
}

// Grants gives what follows from a party's history, which is in the order in
// which it was recorded; times do not go back in it. Whoever agrees to a version
// of a document no longer rests on those before. Events of versions that are not
// known grant nothing.
func Grants(history []Event, versions map[candor.ID]*Version) []Grant {
	var all []Grant
	document := func(g Grant) string { return versions[g.Version].Document }
	end := func(at time.Time, which func(Grant) bool) {
		for i, g := range all {
			if which(g) && (g.Until.IsZero() || at.Before(g.Until)) {
				all[i].Until = later(at, g.Since) // one that had not begun never holds
			}
		}
	}
	for _, e := range history {
		v := versions[e.Version]
		if v == nil {
			continue
		}
		switch e.Act {
		case Agreed:
			from := later(e.At, v.Effective)
			end(from, func(g Grant) bool { return document(g) == v.Document })
			all = append(all, v.grants(e, from)...)
		case Withdrawn:
			whole := v.whole(e.Clauses)
			end(e.At, func(g Grant) bool {
				return document(g) == v.Document && (whole || slices.Contains(e.Clauses, g.Clause))
			})
		}
	}
	return slices.DeleteFunc(all, func(g Grant) bool { return !g.Until.IsZero() && !g.Since.Before(g.Until) })
}

// whole tells whether a withdrawal is from a document as a whole: it names
// nothing, or what is not optional.
func (v *Version) whole(clauses []string) bool {
	return len(clauses) == 0 || slices.ContainsFunc(clauses, func(id string) bool {
		c, ok := v.clause(id)
		return ok && !c.Optional
	})
}

// grants gives what agreeing to a version gives.
func (v *Version) grants(e Event, since time.Time) (all []Grant) {
	for _, c := range v.Clauses {
		if c.Optional && !slices.Contains(e.Clauses, c.ID) {
			continue
		}
		for _, action := range c.Allows {
			all = append(all, Grant{Action: action, Version: v.ID, Clause: c.ID, Optional: c.Optional, Event: e.ID, Accepted: e.At, Since: since, Until: v.Ended})
		}
	}
	return all
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
