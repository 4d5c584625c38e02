package detect

import (
	"math"

	"candor/internal/flow"
	"candor/internal/flow/normal"
)

// Plan is what is agreed of a line.
type Plan struct {
	Up, Down uint64       // bit/s; 0 if unknown
	Group    normal.Group // lines that are alike
	// Mail and Names say that servers of mail and of names are run on the line
	// by agreement.
	Mail, Names bool
}

// Feed tells of addresses that are known to be bad. It is safe for concurrent
// use, and fast: it is asked for each record.
type Feed interface {
	// Listed gives how sure the feed is, in percent; 0 of what is not listed.
	Listed(flow.Addr) uint8
}

// Policy is what an operator decides. The zero Policy is not one: begin with
// DefaultPolicy.
type Policy struct {
	// FalseAlarms is how many findings upon which a line may be isolated an
	// honest line may give in a year.
	FalseAlarms float64 `json:"false_alarms_a_year"`
	// Idle and Full are shares of the plan's rate up: FullRate is a line that was
	// below the one and is above the other.
	Idle float64 `json:"idle"`
	Full float64 `json:"full"`
	// Off are kinds that are not told.
	Off []string `json:"off,omitempty"`
	// Suspects is how many lines are looked at closely at once.
	Suspects int `json:"suspects"`
}

// DefaultPolicy allows one false alarm in a hundred thousand years of a line.
func DefaultPolicy() Policy {
	return Policy{FalseAlarms: 1e-5, Idle: 0.08, Full: 0.75, Suspects: 1 << 16}
}

// testsAYear is how often the tests of a line begin anew in a year, about:
// tests of some hundred ports and addresses, every ten minutes.
const testsAYear = 365 * 24 * 6 * 100

// evidence is the logarithm of how much more likely abuse must be than honest
// traffic, so that FalseAlarms holds: Wald's bound, 1/α.
func (p Policy) evidence() float64 {
	return math.Log(testsAYear / max(p.FalseAlarms, 1e-12))
}
