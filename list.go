package candor

import "time"

// Cut says which part of a list is wanted and in which order. The zero Cut
// asks for the first rows in the list's own order.
type Cut struct {
	Sort       string // a column that the list offers; its own order if empty
	Descending bool
	Cursor     string // of a Page; the start of the list if empty
	Limit      int    // rows; 50 if zero, at most 500
}

// Page is a part of a list.
type Page[T any] struct {
	Items    []T    `json:"items"`
	Next     string `json:"next,omitempty"`     // cursor of the rows behind these; empty at the end
	Previous string `json:"previous,omitempty"` // cursor of the rows before these; empty at the start
	// Count is how many rows the whole list has. With More set they are at
	// least so many: counting stops there.
	Count int  `json:"count"`
	More  bool `json:"more,omitempty"`
}

// CaseFilter chooses cases; what is empty does not matter.
type CaseFilter struct {
	States       []CaseState
	Open         *bool
	Party        ID
	Asset        ID
	Assignee     ID
	Unassigned   bool // nobody's
	Class        Class
	MinSeverity  Severity
	Good         *bool // about what is known to be good
	Incident     *bool // about an incident; if not, about what a party asks of terms
	DueBefore    time.Time
	OpenedAfter  time.Time
	OpenedBefore time.Time
	Text         string // words to be found in it
}

// FindingFilter chooses filed findings; what is empty does not matter.
type FindingFilter struct {
	States      []FindingState
	Case        ID
	Party       ID
	Asset       ID
	Class       Class
	Rule        string // begins with
	Content     string // SHA-256, or the beginning of one
	MinSeverity Severity
	Good        *bool // whether its content is known to be good
	FirstAfter  time.Time
	FirstBefore time.Time
	Text        string
}

// PartyFilter chooses parties; what is empty does not matter.
type PartyFilter struct {
	Kind PartyKind
	Text string
}

// AssetFilter chooses assets; what is empty does not matter.
type AssetFilter struct {
	Kind    AssetKind
	Owner   ID
	Retired *bool
	// ScannedBefore chooses those whose last complete scan was before, or that
	// had none.
	ScannedBefore time.Time
	Text          string
}

// ResponseFilter chooses responses; what is empty does not matter.
type ResponseFilter struct {
	States       []ResponseState
	Case         ID
	Party        ID
	Method       string
	Held         bool // goes on beyond its time, and a person is to decide
	Lapsed       bool // rests on nothing any more, and a person is to decide
	CreatedAfter time.Time
}

// ScanFilter chooses scans; what is empty does not matter.
type ScanFilter struct {
	States []ScanState
	Asset  ID
}

// RecordFilter chooses records of the evidence log; what is empty does not matter.
type RecordFilter struct {
	Kind    RecordKind
	Case    ID
	Subject ID
}

// Hit is something that a search found.
type Hit struct {
	Kind   string `json:"kind"` // case, finding, party, asset
	ID     ID     `json:"id"`
	Title  string `json:"title"`
	Detail string `json:"detail,omitempty"`
}

// Same is what makes two findings at one asset one: the rule and the content.
type Same struct{ Rule, SHA256 string }

// DayCount is how many there were of a severity on a day.
type DayCount struct {
	Day      time.Time
	Severity Severity
	Count    int64
}
