package candor

import (
	"encoding/json"
	"time"
)

// Notice is what a customer declares of sites: a draft that is worked on, and
// versions that were published and never change.
type Notice struct {
	ID      ID              `json:"id"`
	Party   ID              `json:"party"`
	Name    string          `json:"name"`    // for those who work on it
	Draft   json.RawMessage `json:"draft"`   // the document, as far as it is
	Guesses []NoticeGuess   `json:"guesses"` // what of the draft this program guessed
	Edition int64           `json:"edition"` // of the draft: goes up with each change
	Latest  int64           `json:"latest"`  // number of the last version; 0 if none was published
	Created time.Time       `json:"created"`
	Updated time.Time       `json:"updated"`
	By      string          `json:"by"` // who changed the draft last
}

// NoticeGuess is a part of a draft that nobody has said, and where it comes from.
type NoticeGuess struct {
	Pointer string `json:"pointer"`          // RFC 6901, into the draft
	Source  string `json:"source"`           // a word: party, host, software, script, frame, form, usual
	Detail  string `json:"detail,omitempty"` // what was seen: a file, an address
}

// NoticeVersion is a published notice.
type NoticeVersion struct {
	ID        ID        `json:"id"`
	Notice    ID        `json:"notice"`
	Number    int64     `json:"number"`         // counted from 1
	Body      string    `json:"body,omitempty"` // canonical JSON (RFC 8785); empty in lists
	Digest    string    `json:"sha256"`         // of the body, in hexadecimal
	Languages []string  `json:"languages"`      // of the six that its texts have
	Published time.Time `json:"published"`
	By        string    `json:"by"`
}

// NoticeSite says which notice a site serves, and which version of it the site
// must have at its well-known address.
type NoticeSite struct {
	Asset  ID        `json:"asset"`
	Notice ID        `json:"notice"`
	Number int64     `json:"number"`          // of the version; 0 if none is pinned
	Pinned time.Time `json:"pinned,omitzero"` // since when
	By     string    `json:"by,omitempty"`
	Due    time.Time `json:"due,omitzero"` // when it is fetched next
}

// ProofStatus says how what a site serves compares with what it must serve.
type ProofStatus string

const (
	ProofSame        ProofStatus = "same"        // byte by byte
	ProofOther       ProofStatus = "other"       // another version of the notice
	ProofAltered     ProofStatus = "altered"     // something that was never published
	ProofAbsent      ProofStatus = "absent"      // it answered that there is none
	ProofUnreachable ProofStatus = "unreachable" // it did not answer: nothing is known
)

// ProofStatuses are all of them, the best first.
func ProofStatuses() []ProofStatus {
	return []ProofStatus{ProofSame, ProofOther, ProofAltered, ProofAbsent, ProofUnreachable}
}

// NoticeProof is what a host of a site served, for as long as it was the same.
type NoticeProof struct {
	ID     ID          `json:"id"`
	Asset  ID          `json:"asset"`
	Notice ID          `json:"notice"`
	Host   string      `json:"host"`
	Number int64       `json:"number"` // of the version that it must serve
	Status ProofStatus `json:"status"`
	Digest string      `json:"sha256,omitempty"` // of what it served
	Detail string      `json:"detail,omitempty"` // a word: redirect, form, large, status, connect, …
	First  time.Time   `json:"first_seen"`
	Last   time.Time   `json:"last_seen"`
}

// NoticeFilter chooses notices; what is empty does not matter.
type NoticeFilter struct {
	Party ID
	Text  string // the name begins with it
}
