// Package group is sharing groups (ITU-T X.1207, 11.1.5): who is in one, and what
// may go to it by the Traffic Light Protocol 2.0. All that leaves for a group passes
// Group.Release, and nothing else makes what its writers take.
//
// Nothing here sends or keeps anything. All functions are safe for concurrent use.
package group

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"candor"
	"candor/internal/intel/tlp"
)

// Bounds.
const (
	MostGroups  = 200
	MostMembers = 500 // of a group
)

// Group is those with whom something is shared.
type Group struct {
	ID   candor.ID `json:"id"`
	Name string    `json:"name"`
	Note string    `json:"note,omitempty"`
	// Most is the strictest mark that may go to it: clear, green, amber, or red. Red
	// goes to members that are named only, and never into the collection.
	Most    tlp.Mark       `json:"most"`
	Classes []candor.Class `json:"classes,omitempty"` // that it takes; all if empty
	Members []Member       `json:"members"`
	// Sightings says that the group is told when something here is what a member
	// added: in its collection.
	Sightings bool      `json:"sightings,omitempty"`
	Edition   int64     `json:"edition"` // goes up with each change
	Created   time.Time `json:"created,omitzero"`
	Updated   time.Time `json:"updated,omitzero"`
	Retired   time.Time `json:"retired,omitzero"` // since when nothing goes to it
}

// Member is one of a group: a party, whose programs read the collection, or an
// organisation of the directory, to which mails go.
type Member struct {
	Party candor.ID `json:"party,omitempty"`
	Entry candor.ID `json:"entry,omitempty"`
	Name  string    `json:"name,omitempty"`  // as it is called there; whoever saves a group need not say it
	Write bool      `json:"write,omitempty"` // a party may add to the collection
	// Trust is how far what a party adds is believed, 0 to 100.
	Trust int `json:"trust,omitempty"`
	// Format is what an organisation gets by mail: "stix", "misp", "iodef" or
	// "iodef-json".
	Format string `json:"format,omitempty"`
}

// ID is that of the party or of the entry.
func (m Member) ID() candor.ID {
	if m.Party != "" {
		return m.Party
	}
	return m.Entry
}

// Marks are those that a group may have as its strictest.
func Marks() []tlp.Mark { return []tlp.Mark{tlp.Clear, tlp.Green, tlp.Amber, tlp.Red} }

// Formats are what can go by mail.
func Formats() []string { return []string{"stix", "misp", "iodef", "iodef-json"} }

func invalid(what, hint string) error {
	return candor.WithHint(fmt.Errorf("%s: %w", what, candor.ErrInvalid), hint)
}

// Check tells what is wrong with a group: candor.ErrInvalid, with a hint.
func (g Group) Check() error {
	switch {
	case strings.TrimSpace(g.Name) == "" || len(g.Name) > 200 || !utf8.ValidString(g.Name) || strings.ContainsAny(g.Name, "\r\n"):
		return invalid("the name of the group", "Name it in at most 200 bytes and one line.")
	case len(g.Note) > 4000:
		return invalid("the note is too long", "Write at most 4,000 bytes.")
	case !slices.Contains(Marks(), g.Most):
		return invalid(fmt.Sprintf("%.20q is no mark that may go to a group", string(g.Most)), "Choose clear, green, amber or red. What is marked amber+strict stays in the house.")
	case len(g.Members) > MostMembers:
		return invalid(fmt.Sprintf("it has %d members", len(g.Members)), fmt.Sprintf("A group has at most %d.", MostMembers))
	}
	for _, c := range g.Classes {
		if parsed, ok := candor.ParseClass(string(c)); !ok || parsed != c {
			return invalid(fmt.Sprintf("there is no class %.60q", string(c)), "Write it as RSIT does: malicious-code/c2-server.")
		}
	}
	seen := map[candor.ID]bool{}
	for _, m := range g.Members {
		if err := m.check(); err != nil {
			return err
		}
		if seen[m.ID()] {
			return invalid(fmt.Sprintf("%.80q is a member twice", m.Name), "Name each member once.")
		}
		seen[m.ID()] = true
	}
	return nil
}

func (m Member) check() error {
	switch {
	case (m.Party == "") == (m.Entry == ""):
		return invalid("a member is neither a party nor in the directory, or both", "Name one of them.")
	case m.Trust < 0 || m.Trust > 100:
		return invalid("the trust in a member", "Write it from 0 to 100.")
	case m.Entry != "" && (m.Write || m.Trust != 0):
		return invalid("an organisation of the directory cannot add to the collection", "Make it a party, with an account for its programs.")
	case m.Entry != "" && !slices.Contains(Formats(), m.Format):
		return invalid(fmt.Sprintf("%.40q is no format", m.Format), "Choose stix, misp, iodef or iodef-json.")
	case m.Party != "" && m.Format != "":
		return invalid("a party reads the collection and gets no mails", "Name its entry of the directory too.")
	}
	return nil
}

// Member gives a member by the ID of its party or entry.
func (g Group) Member(id candor.ID) (Member, bool) {
	at := slices.IndexFunc(g.Members, func(m Member) bool { return id != "" && m.ID() == id })
	if at < 0 {
		return Member{}, false
	}
	return g.Members[at], true
}

// Takes tells whether the group takes incidents of a class.
func (g Group) Takes(c candor.Class) bool {
	return len(g.Classes) == 0 || slices.Contains(g.Classes, c)
}

// Audience is who reads the collection of the group, which holds nothing that is
// red.
func (g Group) Audience() tlp.Audience {
	switch g.Most {
	case tlp.Clear:
		return tlp.Public
	case tlp.Green:
		return tlp.Community
	case tlp.Amber, tlp.Red:
		return tlp.Clients
	}
	return ""
}

// Feed is the name by which indicators that a member added are known here.
func (g Group) Feed(m Member) string { return FeedPrefix + string(g.ID) + ":" + string(m.ID()) }

// FeedPrefix is what such names begin with; those of feeds that are set up never do.
const FeedPrefix = "group:"
