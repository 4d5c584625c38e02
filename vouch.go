package candor

import "time"

// Vouch says who vouches for the sender of a report: that its mail is from the
// address in its header.
type Vouch struct {
	Report  ID           `json:"report"`
	Sender  string       `json:"sender,omitempty"` // mail address in lower case, as the mail says; empty if it says none, or several
	By      VouchMethod  `json:"by,omitempty"`     // empty if nobody does
	Domain  string       `json:"domain,omitempty"` // that vouches
	Checks  []VouchCheck `json:"checks,omitempty"` // all that was looked at
	Checked time.Time    `json:"checked"`
	Learned bool         `json:"learned"` // what people said of the report went into the sender's profile
}

// VouchMethod is how a sender is vouched for.
type VouchMethod string

// The methods.
const (
	VouchDKIM  VouchMethod = "dkim"  // a signature of the sender's domain (RFC 6376)
	VouchSPF   VouchMethod = "spf"   // the sender's domain names the server that sent it (RFC 7208)
	VouchRelay VouchMethod = "relay" // a server of the provider's checked it (RFC 8601)
	VouchToken VouchMethod = "token" // it came with a token that was made for the sender
)

// VouchCheck is one thing that was looked at.
type VouchCheck struct {
	Method VouchMethod `json:"method"`
	Domain string      `json:"domain,omitempty"`
	Result string      `json:"result"`        // pass, fail, softfail, neutral, none, temperror, permerror
	Why    string      `json:"why,omitempty"` // in words
}

// Taught is what people taught about the mails of a sender.
type Taught struct {
	Sender  string       `json:"sender"`
	Reports int          `json:"reports"` // that were corrected or confirmed
	Right   int          `json:"right"`   // values that were complained about
	Wrong   int          `json:"wrong"`   // values that were not
	Marks   []TaughtMark `json:"marks,omitempty"`
	Updated time.Time    `json:"updated,omitzero"`
}

// TaughtMark is by what values of a sender's mails are known: a column, a word in
// front, a feature.
type TaughtMark struct {
	Mark  string `json:"mark"`
	Right int    `json:"right"`
	Wrong int    `json:"wrong"`
}
