package group

import (
	"fmt"
	"strings"

	"candor"
	"candor/internal/intel"
	"candor/internal/intel/tlp"
)

// Why says why something may not go to a group.
type Why string

// The reasons.
const (
	WhyRetired Why = "retired" // the group is no longer in use
	WhyClass   Why = "class"   // it does not take incidents of the class
	WhyStrict  Why = "strict"  // the mark is stricter than what may go to it
	WhyOwn     Why = "own"     // amber+strict stays in the house
	WhyRed     Why = "red"     // red goes to members that are named
	WhyGiven   Why = "given"   // others gave it, for us and not for the group
)

// Fault is something that may not go to a group.
type Fault struct {
	What string   `json:"what"` // a value, or empty for the whole
	Mark tlp.Mark `json:"mark,omitempty"`
	Why  Why      `json:"why"`
}

// Refused says what may not go to a group, and why. It is candor.ErrDenied.
type Refused struct {
	Group  string
	Faults []Fault
}

// mostTold is how many faults the text tells.
const mostTold = 5

func (r *Refused) Error() string {
	var said []string
	for _, f := range r.Faults[:min(len(r.Faults), mostTold)] {
		what := f.What
		if what == "" {
			what = "the whole"
		}
		switch f.Why {
		case WhyRetired:
			said = append(said, "the group is not in use any more")
		case WhyClass:
			said = append(said, "the group does not take incidents of the class "+what)
		case WhyOwn:
			said = append(said, fmt.Sprintf("%s is %s, which stays in the house", what, f.Mark))
		case WhyRed:
			said = append(said, fmt.Sprintf("%s is %s, which goes to members that are named, by mail", what, f.Mark))
		case WhyGiven:
			said = append(said, fmt.Sprintf("%s is %s and was given by others, who did not give it to the group", what, f.Mark))
		default:
			said = append(said, fmt.Sprintf("%s is %s, which is too strict for the group", what, f.Mark))
		}
	}
	if more := len(r.Faults) - len(said); more > 0 {
		said = append(said, fmt.Sprintf("and %d more", more))
	}
	return fmt.Sprintf("it may not go to %s: %s: %v", r.Group, strings.Join(said, "; "), candor.ErrDenied)
}

// Unwrap gives candor.ErrDenied.
func (r *Refused) Unwrap() error { return candor.ErrDenied }

// admit tells why what bears a mark may not go to the group; empty if it may. given
// says that others gave it, named that it goes to members known by name and not into
// the collection.
func (g Group) admit(m tlp.Mark, given, named bool) Why {
	m = m.Effective()
	switch {
	case m == tlp.AmberStrict:
		return WhyOwn
	case given && !m.Allows(tlp.Community):
		return WhyGiven
	case m.Compare(g.Most) > 0:
		return WhyStrict
	case m == tlp.Red && !named:
		return WhyRed
	}
	return ""
}

// Admits tells why a text of ours that bears a mark may not go to the group; empty
// if it may.
func (g Group) Admits(m tlp.Mark) Why {
	if !g.Retired.IsZero() {
		return WhyRetired
	}
	return g.admit(m, false, false)
}

// Named is those who are named one by one, of no group: what is our own goes to them
// but for what stays in the house.
func Named(name string) Group { return Group{Name: name, Most: tlp.Red} }

// Way is how something goes to a group.
type Way struct {
	Named bool // to members known by name, by mail, and not into the collection
	Given bool // the mark of the whole is of what others gave, and not our own
}

// Release lets a bundle go to the group, whole or not at all. An error is a
// Refused, which names all that may not go.
func (g Group) Release(b intel.Bundle, w Way) (intel.Release, error) {
	named := w.Named
	var faults []Fault
	fault := func(what string, m tlp.Mark, why Why) {
		if why != "" {
			faults = append(faults, Fault{what, m.Effective(), why})
		}
	}
	if !g.Retired.IsZero() {
		fault("", "", WhyRetired)
	}
	if !g.Takes(b.Class) {
		faults = append(faults, Fault{What: string(b.Class), Why: WhyClass})
	}
	fault("", b.TLP, g.admit(b.TLP, w.Given, named))
	for _, i := range b.Indicators {
		fault(i.Value, i.TLP, g.admit(i.TLP, i.Source != "", named))
	}
	for _, s := range b.Sightings {
		// What was seen is ours to tell, where it is of a source of which we may speak.
		fault(s.Indicator.Value+s.Reference, s.TLP, g.admit(s.TLP, false, named))
		if s.Indicator.Kind != "" {
			fault(s.Indicator.Value, s.Indicator.TLP, g.admit(s.Indicator.TLP, s.Indicator.Source != "", named))
		}
	}
	if len(faults) > 0 {
		return intel.Release{}, &Refused{g.Name, faults}
	}
	to := g.Audience()
	if named {
		to = tlp.Recipients
	}
	r, err := b.Release(to)
	if err == nil && r.Held() > 0 {
		err = &Refused{g.Name, []Fault{{"", b.Mark(), WhyStrict}}}
	}
	if err != nil {
		return intel.Release{}, err
	}
	return r, nil
}
