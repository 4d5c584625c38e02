package candor

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// TicketKind says what somebody came for.
type TicketKind string

// The kinds.
const (
	TicketQuestion TicketKind = "question" // anything
	TicketSoftware TicketKind = "software" // a person reports suspicious software
)

// TicketKinds are all kinds.
func TicketKinds() []TicketKind { return []TicketKind{TicketQuestion, TicketSoftware} }

// TicketState says whose turn it is.
type TicketState string

// The states.
const (
	TicketNew     TicketState = "new"     // nobody looked at it
	TicketOpen    TicketState = "open"    // somebody of the staff works on it
	TicketWaiting TicketState = "waiting" // for the person
	TicketSolved  TicketState = "solved"  // it is answered; the person may come back
	TicketClosed  TicketState = "closed"  // nothing follows; it may be one that another one took up
)

// TicketStates are all states, in the order in which a ticket goes through them.
func TicketStates() []TicketState {
	return []TicketState{TicketNew, TicketOpen, TicketWaiting, TicketSolved, TicketClosed}
}

// Open tells whether something is still to be done, by whomever.
func (s TicketState) Open() bool { return s == TicketNew || s == TicketOpen || s == TicketWaiting }

// May tells whether a person of the staff can give a ticket another state.
func (s TicketState) May(to TicketState) bool {
	return s != to && to != TicketNew && slices.Contains(TicketStates(), to)
}

// TicketWay says how a ticket came.
type TicketWay string

// The ways.
const (
	TicketByPortal TicketWay = "portal" // from somebody who is signed in
	TicketByForm   TicketWay = "form"   // from anybody, by the public form
	TicketByMail   TicketWay = "mail"
	TicketByPhone  TicketWay = "phone" // the staff wrote it down
	TicketByAPI    TicketWay = "api"
)

// Ticket is what an end user asks of the provider, and how far that is.
type Ticket struct {
	ID       ID          `json:"id"`
	Number   int64       `json:"number"` // counted up; what people say aloud
	Kind     TicketKind  `json:"kind"`
	State    TicketState `json:"state"`
	Way      TicketWay   `json:"way"`
	Party    ID          `json:"party,omitempty"` // empty while nobody knows whose it is
	Name     string      `json:"name,omitempty"`  // of the person
	Mail     string      `json:"mail,omitempty"`  // that answers go to; empty if they are only read on the page
	Language string      `json:"language,omitempty"`
	Subject  string      `json:"subject"`
	Assignee ID          `json:"assignee,omitempty"` // a User
	Case     ID          `json:"case,omitempty"`     // that it was handed over to
	Same     ID          `json:"same,omitempty"`     // the ticket that took this one up
	Suspect  Suspect     `json:"suspect,omitzero"`   // of a report of software
	Opened   time.Time   `json:"opened"`
	Updated  time.Time   `json:"updated"`
	Due      time.Time   `json:"due,omitzero"`      // by when the staff has to answer; zero if it need not
	Answered time.Time   `json:"answered,omitzero"` // the first time
	Solved   time.Time   `json:"solved,omitzero"`
	Rating   int64       `json:"rating,omitempty"` // 1 to 5, or 0 for none
	Praise   string      `json:"rating_text,omitempty"`
	Rated    time.Time   `json:"rated,omitzero"`
	Erased   bool        `json:"erased,omitempty"` // what is personal of it is gone
	Version  int64       `json:"version"`
}

// Label is the number as people write it.
func (t Ticket) Label() string { return fmt.Sprintf("T-%d", t.Number) }

// Suspect is what somebody tells of suspicious software.
type Suspect struct {
	What   string    `json:"what,omitempty"`   // its name
	Origin string    `json:"origin,omitempty"` // an address, a shop, a mail, …
	Device string    `json:"device,omitempty"` // where it was seen; one of guide's platforms, or words
	Seen   time.Time `json:"seen,omitzero"`
	Share  bool      `json:"share"` // the sample may go on to vendors of security software
}

// EntryKind says what an Entry tells.
type EntryKind string

// The kinds.
const (
	EntrySaid     EntryKind = "said"     // the person wrote it
	EntryAnswer   EntryKind = "answer"   // to the person
	EntryNote     EntryKind = "note"     // among the staff
	EntryState    EntryKind = "state"    // details: from, to
	EntryAssigned EntryKind = "assigned" // details: to
	EntryCase     EntryKind = "case"     // details: case, number
	EntryMerged   EntryKind = "merged"   // details: ticket, number
	EntryParty    EntryKind = "party"    // details: party
	EntryVerdict  EntryKind = "verdict"  // details: upload, state, rules
	EntryRated    EntryKind = "rated"    // details: rating
)

