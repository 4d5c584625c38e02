// Package freetext reads reports that people and small programs write without
// any machine format, and chooses which of the resources that they name are
// complained about.
//
// Finding is easy, choosing is not: nearly every such mail names the right
// address, and several others. Each value is judged by features of where it
// stands (words before and behind it, place in the lines of logs, kind of
// section) with weights that were learned from labelled reports. Features and
// weights can be read, and Reading tells which of them spoke for and against
// each value. Nothing is asked of a network.
package freetext

import (
	_ "embed"
	"strings"

	"candor/internal/intake"
	"candor/internal/intake/message"
)

// Reader reads reports. It is safe for concurrent use as long as its fields are
// not set.
type Reader struct {
	words *lexicon
	opinion
	// Sure is the Confidence from which on no person has to look.
	Sure int
	// Rules win over what was learned; nil for none.
	Rules *Rules
	// Profiles have a say in it; nil for none.
	Profiles Profiles
}

// New makes a Reader with the words and weights of the program.
func New() *Reader {
	return &Reader{words: parseLexicon(wordList), opinion: opinion{parseWeights(weightList), parseTrees(treeList)}, Sure: sure}
}

//go:embed words.tsv
var wordList string

//go:embed weights.tsv
var weightList string

// sure is where the readings begin of which, by what other styles taught, 404 of 407
// were exactly right: 98.1 % or more, with 95 % confidence.
const sure = 98

// Reading is a Report, and why.
type Reading struct {
	intake.Report
	// Why has a line for each value that was weighed, the most likely first.
	Why []Weighed
	// Rule is the name of the rule that found what is complained about; empty if
	// none did.
	Rule string
	// Texts are what was read, as Places count them: the subject, what the header
	// tells of the way that the mail took, and all texts in order.
	Texts []string
}

// Weighed is a value, how likely it is that it is complained about, and what
// spoke for and against it.
type Weighed struct {
	intake.Resource
	Features []Feature
	Places   []Place
	Marks    []string // what a Profile knows it by; only if the Reader has Profiles
}

// Feature is something that is so of a value, and how much it weighs: above 0
// for a complaint, below against.
type Feature struct {
	Name   string
	Weight float64
}

// Place is where a value stands: bytes from Start to End of a text of the
// message.
type Place struct {
	Text  int // 0 is the subject; then texts in order
	Start int
	End   int
}

// Read reads a mail.
func (r *Reader) Read(m *message.Message) Reading {
	d := open(m)
	d.scan()
	values := d.values()
	topic := d.topic(r.words)
	n := d.tally(values, topic)
	d.features(values, n, r.words, topic)
	r.weigh(values)
	rule := r.Rules.of(append(m.From[:len(m.From):len(m.From)], m.ReplyTo...), m.Subject)
	obeyed := false
	if rule != nil {
		d.set(rule)
		if rule.class != "" {
			topic.class = rule.class
		}
		values, obeyed = d.obey(rule, values)
	}
	if r.Profiles != nil && !obeyed {
		p := r.Profiles.Profile(reporterOf(m))
		for _, v := range values {
			v.lean(p.lean(d.marks(v)))
		}
	}
	got := r.reading(d, values, topic)
	got.Texts = d.contents
	if obeyed {
		got.Rule, got.Confidence, got.Person = rule.name, 100, ""
	}
	return got
}

// reporterOf is the mail address of who reports, in lower case.
func reporterOf(m *message.Message) string {
	if len(m.From) == 0 {
		return ""
	}
	return strings.ToLower(m.From[0].Address)
}
