package candor

import (
	"encoding/json"
	"time"
)

// Vital says why a line must never be cut off or slowed down. It is a property
// of the line, which no policy and no agreement overrides.
type Vital string

const (
	Medical   Vital = "medical"   // somebody's health hangs on it
	Voice     Vital = "voice"     // the only way to call for help
	Emergency Vital = "emergency" // of a service that others call for help
)

// Vitals are all reasons.
func Vitals() []Vital { return []Vital{Medical, Voice, Emergency} }

// Isolation is one line that a response keeps from some of the network, or all
// of it, from when it was admitted until it ended.
type Isolation struct {
	Response ID              `json:"response"`
	Case     ID              `json:"case"`
	Asset    ID              `json:"asset"` // the line
	Level    string          `json:"level"`
	Session  json.RawMessage `json:"session,omitempty"` // by which it is enforced; the method's own form; empty once it ended
	Begun    time.Time       `json:"begun"`
	Ended    time.Time       `json:"ended,omitzero"`
}
