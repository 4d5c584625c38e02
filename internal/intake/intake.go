// Package intake takes in what people and machines report, and tells whom it is
// about (ITU-T X.1207, 11.1.4 and 11.1.1).
//
// This package holds the words: a Report is what one message says, an Event is
// one thing that it reports, a Resource is what it happened at.
package intake

import (
	"time"

	"candor"
)

// Kind is what sort of thing a Resource is.
type Kind string

// The kinds. Values are canonical: addresses and networks as netip prints them,
// URLs and domains with a host in lower case, hashes in lower-case hexadecimal,
// nothing defanged.
const (
	Address Kind = "address"
	Network Kind = "network"
	URL     Kind = "url"
	Domain  Kind = "domain"
	Hash    Kind = "hash"
	Mail    Kind = "mail" // a mail address
)

// Role is what a Resource has to do with what is reported.
type Role string

// The roles.
const (
	Source    Role = "source"    // it did it, or it came from there
	Host      Role = "host"      // it offers or carries what is reported
	Victim    Role = "victim"    // it was done to
	Reporter  Role = "reporter"  // of who reports: servers, sites, tools
	Relay     Role = "relay"     // it passed something on
	Recipient Role = "recipient" // it was sent to
	Other     Role = "other"     // it is only mentioned
)

// Blamed tells whether a resource of this role is what is complained about.
func (r Role) Blamed() bool { return r == Source || r == Host }

// Resource is something that a report names.
type Resource struct {
	Kind  Kind   `json:"kind"`
	Value string `json:"value"`
	Port  uint16 `json:"port,omitempty"` // the resource's own, if it was told
	Role  Role   `json:"role"`
	// Confidence is how likely it is that the role is right about what matters,
	// whether the resource is complained about: 0 to 100.
	Confidence int `json:"confidence"`
}

// When is a time as a report tells it.
type When struct {
	Text string `json:"text"` // as it stands there
	// Time is in UTC; zero if the text has no zone, which is not guessed.
	Time time.Time `json:"time,omitzero"`
}

// Event is one thing that a report tells of.
type Event struct {
	Class candor.Class `json:"class"`
	// About are the resources that are complained about. None may be: then a
	// person has to say.
	About []Resource `json:"about"`
	// Others are resources that are named besides.
	Others []Resource `json:"others,omitempty"`
	First  *When      `json:"first,omitempty"`
	Last   *When      `json:"last,omitempty"`
	// Count is how often it happened, if the report tells; 0 if not.
	Count int64 `json:"count,omitempty"`
	// Note says in few words what happened, in the report's own: at most MostNote
	// bytes.
	Note string `json:"note,omitempty"`
	// Evidence is what the report shows for it (lines of a log, a row), at most
	// MostEvidence bytes.
	Evidence string `json:"evidence,omitempty"`
}

// Bounds of an Event: what is longer is cut by Cut.
const (
	MostNote     = 500
	MostEvidence = 4 << 10
	MostValue    = 4 << 10 // bytes of a Resource's value
)

// Report is what one message says.
type Report struct {
	// Format is what it was written in: "xarf", "arf", …, "text" for free text.
	Format   string `json:"format"`
	Reporter string `json:"reporter,omitempty"` // mail address of who reports
	// Reference is the reporter's own name for the report: one that comes again
	// with the same is the same.
	Reference string `json:"reference,omitempty"`
	// TLP says with whom it may be shared (Traffic Light Protocol 2.0), in lower
	// case: "clear", "green", "amber", "amber+strict", "red"; empty if not told.
	TLP      string  `json:"tlp,omitempty"`
	Language string  `json:"language,omitempty"` // of the text, as BCP 47 has it
	Events   []Event `json:"events"`
	// Passed is how many messages or sessions the report tells of without
	// complaining about them.
	Passed int64 `json:"passed,omitempty"`
	// Confidence is how likely it is that About is exactly right in all events: 0
	// to 100.
	Confidence int `json:"confidence"`
	// Person says why a person has to look first; empty if nobody has to.
	Person string `json:"person,omitempty"`
}
