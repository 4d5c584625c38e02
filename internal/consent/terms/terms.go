// Package terms is terms as data: one text is one version of one document, such
// as hosting terms or a privacy policy, with clauses that can be agreed to, in
// several languages (ITU-T X.1207, 11.1.2 and 11.2: the measures are written
// into the agreement).
//
// A version is kept by hand as YAML. Decode reads it strictly, Validate explains
// what is wrong with it, Canonical and Digest pin it, Version gives what package
// consent rests actions on, a Page is what people read, Compare says what
// changed from one version to the next, and Cover which requirement of X.1207 is
// carried by which clause. Library has documents to begin from.
package terms

import (
	"slices"
	"time"
)

// Schema is the version of the format that this package reads.
const Schema = "terms-1"

// Kind says what a document is.
type Kind string

// The kinds.
const (
	Hosting    Kind = "hosting-terms"
	Use        Kind = "acceptable-use"
	Subscriber Kind = "subscriber-terms"
	Software   Kind = "software-agreement"
	Privacy    Kind = "privacy-policy"
)

// Kinds gives all kinds.
func Kinds() []Kind { return []Kind{Hosting, Use, Subscriber, Software, Privacy} }

// Actions gives the actions that clauses usually allow: the methods of response.
func Actions() []string {
	return []string{"notify", "quarantine", "suspend", "isolate", "submit", "report"}
}

// Text is a text by language (BCP 47).
type Text map[string]string

// Document is one version of one document. Nobody changes one that was decoded.
// Its members as JSON are the canonical form.
type Document struct {
	Schema    string   `json:"schema"`
	ID        string   `json:"document"` // the same in all versions
	Kind      Kind     `json:"kind"`
	Label     string   `json:"version"`            // differs from one version to the next
	Effective string   `json:"effective"`          // RFC 3339 date-time, with its offset
	Replaces  string   `json:"replaces,omitempty"` // digest of the version before
	Material  bool     `json:"material,omitempty"` // what changed outside of clauses that are here matters: one was taken out, another provider
	Languages []string `json:"languages"`          // in which every text is there; the first stands in for others
	Age       int      `json:"age,omitempty"`      // in years, from which somebody may agree alone; for those who are younger a guardian does. 0: it is not asked
	Provider  Provider `json:"provider"`
	Title     Text     `json:"title"`
	Summary   Text     `json:"summary"`
	Clauses   []Clause `json:"clauses"`
}

// Provider is who offers the terms: "we" in all texts.
type Provider struct {
	Name    string `json:"name"`
	Contact string `json:"contact"` // https: or mailto:
}

// Clause is a part of a document. One that is optional has its own yes or no,
// and no answer is given beforehand: there is no member for that.
type Clause struct {
	ID       string   `json:"id"` // the same in all versions
	Optional bool     `json:"optional,omitempty"`
	Allows   []string `json:"allows,omitempty"`   // actions, sorted
	Serves   []string `json:"serves,omitempty"`   // requirements of X.1207, in its order
	Material bool     `json:"material,omitempty"` // what changed in it since the version before matters
	Heading  Text     `json:"heading"`
	Text     Text     `json:"text"` // in a small Markdown; see Block
}

// Since gives the moment from which the version holds.
func (d *Document) Since() time.Time {
	t, err := time.Parse(time.RFC3339, d.Effective)
	if err != nil { // Decode refuses others
		return time.Time{}
	}
	return t
}

// Clause gives the clause with an id, and its place; nil and -1 without one.
func (d *Document) Clause(id string) (*Clause, int) {
	i := slices.IndexFunc(d.Clauses, func(c Clause) bool { return c.ID == id })
	if i < 0 {
		return nil, -1
	}
	return &d.Clauses[i], i
}

// language gives the language of the document that suits a reader best: the one
// that is asked for, a variety of it, or the first.
func (d *Document) language(want string) string {
	if slices.Contains(d.Languages, want) {
		return want
	}
	for _, tag := range d.Languages {
		if base(tag) == base(want) {
			return tag
		}
	}
	return d.Languages[0]
}
