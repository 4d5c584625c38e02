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

// InForce tells whether a party that agreed to the version is bound by it at a
// time.
func (v *Version) InForce(at time.Time) bool {
	return !at.Before(v.Effective) && (v.Ended.IsZero() || at.Before(v.Ended))
}

// State is how far terms have come.
type State string

// The states.
const (
	Draft     State = "draft"     // may change, and nobody can agree to it
	Published State = "published" // never changes
	Recorded  State = "recorded"  // of others: known by name, and not by text
)

// Terms are a version with what is known of its text.
type Terms struct {
	Version
	Kind      string            `json:"kind,omitempty"` // such as hosting-terms
	State     State             `json:"state"`
	Titles    map[string]string `json:"titles,omitempty"` // by language
	Material  bool              `json:"material"`         // those who agreed to the version before are to be asked again
	Age       int               `json:"age,omitempty"`    // in years, from which somebody may agree alone; 0: it is not asked
	Created   time.Time         `json:"created"`
	Updated   time.Time         `json:"updated"`
	Published time.Time         `json:"published,omitzero"`
}

// Act is what a party does.
type Act string

// The acts.
const (
	Agreed    Act = "agreed"    // to a version, and to the optional clauses that are named
	Refused   Act = "refused"   // a version: what was agreed to before stays in force
	Withdrawn Act = "withdrawn" // from clauses of a document, or from all of it if none are named
)

// How is the way in which a party said something.
type How string

// The ways.
const (
	ByPortal    How = "portal"
	ByAPI       How = "api"
	ByLink      How = "link"      // of a receipt or a mail
	ByInstaller How = "installer" // of client software
	ByPaper     How = "paper"     // entered by the staff
	ByMail      How = "mail"      // likewise
	ByContract  How = "contract"  // of which the terms are a part
	ByImport    How = "import"
	ByOther     How = "other" // see the note
)

// Ways are all of How.
func Ways() []How {
	return []How{ByPortal, ByAPI, ByLink, ByInstaller, ByPaper, ByMail, ByContract, ByImport, ByOther}
}

// Behalf says who spoke for a party.
type Behalf string

// Who can.
const (
	Self           Behalf = "self"
	Representative Behalf = "representative" // with a power to do so
	Guardian       Behalf = "guardian"       // of a minor
)

// Behalves are all of Behalf.
func Behalves() []Behalf { return []Behalf{Self, Representative, Guardian} }

// Event is one line of a party's history.
type Event struct {
	ID       candor.ID `json:"id"`
	Party    candor.ID `json:"party"`
	Version  candor.ID `json:"terms"`
	Act      Act       `json:"act"`
	Clauses  []string  `json:"clauses,omitempty"` // the optional ones that are meant
	At       time.Time `json:"at"`
	Recorded time.Time `json:"recorded"`           // later, if somebody entered it
	Language string    `json:"language,omitempty"` // in which the terms were shown
	How      How       `json:"how,omitempty"`
	Behalf   Behalf    `json:"behalf,omitempty"`
	Note     string    `json:"note,omitempty"`   // may name people
	Record   candor.ID `json:"record,omitempty"` // in the evidence log
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
	of       *Version
}

// Holds tells whether the grant is in force at a time.
func (g *Grant) Holds(at time.Time) bool {
	return !at.Before(g.Since) && (g.Until.IsZero() || at.Before(g.Until))
}

// Standing is that a party agreed to a version, and how long that holds.
type Standing struct {
	Event   Event
	Version *Version
	Since   time.Time
	Until   time.Time // zero if there is no end in sight
	left    map[string]time.Time
}

// Holds tells whether the party is bound at a time.
func (s Standing) Holds(at time.Time) bool {
	return !at.Before(s.Since) && (s.Until.IsZero() || at.Before(s.Until))
}

// Clause tells whether a clause of the version holds at a time.
func (s Standing) Clause(id string, at time.Time) bool {
	c, ok := s.Version.clause(id)
	if !ok || !s.Holds(at) || c.Optional && !slices.Contains(s.Event.Clauses, id) {
		return false
	}
	left, gone := s.left[id]
	return !gone || at.Before(left)
}

func (s *Standing) end(at time.Time) { s.Until = sooner(s.Until, later(at, s.Since)) }

// leave ends some clauses.
func (s *Standing) leave(clauses []string, at time.Time) {
	for _, id := range clauses {
		if _, gone := s.left[id]; !gone {
			s.left[id] = at
		}
	}
}

// Standings gives what follows from a party's history, which is in the order
// in which things were said: times do not go back in it. Whoever agrees to a
// version of a document no longer rests on those before. Nothing follows from
// events of versions that are not known.
func Standings(history []Event, versions map[candor.ID]*Version) []Standing {
	var all []Standing
	for _, e := range history {
		v := versions[e.Version]
		if v == nil {
			continue
		}
		since, whole := later(e.At, v.Effective), v.Whole(e.Clauses)
		for i := range all {
			switch s := &all[i]; {
			case s.Version.Document != v.Document:
			case e.Act == Agreed:
				s.end(since)
			case e.Act == Withdrawn && whole:
				s.end(e.At)
			case e.Act == Withdrawn:
				s.leave(e.Clauses, e.At)
			}
		}
		if e.Act == Agreed {
			all = append(all, Standing{Event: e, Version: v, Since: since, Until: v.Ended, left: map[string]time.Time{}})
		}
	}
	return all
}

// Grants gives what standings allow.
func Grants(all []Standing) (grants []Grant) {
	for _, s := range all {
		for _, c := range s.Version.Clauses {
			if c.Optional && !slices.Contains(s.Event.Clauses, c.ID) {
				continue
			}
			until := sooner(s.Until, s.left[c.ID])
			if !until.IsZero() && !s.Since.Before(until) {
				continue // it never held
			}
			for _, action := range c.Allows {
				grants = append(grants, Grant{Action: action, Version: s.Version.ID, Clause: c.ID, Optional: c.Optional, Event: s.Event.ID, Accepted: s.Event.At, Since: s.Since, Until: until, of: s.Version})
			}
		}
	}
	return grants
}

// Whole tells whether a withdrawal is from a document as a whole: it names
// nothing, or what is not optional.
func (v *Version) Whole(clauses []string) bool {
	return len(clauses) == 0 || slices.ContainsFunc(clauses, func(id string) bool {
		c, ok := v.clause(id)
		return ok && !c.Optional
	})
}

// sooner gives the earlier of two ends, of which the zero one is none.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
