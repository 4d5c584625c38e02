package candor

import "time"

// Standing is where a case stands on the ladder of its class: what was done about
// it so far, and when it is looked at again.
type Standing struct {
	Case     ID        `json:"case"`
	Step     int       `json:"step"`           // rungs that it stands above the ground
	Rung     string    `json:"rung,omitempty"` // the name of the uppermost; empty on the ground
	Why      Cause     `json:"why,omitempty"`
	Since    time.Time `json:"since"`
	Mended   time.Time `json:"mended,omitzero"`    // when the party said last that it is mended, as far as that was heeded
	Previous ID        `json:"previous,omitempty"` // the case of the same at the same asset that was over before
	Look     time.Time `json:"look,omitzero"`      // when it is looked at again, if nothing happens before
	Pending  bool      `json:"pending"`            // what the rung proposes is not proposed yet
	Gap      string    `json:"gap,omitempty"`      // why something of it could not be proposed
	Version  int64     `json:"version"`            // goes up with each change
}

// Cause is why a case stands on a rung.
type Cause string

// The causes.
const (
	CauseTold   Cause = "told"   // the party was told
	CauseTime   Cause = "time"   // so long nothing was mended
	CauseMissed Cause = "missed" // the party's deadline passed
	CauseAgain  Cause = "again"  // it was found or reported again after it was said to be mended
	CauseCases  Cause = "cases"  // the party had so many cases of the class
	CauseMended Cause = "mended" // one rung down, since the party says that it is mended
	CauseBefore Cause = "before" // the case before it stood there
)

// Causes are all causes.
func Causes() []Cause {
	return []Cause{CauseTold, CauseTime, CauseMissed, CauseAgain, CauseCases, CauseMended, CauseBefore}
}

// Offences are cases of a party, or at an asset, within a window.
type Offences struct {
	Party     ID            `json:"party"`
	Asset     ID            `json:"asset,omitempty"` // if they are told by asset
	Cases     int64         `json:"cases"`
	Open      int64         `json:"open"`
	Returned  int64         `json:"returned"`          // cases of the same class at the same asset, after one that was over
	Mended    int64         `json:"mended"`            // cases that are over
	Mean      time.Duration `json:"mean_time_to_mend"` // of those, in nanoseconds; 0 if there are none
	Last      time.Time     `json:"last"`              // when the latest was opened
	Step      int64         `json:"step"`              // the highest rung on which an open one stands
	Reporters int64         `json:"reporters"`         // who complained of them
	Classes   []ClassCount  `json:"classes,omitempty"` // the most frequent first
}

// ClassCount is how many cases are of a class.
type ClassCount struct {
	Class Class `json:"class"`
	Cases int64 `json:"cases"`
}

// OffenceFilter chooses cases of Offences; what is empty does not matter.
type OffenceFilter struct {
	Since   time.Time // opened at or after
	Class   Class
	Party   ID
	ByAsset bool
	Least   int64 // cases, or more
	Most    int   // rows
}
