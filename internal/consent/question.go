package consent

import (
	"time"

	"candor"
)

// QuestionKind says what a party wants.
type QuestionKind string

// The kinds.
const (
	Asks      QuestionKind = "question"
	Complains QuestionKind = "complaint"
)

// Class is that of the cases of a kind.
func (k QuestionKind) Class() candor.Class {
	if k == Complains {
		return candor.TermsComplaint
	}
	return candor.TermsQuestion
}

// QuestionState is how far a question has come.
type QuestionState string

// The states.
const (
	Open     QuestionState = "open"
	Answered QuestionState = "answered"
)

// Question is what a party asks, or complains of, about terms or how they are
// kept: what its case tells to the party. It waits for an answer until Due.
type Question struct {
	ID       candor.ID     `json:"id"` // of the case
	Number   int64         `json:"number"`
	Party    candor.ID     `json:"party"`
	Document string        `json:"document,omitempty"` // which terms; empty for all
	Clause   string        `json:"clause,omitempty"`
	Kind     QuestionKind  `json:"kind"`
	State    QuestionState `json:"state"`
	Text     string        `json:"text"`             // what was asked first
	Answer   string        `json:"answer,omitempty"` // the last one
	By       string        `json:"by,omitempty"`     // who gave it
	Said     []Line        `json:"said"`             // all that was said, the first first
	Asked    time.Time     `json:"asked"`
	Due      time.Time     `json:"due,omitzero"` // while it is open
	Answered time.Time     `json:"answered,omitzero"`
}

// Line is what somebody said of a question.
type Line struct {
	At   time.Time        `json:"at"`
	Kind candor.EventKind `json:"kind"` // question, answer or comment
	By   string           `json:"by"`
	Text string           `json:"text"`
}

// Questioned gives what a case about terms tells to its party, by its timeline.
func Questioned(c candor.Case, events []candor.Event) Question {
	q := Question{ID: c.ID, Number: c.Number, Party: c.Party, Kind: Asks, State: Open, Asked: c.Opened, Due: c.Due}
	if c.Class == candor.TermsComplaint {
		q.Kind = Complains
	}
	for _, e := range events {
		if !e.Public || e.Kind != candor.EventQuestion && e.Kind != candor.EventAnswer && e.Kind != candor.EventComment {
			continue
		}
		if len(q.Said) == 0 {
			q.Text = e.Text
			a := candor.ReadAboutTerms(e)
			q.Document, q.Clause = a.Document, a.Clause
		}
		if e.Kind == candor.EventAnswer {
			q.Answer, q.By, q.Answered = e.Text, e.Actor, e.At
		}
		q.Said = append(q.Said, Line{At: e.At, Kind: e.Kind, By: e.Actor, Text: e.Text})
	}
	if !c.State.Open() {
		q.State = Answered
	}
	return q
}
