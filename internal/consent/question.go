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

// QuestionState is how far a question has come.
type QuestionState string

// The states.
const (
	Open     QuestionState = "open"
	Answered QuestionState = "answered"
)

// Question is what a party asks, or complains of, about terms or how they are
// kept. It waits for an answer until Due.
type Question struct {
	ID       candor.ID     `json:"id"`
	Party    candor.ID     `json:"party"`
	Document string        `json:"document,omitempty"` // which terms; empty for all
	Clause   string        `json:"clause,omitempty"`
	Kind     QuestionKind  `json:"kind"`
	State    QuestionState `json:"state"`
	Text     string        `json:"text"`
	Answer   string        `json:"answer,omitempty"`
	By       string        `json:"by,omitempty"` // who answered
	Asked    time.Time     `json:"asked"`
	Due      time.Time     `json:"due"`
	Answered time.Time     `json:"answered,omitzero"`
}
