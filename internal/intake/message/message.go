// Package message takes a mail apart into texts that people and programs can
// read: its own, those of the mails in it, and its attachments.
//
// Reading is tolerant, since reports come from all kinds of programs: what is
// broken is noted among the Problems, and what can be read of it is kept.
package message

import (
	"net/mail"
	"time"
)

// Limits bound what a Message may hold. What exceeds them is left out, and noted.
type Limits struct {
	Parts int   // in all mails together
	Depth int   // of mails in mails, and multiparts in multiparts
	Text  int64 // bytes of one text
	File  int64 // bytes of one text, no HTML, that is a file; as Text if zero
	Bytes int64 // of all parts together
}

// DefaultLimits suit reports as they come.
func DefaultLimits() Limits {
	return Limits{Parts: 500, Depth: 12, Text: 4 << 20, File: 64 << 20, Bytes: 64 << 20}
}

// Message is a mail.
type Message struct {
	From, ReplyTo, To []*mail.Address
	Subject           string
	Date              time.Time // zero if the mail has none, or one without a zone
	ID                string    // without angle brackets
	References        []string  // of what it answers, the direct one last
	Header            []Field   // all of it, in order
	Parts             []Part
	Problems          []string
	// Truncated tells that something exceeds the limits, and was left out: of the
	// mail, or of one in it. Texts end with a whole line then.
	Truncated bool
}

// Field is a line of a header, decoded to UTF-8.
type Field struct {
	Name  string
	Value string
}

// Get gives the first field of that name, in whatever case; empty if there is
// none.
func (m *Message) Get(name string) string {
	for _, f := range m.Header {
		if equalFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// Part is a leaf of a mail.
type Part struct {
	Type    string // media type in lower case: "text/plain"
	Params  map[string]string
	Name    string // of the file; empty if it has none
	Inline  bool   // it belongs to the text
	Text    string // UTF-8, if it is a text; HTML as it came
	Bytes   []byte // decoded, if it is no text
	Message *Message
}

// IsText tells whether the part is text of any kind.
func (p *Part) IsText() bool { return p.Bytes == nil && p.Message == nil }

// Automatic tells whether a program sent the mail in answer to another, or to
// many: such mails are not answered by a program (RFC 3834).
func (m *Message) Automatic() bool {
	if a := m.Get("Auto-Submitted"); a != "" && !equalFold(a, "no") {
		return true
	}
	switch lower(m.Get("Precedence")) {
	case "bulk", "junk", "list", "auto_reply":
		return true
	}
	return m.Get("X-Autoreply") != "" || m.Get("X-Auto-Response-Suppress") != "" || m.Bounce()
}

// Bounce tells whether it is a report of delivery (RFC 3464), or has no sender.
func (m *Message) Bounce() bool {
	if lower(m.Get("Return-Path")) == "<>" {
		return true
	}
	for i := range m.Parts {
		if m.Parts[i].Type == "message/delivery-status" {
			return true
		}
	}
	return false
}
