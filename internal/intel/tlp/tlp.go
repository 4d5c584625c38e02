// Package tlp is the Traffic Light Protocol, version 2.0 (FIRST): with whom
// something may be shared.
package tlp

import (
	"fmt"
	"slices"
	"strings"

	"candor"
)

// Mark says with whom something may be shared, in lower case: "amber+strict".
// The empty Mark is of what bears none, and counts as Amber.
type Mark string

// The marks, the freest first.
const (
	Clear       Mark = "clear"        // anybody
	Green       Mark = "green"        // the community, not the public
	Amber       Mark = "amber"        // the organisation and its clients, who need to know
	AmberStrict Mark = "amber+strict" // the organisation
	Red         Mark = "red"          // the people it was given to
)

// order is the marks from the freest to the strictest.
var order = [...]Mark{Clear, Green, Amber, AmberStrict, Red}

// Marks gives all marks, the freest first.
func Marks() []Mark { return slices.Clone(order[:]) }

// Parse reads a mark as people and machines write it: "TLP:AMBER+STRICT",
// "amber", the "white" of version 1. Anything else is candor.ErrInvalid, with
// Red: what is marked in a way that nobody knows is not shared.
func Parse(word string) (Mark, error) {
	w := strings.ToLower(strings.TrimSpace(word))
	w = strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(w, "tlp"), ":"))
	w = strings.NewReplacer(" ", "", "-", "+", "_", "+").Replace(w)
	switch w {
	case "white", "unlimited":
		return Clear, nil
	case "amberstrict":
		return AmberStrict, nil
	}
	if m := Mark(w); slices.Contains(order[:], m) {
		return m, nil
	}
	return Red, fmt.Errorf("%.40q is no mark of the Traffic Light Protocol: %w", word, candor.ErrInvalid)
}

// Effective gives the mark that holds: Amber for what bears none, Red for what
// is no mark.
func (m Mark) Effective() Mark {
	if m == "" {
		return Amber
	}
	if !slices.Contains(order[:], m) {
		return Red
	}
	return m
}

// String gives the mark as it is written on documents: "TLP:AMBER+STRICT".
func (m Mark) String() string { return "TLP:" + strings.ToUpper(string(m.Effective())) }

// level is how strict the mark is that holds.
func (m Mark) level() int { return slices.Index(order[:], m.Effective()) }

// Compare is negative where m lets more people see than other, positive where it
// lets fewer.
func (m Mark) Compare(other Mark) int { return m.level() - other.level() }

// Strictest gives the strictest of some marks; Clear if there are none.
func Strictest(marks ...Mark) Mark {
	most := Clear
	for _, m := range marks {
		if m.Compare(most) > 0 {
			most = m.Effective()
		}
	}
	return most
}

// Audience is who gets something.
type Audience string

// The audiences, the widest first.
const (
	Public       Audience = "public"       // anybody
	Community    Audience = "community"    // a sharing group
	Clients      Audience = "clients"      // the organisation's clients
	Organisation Audience = "organisation" // the organisation
	Recipients   Audience = "recipients"   // people known by name
)

var audiences = [...]Audience{Public, Community, Clients, Organisation, Recipients}

// Audiences gives all audiences, the widest first.
func Audiences() []Audience { return slices.Clone(audiences[:]) }

// ParseAudience reads an audience's word; another is candor.ErrInvalid.
func ParseAudience(word string) (Audience, error) {
	if a := Audience(strings.ToLower(strings.TrimSpace(word))); slices.Contains(audiences[:], a) {
		return a, nil
	}
	return "", fmt.Errorf("%.40q is none of public, community, clients, organisation, recipients: %w", word, candor.ErrInvalid)
}

// May tells whether what bears a mark may go to an audience. No audience that
// is none of ours gets anything.
func May(m Mark, to Audience) bool {
	at := slices.Index(audiences[:], to)
	return at >= 0 && m.level() <= at
}

// Allows is May.
func (m Mark) Allows(to Audience) bool { return May(m, to) }

// Most gives the strictest mark that an audience may get; ok is false for what
// is no audience.
func Most(to Audience) (m Mark, ok bool) {
	at := slices.Index(audiences[:], to)
	if at < 0 {
		return "", false
	}
	return order[at], true
}

// Sum is the mark of a whole, added up part by part. Its zero value is of nothing.
type Sum struct {
	most Mark
	told bool
}

// Add adds a part. One that bears no mark counts as Amber.
func (s *Sum) Add(m Mark) {
	if s.most == "" || m.Compare(s.most) > 0 {
		s.most = m.Effective()
	}
	s.told = s.told || m != ""
}

// Mark is the strictest of all parts; empty if none bears a mark.
func (s Sum) Mark() Mark {
	if !s.told {
		return ""
	}
	return s.most
}
