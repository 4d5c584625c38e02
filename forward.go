package candor

import "time"

// ForwardState says how far it is to pass something on to whoever is responsible
// for it.
type ForwardState string

// The states.
const (
	ForwardWaiting  ForwardState = "waiting"  // the reporter has not agreed yet
	ForwardPerson   ForwardState = "person"   // a person has to say whether, and to whom
	ForwardApproved ForwardState = "approved" // it is sent as soon as its turn comes
	ForwardSent     ForwardState = "sent"     // its mail was written down, and is sent or tried
	ForwardRefused  ForwardState = "refused"  // it is not passed on
)

// ForwardStates are all states, those that somebody waits for first.
func ForwardStates() []ForwardState {
	return []ForwardState{ForwardPerson, ForwardWaiting, ForwardApproved, ForwardSent, ForwardRefused}
}

// Forward passes what a report complains about, and what is nothing of the
// provider's, on to whoever holds it: one mail for each report and holder.
type Forward struct {
	ID       ID           `json:"id"` // that of its mail, too
	Report   ID           `json:"report"`
	Holder   string       `json:"holder"` // mail address; empty if none is known
	Contacts []Holder     `json:"contacts,omitempty"`
	State    ForwardState `json:"state"`
	Why      string       `json:"why,omitempty"` // of the state: a word of the desk, or what a person or program said
	Count    int64        `json:"count"`         // complaints
	Basis    ForwardBasis `json:"basis,omitzero"`
	Letter   Letter       `json:"letter,omitzero"` // of one that was sent
	Sent     time.Time    `json:"sent,omitzero"`   // when its mail was written down
	Created  time.Time    `json:"created"`
	Updated  time.Time    `json:"updated"`
	By       string       `json:"by,omitempty"` // who decided, if a person did
	Version  int64        `json:"version"`      // goes up with each change
}

// Holder is whom to tell of what is not the provider's, and how that is known.
type Holder struct {
	Of        string    `json:"of"`               // site, network, registrar
	Name      string    `json:"name,omitempty"`   // as the registry has it
	Handle    string    `json:"handle,omitempty"` // of the network, or the domain
	Mails     []string  `json:"mails,omitempty"`  // the best first
	Pages     []string  `json:"pages,omitempty"`  // forms and the like
	Abuse     bool      `json:"abuse"`            // it is there for reports of abuse
	Languages []string  `json:"languages,omitempty"`
	Source    string    `json:"source"` // the URL that told it
	Asked     time.Time `json:"asked"`
}

// ForwardBasis is why something may be passed on.
type ForwardBasis struct {
	How    string    `json:"how,omitempty"`    // form, link, agreement, person
	Ground string    `json:"ground,omitempty"` // in words
	Of     ID        `json:"of,omitempty"`     // the ForwardConsent
	Named  bool      `json:"named"`            // the reporter agrees to be named
	At     time.Time `json:"at,omitzero"`
	By     string    `json:"by,omitempty"`
}

// Letter is a mail that was written, with its files.
type Letter struct {
	Language string   `json:"language,omitempty"`
	Subject  string   `json:"subject,omitempty"`
	Text     string   `json:"text,omitempty"`
	Files    []string `json:"files,omitempty"` // XARF, as JSON
}

// How somebody agreed that reports are passed on.
const (
	AgreedForm   = "form"      // by a tick on the form
	AgreedLink   = "link"      // by the link that was mailed to the reporter
	AgreedPaper  = "agreement" // the reporter and the provider agreed on it
	AgreedPerson = "person"    // a person of the staff decided, on a ground
)

// ForwardConsent is a reporter's consent that what is nothing of the provider's is
// passed on: of one report, or of all that the reporter sends.
type ForwardConsent struct {
	ID       ID     `json:"id"`
	Report   ID     `json:"report,omitempty"`   // empty for a standing one
	Reporter string `json:"reporter,omitempty"` // mail address, or "@" and a domain; of a standing one
	How      string `json:"how"`
	Ground   string `json:"ground,omitempty"` // of a standing one: which agreement
	Yes      bool   `json:"yes"`              // no: the reporter says that it is not passed on
	Named    bool   `json:"named"`
	// Unconfirmed tells that Named waits until the reporter has opened the link that
	// was mailed: anybody can type anybody's address.
	Unconfirmed bool      `json:"unconfirmed,omitempty"`
	Given       time.Time `json:"given"`
	By          string    `json:"by,omitempty"`
	Withdrawn   time.Time `json:"withdrawn,omitzero"`
}

// ForwardAnswer is what a holder answered: a mail that came in.
type ForwardAnswer struct {
	Report    ID        `json:"report"` // the mail, as it came in
	Forward   ID        `json:"forward"`
	Automatic bool      `json:"automatic"` // a program answered
	At        time.Time `json:"at"`
}

// ForwardFilter chooses forwards; what is empty does not matter.
type ForwardFilter struct {
	Report ID
	States []ForwardState
}
