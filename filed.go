package candor

import "time"

// Confidence says how sure a finding is, in percent.
type Confidence uint8

// FindingState says how a filed finding stands.
type FindingState string

const (
	FindingOpen        FindingState = "open"        // was there at the last look
	FindingGone        FindingState = "gone"        // is there no longer
	FindingQuarantined FindingState = "quarantined" // we moved it away
	FindingDismissed   FindingState = "dismissed"   // a false alarm
)

// FindingStates are all states.
func FindingStates() []FindingState {
	return []FindingState{FindingOpen, FindingGone, FindingQuarantined, FindingDismissed}
}

// FiledFinding is a finding that the desk keeps: what one rule saw in one
// content at one asset, however often and at however many places.
type FiledFinding struct {
	ID         ID           `json:"id"`
	Asset      ID           `json:"asset"`
	Party      ID           `json:"party"`
	Case       ID           `json:"case"`
	Sensor     string       `json:"sensor"`     // scan, audit, …
	Generation string       `json:"generation"` // of the definitions that the last verdict rests on
	Confidence Confidence   `json:"confidence"`
	State      FindingState `json:"state"`
	First      time.Time    `json:"first_seen"`
	Last       time.Time    `json:"last_seen"`
	Ended      time.Time    `json:"ended,omitzero"`
	Places     int          `json:"places"` // how many places hold it now
	// RuleSeverity is what the rule says, where Severity is lowered since the
	// content is known to be good.
	RuleSeverity Severity `json:"rule_severity,omitempty"`
	Finding               // Path is the place where it was seen last
}

// Place is where a filed finding's content was seen.
type Place struct {
	ID      ID           `json:"id"`
	Finding ID           `json:"finding"`
	Path    string       `json:"path"`
	State   FindingState `json:"state"`
	First   time.Time    `json:"first_seen"`
	Last    time.Time    `json:"last_seen"`
}

// SeenPlace is a place at an asset that a scan saw.
type SeenPlace struct {
	Asset, Scan ID
	Place
}

// SameAt is a finding that an asset may already have.
type SameAt struct {
	Asset ID
	Same
}

// CaseKey is by what findings join a case: an asset has one that is open of each.
type CaseKey struct {
	Asset ID
	Class Class
	Good  bool // about what is known to be good
}

// AboutParty is a record whose personal parts are about a party.
type AboutParty struct {
	Party ID
	Record
}

// ScanState says how far a scan of an asset is.
type ScanState string

const (
	ScanQueued   ScanState = "queued"
	ScanRunning  ScanState = "running"
	ScanComplete ScanState = "complete" // everything was looked at
	ScanPartial  ScanState = "partial"  // something could not be, or it was stopped
	ScanFailed   ScanState = "failed"
)

// Scan is one look at an asset's content.
type Scan struct {
	ID         ID        `json:"id"`
	Asset      ID        `json:"asset"`
	Party      ID        `json:"party"`
	State      ScanState `json:"state"`
	Cause      string    `json:"cause"` // schedule, demand, fixed, definitions
	By         string    `json:"by"`
	Generation string    `json:"generation,omitempty"`
	Files      int64     `json:"files"`
	Bytes      int64     `json:"bytes"`
	Total      int64     `json:"total_bytes"` // what the last complete scan saw; 0 if unknown
	Findings   int64     `json:"findings"`
	Errors     int64     `json:"errors"`
	Error      string    `json:"error,omitempty"`
	Queued     time.Time `json:"queued"`
	Started    time.Time `json:"started,omitzero"`
	Ended      time.Time `json:"ended,omitzero"`
}

// Generation is one state of the definitions, named by what it holds.
type Generation struct {
	ID       string            `json:"id"` // SHA-256 of all of it, in hexadecimal
	State    GenerationState   `json:"state"`
	Rules    int               `json:"rules"`
	Problems int               `json:"problems"`
	Sources  map[string]string `json:"sources"` // of what it is made: name to version or digest
	Error    string            `json:"error,omitempty"`
	Made     time.Time         `json:"made"`
	Used     time.Time         `json:"used,omitzero"` // since when it is the one that scans use
}

// GenerationState says whether a generation may be used.
type GenerationState string

const (
	GenerationActive   GenerationState = "active"   // scans use it
	GenerationRetired  GenerationState = "retired"  // was used, could be again
	GenerationRejected GenerationState = "rejected" // did not pass validation
)
