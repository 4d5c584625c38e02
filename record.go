package candor

import (
	"encoding/json"
	"time"
)

// Record is something that happened and that can be proved later: an entry of
// the evidence log. What is personal goes into Personal, of which the log
// holds salted digests only; Body must hold nothing personal.
type Record struct {
	ID       ID                `json:"id"`
	Kind     RecordKind        `json:"kind"`
	At       time.Time         `json:"at"`
	Subject  ID                `json:"subject"` // what it is about: a finding, a response, …
	Case     ID                `json:"case,omitempty"`
	Actor    string            `json:"actor"`
	Body     json.RawMessage   `json:"body"`            // a JSON object
	Blobs    []string          `json:"blobs,omitempty"` // SHA-256 digests, in hexadecimal
	Personal map[string]string `json:"-"`
}

// Logged is a Record with what the evidence log holds of it.
type Logged struct {
	Record
	Concealed map[string]string `json:"concealed,omitempty"` // salted digests of what is personal, by name
	Index     int64             `json:"index"`               // in the log; -1 while it waits
}

// Concealed is something personal of a Record, and the salt of its digest.
// Without these the digest says nothing.
type Concealed struct{ Name, Value, Salt string }

// RecordKind says what a Record proves.
type RecordKind string

const (
	RecordFinding    RecordKind = "finding"
	RecordGone       RecordKind = "gone"
	RecordDecision   RecordKind = "decision" // of a person or a policy
	RecordResponse   RecordKind = "response"
	RecordConsent    RecordKind = "consent"
	RecordDeadline   RecordKind = "deadline"
	RecordGeneration RecordKind = "generation"
	RecordAccess     RecordKind = "access" // sign-ins, and changes of who may
	RecordErasure    RecordKind = "erasure"
	RecordPolicy     RecordKind = "policy"
	RecordNotice     RecordKind = "notice" // published, pinned, or seen at a site
	RecordReport     RecordKind = "report" // what became of a message that came in
	RecordRead       RecordKind = "read"   // somebody looked at what a household does
	RecordDrill      RecordKind = "drill"  // a response was rehearsed
)

// Job is work that is done later, at least once, whatever happens: it is
// kept as JSON with the records of the transaction that asks for it. Kind
// names who does it.
type Job interface {
	Kind() string
}

// JobOptions say when and how a job is done. The zero value is: now, by the
// general queue, as often as it is asked for.
type JobOptions struct {
	At    time.Time
	Queue string
	// Once asks for nothing if an equal job of that kind still waits.
	Once bool
}

// JobRequest is a job, and when and how it is to be done.
type JobRequest struct {
	Job     Job
	Options JobOptions
}

// MessageState says how far a mail is.
type MessageState string

const (
	MessageQueued  MessageState = "queued"
	MessageSending MessageState = "sending" // handed to a server, which has not yet answered
	MessageSent    MessageState = "sent"    // a server took it
	MessageBounced MessageState = "bounced" // refused for good, or came back
	MessageFailed  MessageState = "failed"  // given up
)

// Message is one mail to one address.
type Message struct {
	ID        ID           `json:"id"`
	Response  ID           `json:"response,omitempty"`
	Case      ID           `json:"case,omitempty"`
	Party     ID           `json:"party,omitempty"`
	To        string       `json:"to"`
	Language  string       `json:"language"`
	Subject   string       `json:"subject"`
	Text      string       `json:"text"`
	HTML      string       `json:"html,omitempty"`
	MessageID string       `json:"message_id"` // without angle brackets (RFC 5322)
	State     MessageState `json:"state"`
	Attempts  int          `json:"attempts"`
	Error     string       `json:"error,omitempty"`
	Created   time.Time    `json:"created"`
	Sent      time.Time    `json:"sent,omitzero"`
	Bounced   time.Time    `json:"bounced,omitzero"`
	// Attachments are made anew for each sending, and kept nowhere. A mail that
	// has any has no HTML.
	Attachments []Attachment `json:"-"`
}

// Attachment is a file of a mail. Its name is ASCII.
type Attachment struct {
	Name string
	Type string // media type
	Data []byte
}
