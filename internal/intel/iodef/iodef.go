// Package iodef reads and writes incidents in IODEF version 2, as XML (RFC 7970)
// and as JSON (RFC 8727). It reads version 1 (RFC 5070) as far as both share words.
package iodef

import (
	"candor"
	"candor/internal/intake"
	"candor/internal/intel/tlp"
)

// Incident is one incident of a document.
type Incident struct {
	ID          string // as its maker calls it
	Maker       string // the name that the ID is of: a CSIRT's domain
	Purpose     string // reporting, traceback, mitigation, watch, other
	TLP         tlp.Mark
	Description string // at most intake.MostNote bytes
	Class       candor.Class
	Severity    candor.Severity
	Confidence  int // 0 to 100; 0 if not told
	Report      *intake.When
	Contacts    []Contact
	Events      []Event
}

// Contact is who can be asked.
type Contact struct {
	Role string // creator, reporter, admin, tech, …
	Name string
	Mail string
}

// Event is one EventData or Indicator of an incident.
type Event struct {
	TLP   tlp.Mark
	Event intake.Event
}

// Bounds of what is read.
const (
	MostBytes  = 64 << 20
	MostEvents = 200_000 // of one incident
	mostNested = 32      // EventData within EventData
	mostValues = 10_000  // resources of one event
)
