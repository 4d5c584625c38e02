package candor

import "time"

// GateState says how a site stands at the gate: whether it may be reached.
type GateState string

const (
	GateDraft     GateState = "draft"     // nobody asked for it to go live
	GateChecking  GateState = "checking"  // somebody asked; not all checks are met
	GateLive      GateState = "live"      // it may be reached
	GateGrace     GateState = "grace"     // it may be reached until a deadline: a check is no longer met
	GateSuspended GateState = "suspended" // the deadline passed: it may not be reached
)

// GateStates are all states, in the order in which a site goes through them.
func GateStates() []GateState {
	return []GateState{GateDraft, GateChecking, GateLive, GateGrace, GateSuspended}
}

// Open tells whether a site in that state may be reached.
func (s GateState) Open() bool { return s == GateLive || s == GateGrace }

// GateOutcome says how a check came out.
type GateOutcome string

const (
	GatePassed      GateOutcome = "passed"
	GateFailed      GateOutcome = "failed"
	GateMissing     GateOutcome = "missing"      // not measured, not as a whole, or with an error
	GateStale       GateOutcome = "stale"        // passed too long ago
	GateWaived      GateOutcome = "waived"       // not met; a person lets the site go on until a date
	GateNotRequired GateOutcome = "not-required" // not met; the provider's policy does not ask for it
)

// GateOutcomes are all outcomes.
func GateOutcomes() []GateOutcome {
	return []GateOutcome{GatePassed, GateFailed, GateMissing, GateStale, GateWaived, GateNotRequired}
}

// Met tells whether a site may go on with that outcome.
func (o GateOutcome) Met() bool {
	return o == GatePassed || o == GateWaived || o == GateNotRequired
}

// GateCheck is how one check of a site came out.
type GateCheck struct {
	Check    string      `json:"check"`
	Outcome  GateOutcome `json:"outcome"`
	Why      string      `json:"why,omitempty"`     // why it did not pass, in a word
	Count    int64       `json:"count,omitempty"`   // of what is in the way
	Since    time.Time   `json:"since"`             // since when it comes out so
	Measured time.Time   `json:"measured,omitzero"` // zero if it was not
	Waiver   ID          `json:"waiver,omitempty"`  // that it is waived by
	Until    time.Time   `json:"until,omitzero"`    // when the waiver ends
}

// Gate is how a site stands at the gate.
type Gate struct {
	Asset    ID          `json:"asset"` // a Site
	State    GateState   `json:"state"`
	Since    time.Time   `json:"since,omitzero"`
	Asked    time.Time   `json:"asked,omitzero"`    // when somebody first asked for it to go live; zero for a draft
	Deadline time.Time   `json:"deadline,omitzero"` // of grace
	Looked   time.Time   `json:"looked,omitzero"`   // when the gate last decided
	Checks   []GateCheck `json:"checks"`            // as they came out then
}

// GateWaiver lets a site go on without one check until a date.
type GateWaiver struct {
	ID      ID        `json:"id"`
	Asset   ID        `json:"asset"`
	Check   string    `json:"check"`
	By      string    `json:"by,omitempty"`
	Reason  string    `json:"reason,omitempty"`
	Created time.Time `json:"created"`
	Until   time.Time `json:"until"`
	Ended   time.Time `json:"ended,omitzero"` // before its time
	EndedBy string    `json:"ended_by,omitempty"`
}

// Holds tells whether the waiver is in force at a moment: from when it was made
// on, and before its end.
func (w GateWaiver) Holds(at time.Time) bool {
	return !at.Before(w.Created) && at.Before(w.Until) && (w.Ended.IsZero() || at.Before(w.Ended))
}

// GateMove is a decision of the gate by which a site's state changed.
type GateMove struct {
	ID       ID          `json:"id"`
	Asset    ID          `json:"asset"`
	From     GateState   `json:"from"`
	To       GateState   `json:"to"`
	At       time.Time   `json:"at"`
	By       string      `json:"by"`
	Deadline time.Time   `json:"deadline,omitzero"` // of grace
	Unmet    []GateCheck `json:"unmet"`             // the checks that were not met
}

// GateFilter chooses sites by how they stand at the gate.
type GateFilter struct {
	States []GateState
	Owner  ID
	Asset  ID
}

// SiteGate is a site with its gate.
type SiteGate struct {
	Site Asset `json:"site"`
	Gate Gate  `json:"gate"`
}
