package candor

import (
	"encoding/json"
	"time"
)

// ResponseState says how far a response is.
type ResponseState string

const (
	ResponseProposed ResponseState = "proposed" // planned, waits for approval
	ResponseApproved ResponseState = "approved" // may be applied; a job will
	ResponseApplied  ResponseState = "applied"  // done, not yet seen to hold
	ResponseVerified ResponseState = "verified" // seen to hold
	ResponseFailed   ResponseState = "failed"   // could not be done, or does not hold
	ResponseRefused  ResponseState = "refused"  // a person said no, or no basis was found
	ResponseUndoing  ResponseState = "undoing"  // a job will undo it
	ResponseUndone   ResponseState = "undone"
)

// Response is one act towards a party or upon an asset.
type Response struct {
	ID       ID              `json:"id"`
	Case     ID              `json:"case"`
	Asset    ID              `json:"asset"`
	Party    ID              `json:"party"`
	Method   string          `json:"method"` // notify, quarantine
	State    ResponseState   `json:"state"`
	Basis    Basis           `json:"basis"`
	Reason   string          `json:"reason,omitempty"` // why, in words, of whoever proposed it
	Plan     json.RawMessage `json:"plan,omitempty"`   // what the method will do; its own form
	Result   json.RawMessage `json:"result,omitempty"` // what it did; its own form
	Error    string          `json:"error,omitempty"`  // why it failed, for people
	By       string          `json:"by"`               // who proposed it: "user:…", "policy:…", "customer:…"
	Approved string          `json:"approved,omitempty"`
	Created  time.Time       `json:"created"`
	Updated  time.Time       `json:"updated"`
	Applied  time.Time       `json:"applied,omitzero"`
	Expires  time.Time       `json:"expires,omitzero"` // it is undone then; never if zero
	Held     time.Time       `json:"held,omitzero"`    // when it went on beyond its time, since what it took away is still found to be harmful; zero if it did not, or a person decided since
	Lapsed   time.Time       `json:"lapsed,omitzero"`  // when it was seen to rest on nothing any more, since the party withdrew or the terms ended; zero if it stands, or a person decided since
	Attempts int             `json:"attempts"`
}

// BasisKind says on what a response rests.
type BasisKind string

const (
	ByAgreement BasisKind = "agreement" // terms that the party accepted
	ByConsent   BasisKind = "consent"   // the party's consent to this act
	ByLaw       BasisKind = "law"       // a duty in law
)

// Basis is what gives the provider the right to a response. The zero Basis
// gives none.
type Basis struct {
	Kind      BasisKind `json:"kind"`
	Agreement ID        `json:"agreement,omitempty"`
	Terms     string    `json:"terms,omitempty"` // which terms, or which law
	Version   string    `json:"version,omitempty"`
	Clause    string    `json:"clause,omitempty"`
	Accepted  time.Time `json:"accepted,omitzero"`
}

// NoBasis says why nothing that a party agreed to allows an action. It is an
// ErrDenied.
type NoBasis struct {
	Why     Gap       `json:"why"`
	Action  string    `json:"action"`
	Terms   string    `json:"terms,omitempty"` // what allowed it, or would
	Version string    `json:"version,omitempty"`
	Clause  string    `json:"clause,omitempty"`
	At      time.Time `json:"at,omitzero"` // when it ended, or begins
}

// Gap is a kind of NoBasis.
type Gap string

// The kinds.
const (
	GapEnded    Gap = "ended"    // the version ended
	GapLeft     Gap = "left"     // the party withdrew
	GapLater    Gap = "later"    // the version does not hold yet
	GapUnchosen Gap = "unchosen" // the party did not choose the optional clause
	GapNothing  Gap = "nothing"  // nothing allows it
)

// Gaps are all kinds.
func Gaps() []Gap { return []Gap{GapEnded, GapLeft, GapLater, GapUnchosen, GapNothing} }

// Error says it in English.
func (n *NoBasis) Error() string {
	text := "the party has agreed to nothing that allows " + n.Action
	version, at := n.Terms+" "+n.Version, n.At.UTC().Format(time.RFC3339)
	switch n.Why {
	case GapEnded:
		text = version + " ended on " + at + ", clause " + n.Clause
	case GapLeft:
		text = "the party has no longer agreed to " + version + " since " + at + ", clause " + n.Clause
	case GapLater:
		text = version + " holds only from " + at + " on, clause " + n.Clause
	}
	return text + ": " + ErrDenied.Error()
}

// Unwrap gives ErrDenied.
func (n *NoBasis) Unwrap() error { return ErrDenied }

// Agreement records that a party accepted terms.
type Agreement struct {
	ID        ID        `json:"id"`
	Party     ID        `json:"party"`
	Terms     string    `json:"terms"` // the name of the document
	Version   string    `json:"version"`
	Digest    string    `json:"digest,omitempty"` // SHA-256 of the document, in hexadecimal
	Allows    []string  `json:"allows"`           // methods of response that its clauses allow
	Accepted  time.Time `json:"accepted"`
	Since     time.Time `json:"since,omitzero"` // in force, if later than accepted
	How       string    `json:"how,omitempty"`  // portal, paper, import, …
	Withdrawn time.Time `json:"withdrawn,omitzero"`
}

// InForce tells whether the agreement is one at that time.
func (a Agreement) InForce(at time.Time) bool {
	return !at.Before(a.Accepted) && !at.Before(a.Since) && (a.Withdrawn.IsZero() || at.Before(a.Withdrawn))
}