// Entry is one line of a ticket. It is never changed.
type Entry struct {
	ID      ID              `json:"id"`
	Ticket  ID              `json:"ticket"`
	At      time.Time       `json:"at"`
	Kind    EntryKind       `json:"kind"`
	Actor   string          `json:"actor"`
	Public  bool            `json:"public"` // the person may read it
	Text    string          `json:"text,omitempty"`
	Details json.RawMessage `json:"details,omitempty"`
	// MessageID is that of the mail that it came by, without angle brackets.
	MessageID string `json:"message_id,omitempty"`
}

// UploadState says what is known of a file that a person handed in.
type UploadState string

// The states.
const (
	UploadWaiting UploadState = "waiting" // was not looked at yet
	UploadQuiet   UploadState = "quiet"   // no definition says anything of it
	UploadFound   UploadState = "found"   // definitions do
	UploadFailed  UploadState = "failed"  // could not be looked at as a whole
)

// Upload is a file that a person handed in with a ticket or for a case. Its
// content is in the vault, and is never served to anybody.
type Upload struct {
	ID         ID          `json:"id"`
	Ticket     ID          `json:"ticket,omitempty"`
	Case       ID          `json:"case,omitempty"`
	Party      ID          `json:"party,omitempty"`
	At         time.Time   `json:"at"`
	Name       string      `json:"name"`
	SHA256     string      `json:"sha256"`
	Size       int64       `json:"size"` // bytes
	State      UploadState `json:"state"`
	Rules      []string    `json:"rules,omitempty"` // that match
	Class      Class       `json:"class,omitempty"` // of the gravest
	Nature     Nature      `json:"nature,omitempty"`
	Severity   Severity    `json:"severity"`
	Generation string      `json:"generation,omitempty"` // of the definitions that it was looked at with
	Scanned    time.Time   `json:"scanned,omitzero"`
	Erased     bool        `json:"erased,omitempty"`
}

// late is how long a file may wait to be looked at: it was tried several times by
// then.
const late = time.Hour

// Late tells whether a file waits for so long that whoever looks after the desk has
// to see to it: definitions or the vault are out of reach.
func (u Upload) Late(now time.Time) bool {
	return u.State == UploadWaiting && !u.Erased && now.Sub(u.At) >= late
}

// Canned is an answer that is kept ready. {name}, {ticket} and {provider} in it
// are filled in.
type Canned struct {
	ID      ID                `json:"id"`
	Name    string            `json:"name"`
	Texts   map[string]string `json:"texts"` // by language
	Updated time.Time         `json:"updated"`
	By      string            `json:"by,omitempty"`
	Version int64             `json:"version"`
}

// Article is a guide of the knowledge base, as Markdown by language.
type Article struct {
	ID        ID                `json:"id"`
	Slug      string            `json:"slug"`
	Titles    map[string]string `json:"titles"`
	Texts     map[string]string `json:"texts"`
	Classes   []Class           `json:"classes,omitempty"`
	Platforms []string          `json:"platforms,omitempty"`
	Hidden    bool              `json:"hidden,omitempty"` // is shown to the staff alone
	Updated   time.Time         `json:"updated"`
	By        string            `json:"by,omitempty"`
	Version   int64             `json:"version"` // 0 for one that came with the program
}

// TicketFilter chooses tickets; what is empty does not matter.
type TicketFilter struct {
	States     []TicketState
	Kind       TicketKind
	Party      ID
	Case       ID
	Assignee   ID
	Unassigned bool
	DueBefore  time.Time
	Mail       string
}

// TicketFigures are what the desk is measured by.
type TicketFigures struct {
	Ages       []int64       `json:"ages"` // open tickets: under a day, three days, a week, and older
	Unassigned int64         `json:"unassigned"`
	Overdue    int64         `json:"overdue"`
	Answered   int64         `json:"answered"`     // of those opened since the beginning of the span
	First      time.Duration `json:"first_answer"` // the median of them
	Rated      int64         `json:"rated"`
	Rating     float64       `json:"rating"` // the mean of them
}
