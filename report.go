package candor

import "time"

// ReportState says what became of a message that came in as a report of abuse.
type ReportState string

// The states. Each message that was taken in ends as one that is not new.
const (
	ReportNew       ReportState = "new"       // is kept, and was not read yet
	ReportPerson    ReportState = "person"    // a person has to look
	ReportFiled     ReportState = "filed"     // all that it complains about went where it belongs
	ReportDuplicate ReportState = "duplicate" // is one that came before
	ReportReply     ReportState = "reply"     // answers what was written in a case
	ReportAutomatic ReportState = "automatic" // a program answered: a bounce, an absence
	ReportDismissed ReportState = "dismissed" // a person says that it is none
)

// ReportStates are all states, those that somebody waits for first.
func ReportStates() []ReportState {
	return []ReportState{ReportPerson, ReportNew, ReportFiled, ReportReply, ReportDuplicate, ReportAutomatic, ReportDismissed}
}

// Report is a message that came in: what it is, and what became of it. What it
// complains about are its Complaints; the message itself is in the vault.
type Report struct {
	ID       ID        `json:"id"`
	Way      string    `json:"way"`    // smtp, imap, folder, api
	Source   string    `json:"source"` // the listener, mailbox or folder that it came by
	Received time.Time `json:"received"`
	SHA256   string    `json:"sha256"`         // of the message, in hexadecimal
	Size     int64     `json:"size"`           // bytes
	Name     string    `json:"name,omitempty"` // of a file that is no mail
	Type     string    `json:"type,omitempty"` // media type of such a file

	State      ReportState `json:"state"`
	Why        string      `json:"why,omitempty"`       // a person has to look, or it is what it is
	Format     string      `json:"format,omitempty"`    // xarf, arf, …, text
	Reporter   string      `json:"reporter,omitempty"`  // mail address of who reports
	Reference  string      `json:"reference,omitempty"` // the reporter's own
	Subject    string      `json:"subject,omitempty"`
	Language   string      `json:"language,omitempty"` // BCP 47
	TLP        string      `json:"tlp,omitempty"`      // with whom it may be shared
	Confidence Confidence  `json:"confidence"`         // that all is read rightly
	Complaints int64       `json:"complaints"`
	Same       ID          `json:"same,omitempty"` // the report that this is a duplicate of
	Case       ID          `json:"case,omitempty"` // that this answers
	Answerable bool        `json:"answerable"`     // the reporter may be written to (RFC 3834)
	Updated    time.Time   `json:"updated"`
	By         string      `json:"by,omitempty"` // who decided, if a person did
	Version    int64       `json:"version"`      // goes up with each change
}

// ComplaintState says what became of a complaint.
type ComplaintState string

// The states.
const (
	ComplaintFiled     ComplaintState = "filed"     // is a finding of a case
	ComplaintPerson    ComplaintState = "person"    // a person has to say whose it is, or whether it is one
	ComplaintForeign   ComplaintState = "foreign"   // is about nothing of the provider's
	ComplaintWaiting   ComplaintState = "waiting"   // until more say the same
	ComplaintDismissed ComplaintState = "dismissed" // a person says that it is none
)

// ComplaintStates are all states.
func ComplaintStates() []ComplaintState {
	return []ComplaintState{ComplaintFiled, ComplaintPerson, ComplaintForeign, ComplaintWaiting, ComplaintDismissed}
}

// Complaint is one thing that a report complains about: a class, a resource, a
// time.
type Complaint struct {
	ID         ID             `json:"id"`
	Report     ID             `json:"report"`
	Number     int64          `json:"number"` // in the report, from 1 on
	Class      Class          `json:"class"`
	Kind       string         `json:"kind"`  // address, network, url, domain, hash, mail
	Value      string         `json:"value"` // canonical
	Port       uint16         `json:"port,omitempty"`
	Role       string         `json:"role"`
	Confidence Confidence     `json:"confidence"`
	First      time.Time      `json:"first,omitzero"`
	Last       time.Time      `json:"last,omitzero"`
	Told       string         `json:"told,omitempty"` // the time as the report writes it, if it has no zone
	Count      int64          `json:"count,omitempty"`
	Note       string         `json:"note,omitempty"`
	Evidence   string         `json:"evidence,omitempty"`
	State      ComplaintState `json:"state"`
	Why        string         `json:"why,omitempty"` // of the state, in words
	Asset      ID             `json:"asset,omitempty"`
	Party      ID             `json:"party,omitempty"`
	Case       ID             `json:"case,omitempty"`
	Finding    ID             `json:"finding,omitempty"`
	Candidates []Candidate    `json:"candidates,omitempty"` // whose it may be
	Updated    time.Time      `json:"updated"`
}

// Candidate is an asset that may be what a complaint is about.
type Candidate struct {
	Asset ID        `json:"asset"`
	Party ID        `json:"party"`
	How   string    `json:"how"`            // lease, static, translator, vhost, dns, content, account, server
	Path  string    `json:"path,omitempty"` // of a file with the content
	Since time.Time `json:"since,omitzero"`
	Until time.Time `json:"until,omitzero"`
}

// ReportFilter chooses reports; what is empty does not matter.
type ReportFilter struct {
	States        []ReportState
	Reporter      string
	Format        string
	Way           string
	Source        string
	ReceivedAfter time.Time
}

// ComplaintFilter chooses complaints; what is empty does not matter.
type ComplaintFilter struct {
	States []ComplaintState
	Report ID
	Case   ID
	Asset  ID
	Party  ID
	Value  string
	Class  Class
}
