// Package x1207 is the catalogue of what ITU-T X.1207 (04/2008) asks of a
// provider of telecommunication services, in this project's own words, and of
// what carries each requirement here.
//
// The catalogue is requirements.json. Whoever adds a command, a page, a
// playbook or a test that serves a requirement adds a carrier there, sets the
// state to what is true, and runs go generate in this folder.
package x1207

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

//go:generate go run ./document ../../docs

// State says how far a requirement is met.
type State string

const (
	Carried State = "carried" // it works on real input, from end to end
	Partly  State = "partly"  // some of it does; Requirement.Missing says what does not
	NotYet  State = "not yet"
)

// Kind says what a Carrier is.
type Kind string

const (
	Command  Kind = "command"  // Name is as it is typed: "candor scan"
	Page     Kind = "page"     // a route: "/cases"
	Test     Kind = "test"     // folder and function: "internal/scan/starter.TestCases"
	Playbook Kind = "playbook" // its name: "phishing"
	Document Kind = "document" // path from the root of the project: "docs/starter.md"
)

// Kinds gives all kinds of carriers.
func Kinds() []Kind { return []Kind{Command, Page, Test, Playbook, Document} }

// Text is a text in the languages of the console.
type Text struct {
	EN string `json:"en"`
	ZH string `json:"zh"`
}

// In gives the text in a language by its BCP 47 tag: Chinese for "zh" and its
// regions, English for all others.
func (t Text) In(lang string) string {
	if lang == "zh" || strings.HasPrefix(lang, "zh-") {
		return t.ZH
	}
	return t.EN
}

// full tells whether the text is there in both languages.
func (t Text) full() bool { return t.EN != "" && t.ZH != "" }

// Carrier is one thing in this project that serves a requirement.
type Carrier struct {
	Kind Kind   `json:"kind"`
	Name string `json:"name"`
	See  Text   `json:"see"` // how to see it work, in one sentence
}

// Requirement is one thing that X.1207 asks for.
type Requirement struct {
	ID       string    `json:"id"`     // "2.2f"
	Clause   string    `json:"clause"` // of X.1207: "11.2 f)"
	Title    Text      `json:"title"`
	Text     Text      `json:"text"`
	State    State     `json:"state"`
	Missing  Text      `json:"missing,omitzero"` // what Partly leaves out
	Carriers []Carrier `json:"carriers"`
}

// IDs gives the ids of all requirements, in the order of the Recommendation.
// The list is fixed: a requirement that the catalogue loses is a mistake.
func IDs() []string {
	return strings.Fields(`
		1.1a 1.1b 1.1c 1.1d 1.1e 1.1f 1.1g 1.1h
		1.2a 1.2b 1.2c 1.2d 1.2e 1.2f
		1.3a 1.3b 1.3c 1.3d 1.3e
		1.4a 1.4b 1.4c
		1.5a 1.5b
		2.1a 2.1b 2.1c 2.1d
		2.2a-i 2.2a-ii 2.2a-iii 2.2a-iv 2.2a-v 2.2b 2.2c 2.2d 2.2e 2.2f 2.2g
		3.1a 3.1b 3.1c 3.1d
		3.2a 3.2b 3.2c 3.2d 3.2e
		A.1 A.2`)
}

//go:embed requirements.json
var data []byte

// catalogue reads the embedded file once; nobody changes what it gives.
var catalogue = sync.OnceValue(func() []Requirement {
	all, err := parse(data)
	if err != nil {
		panic(fmt.Sprintf("x1207: embedded catalogue: %v", err)) // a test holds that it never is
	}
	return all
})

// Requirements gives the catalogue in the order of IDs. The slice is the
// caller's own; it is safe for concurrent use.
func Requirements() []Requirement {
	all := slices.Clone(catalogue())
	for i := range all {
		all[i].Carriers = slices.Clone(all[i].Carriers)
	}
	return all
}

// ByID gives the requirement with an id.
func ByID(id string) (Requirement, bool) {
	for _, r := range catalogue() {
		if r.ID == id {
			r.Carriers = slices.Clone(r.Carriers)
			return r, true
		}
	}
	return Requirement{}, false
}

// parse reads a catalogue and checks all that it can know by itself.
func parse(data []byte) ([]Requirement, error) {
	var all []Requirement
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&all); err != nil {
		return nil, err
	}
	var ids []string
	for _, r := range all {
		if err := r.check(); err != nil {
			return nil, fmt.Errorf("requirement %q: %w", r.ID, err)
		}
		ids = append(ids, r.ID)
	}
	if want := IDs(); !slices.Equal(ids, want) {
		return nil, fmt.Errorf("ids are %v, not %v", ids, want)
	}
	return all, nil
}

func (r Requirement) check() error {
	switch {
	case r.Clause == "" || !r.Title.full() || !r.Text.full():
		return fmt.Errorf("clause, title or text is missing in a language")
	case r.State != Carried && r.State != Partly && r.State != NotYet:
		return fmt.Errorf("state %q is none of carried, partly, not yet", r.State)
	case (r.State == NotYet) != (len(r.Carriers) == 0):
		return fmt.Errorf("it is %s with %d carriers", r.State, len(r.Carriers))
	case (r.State == Partly) != r.Missing.full():
		return fmt.Errorf("what is missing is to be said if, and only if, it is carried partly")
	}
	for _, c := range r.Carriers {
		if !slices.Contains(Kinds(), c.Kind) || c.Name == "" || !c.See.full() {
			return fmt.Errorf("carrier %s %q: its kind, its name or how to see it work is missing", c.Kind, c.Name)
		}
	}
	return nil
}

// Check looks up the carriers of one kind and gives an error for each that is
// not known. Whoever knows the pages, commands or playbooks of the program
// asks it, so that the catalogue names nothing that is not there.
func Check(kind Kind, known func(name string) bool) []error {
	return check(catalogue(), kind, known)
}

func check(all []Requirement, kind Kind, known func(string) bool) (problems []error) {
	for _, r := range all {
		for _, c := range r.Carriers {
			if c.Kind == kind && !known(c.Name) {
				problems = append(problems, fmt.Errorf("requirement %s: %s %q does not exist", r.ID, c.Kind, c.Name))
			}
		}
	}
	return problems
}
