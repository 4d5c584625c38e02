package candor

import (
	"encoding/json"
	"fmt"
	"time"
)

// CaseState says how far a case is.
type CaseState string

const (
	CaseNew        CaseState = "new"         // nobody has looked at it
	CaseTriaged    CaseState = "triaged"     // looked at, and it is one
	CaseNotified   CaseState = "notified"    // the party knows
	CaseContained  CaseState = "contained"   // it does no further harm
	CaseResolved   CaseState = "resolved"    // the cause is gone
	CaseClosed     CaseState = "closed"      // nothing is left to do
	CaseFalseAlarm CaseState = "false-alarm" // it never was one
)

// CaseStates are all states, in the order in which a case goes through them.
func CaseStates() []CaseState {
	return []CaseState{CaseNew, CaseTriaged, CaseNotified, CaseContained, CaseResolved, CaseClosed, CaseFalseAlarm}
}

// Open tells whether somebody may still have to do something.
func (s CaseState) Open() bool { return s != CaseClosed && s != CaseFalseAlarm }

// Case is what the desk works on: what was found of one class at one asset,
// and all that was done about it; or, without an asset and of a class that is no
// incident, what a party asks about terms.
type Case struct {
	ID         ID         `json:"id"`
	Number     int64      `json:"number"` // counted up; what people say aloud
	Asset      ID         `json:"asset"`  // empty if it is about terms
	Party      ID         `json:"party"`  // the asset's owner when the case was opened, or who asks
	Class      Class      `json:"class"`
	Nature     Nature     `json:"nature,omitempty"`
	Severity   Severity   `json:"severity"`   // the gravest of its findings
	Confidence Confidence `json:"confidence"` // the greatest of its findings
	State      CaseState  `json:"state"`
	Title      string     `json:"title"`
	Assignee   ID         `json:"assignee,omitempty"` // a User
	Open       int        `json:"open_findings"`
	Findings   int        `json:"findings"`
	Due        time.Time  `json:"due,omitzero"` // the nearest deadline that runs
	Opened     time.Time  `json:"opened"`
	Updated    time.Time  `json:"updated"`
	Closed     time.Time  `json:"closed,omitzero"`
	Good       bool       `json:"known_good,omitempty"` // it is about contents that are known to be good alone: probably false alarms
	Version    int64      `json:"version"`              // goes up with each change; to see that nobody else changed it
}

// Label is the number as people write it.
func (c Case) Label() string { return fmt.Sprintf("C-%d", c.Number) }

// Event is one line of a case's timeline. It is never changed.
type Event struct {
	ID      ID              `json:"id"`
	Case    ID              `json:"case"`
	At      time.Time       `json:"at"`
	Kind    EventKind       `json:"kind"`
	Actor   string          `json:"actor"`          // "user:…", "customer:…", "policy:…" or "system"
	Public  bool            `json:"public"`         // the party may read it
	Text    string          `json:"text,omitempty"` // what a person wrote
	Details json.RawMessage `json:"details,omitempty"`
}

// EventKind says what an Event tells.
type EventKind string

const (
	EventOpened   EventKind = "opened"
	EventFinding  EventKind = "finding"  // joined the case
	EventGone     EventKind = "gone"     // a finding is there no longer
	EventState    EventKind = "state"    // from one state to another
	EventAssigned EventKind = "assigned" // to whom
	EventComment  EventKind = "comment"
	EventQuestion EventKind = "question" // asked by the party
	EventAnswer   EventKind = "answer"   // given to the party, of what it asked about terms
	EventContest  EventKind = "contest"  // the party says that it is none
	EventFixed    EventKind = "fixed"    // the party says that it is mended
	EventRescan   EventKind = "rescan"   // asked for, or ended
	EventTask     EventKind = "task"
	EventDeadline EventKind = "deadline"
	EventResponse EventKind = "response"
	EventLinked   EventKind = "linked"
	EventReleased EventKind = "released"   // the party freed its own line, once
	EventReturned EventKind = "returned"   // what the party said to be gone was found again while that was watched
	EventLadder   EventKind = "ladder"     // it was escalated, or the contrary
	EventGood     EventKind = "known-good" // findings left it, since a list knows their contents to be good or does so no longer
)

// TermsAnswer is the rule of the clock of a case that is about terms: it runs until
// the party is answered.
const TermsAnswer = "terms-answer"

// AboutTerms is what a line of the timeline of a case about terms keeps beside its
// words.
type AboutTerms struct {
	Document string `json:"document,omitempty"` // empty for all
	Clause   string `json:"clause,omitempty"`
	User     ID     `json:"user,omitempty"` // who asks; of an account, if it is one
}

// ReadAboutTerms reads it; of a line that has none, or is damaged, it says nothing.
func ReadAboutTerms(e Event) (a AboutTerms) {
	if len(e.Details) > 0 && json.Unmarshal(e.Details, &a) != nil {
		return AboutTerms{}
	}
	return a
}

// Task is something to do in a case.
type Task struct {
	ID      ID        `json:"id"`
	Case    ID        `json:"case"`
	Key     string    `json:"key,omitempty"` // the playbook's name for it; empty if a person wrote it
	Text    string    `json:"text"`
	Order   int       `json:"order"`
	Due     time.Time `json:"due,omitzero"`
	Done    time.Time `json:"done,omitzero"`
	DoneBy  string    `json:"done_by,omitempty"`
	Created time.Time `json:"created"`
}

// DeadlineState says how a deadline stands.
type DeadlineState string

const (
	DeadlineRunning   DeadlineState = "running"
	DeadlineMet       DeadlineState = "met"
	DeadlineMissed    DeadlineState = "missed"
	DeadlineCancelled DeadlineState = "cancelled"
)

// Deadline is a clock that runs in a case.
type Deadline struct {
	ID      ID            `json:"id"`
	Case    ID            `json:"case"`
	Rule    string        `json:"rule"` // acknowledgement, customer, nis2-early-warning, …
	State   DeadlineState `json:"state"`
	Started time.Time     `json:"started"`
	Warn    time.Time     `json:"warn,omitzero"` // when somebody should be reminded
	Due     time.Time     `json:"due"`
	Ended   time.Time     `json:"ended,omitzero"` // when it was done, if late also, or cancelled
	Warned  bool          `json:"warned"`         // the reminder was sent
	Told    bool          `json:"told"`           // that it was missed was told
}

// Outstanding tells whether what the deadline asks for is still to be done.
func (d Deadline) Outstanding() bool {
	return d.State == DeadlineRunning || d.State == DeadlineMissed && d.Ended.IsZero()
}
