// Package drill rehearses the response to abuse (ITU-T X.1207, 11.1.3): seeded
// abuse is told to a live copy of the program as an exporter tells it, every
// stage until the line is isolated, and free again, is timed and looked at from
// outside, and faults are planted that the program has to notice by itself.
//
// This package holds the plan, and the judgement about what came of it. Where a
// drill takes place is a Copy, which others make. A copy has parties, lines and
// records of its own, so that what a drill finds never touches real people.
package drill

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"candor/internal/flow"
)

// Line is a line of a copy.
type Line struct {
	Reference string
	Addr      netip.Addr
}

// Probes are packets that a line sends all the time. They are safe for
// concurrent use.
type Probes interface {
	// Dropped tells when the first was sent, after a time, behind which none
	// arrived any more; false while that is not sure.
	Dropped(after time.Time) (time.Time, bool)
	// Through tells when the first was sent, after a time, that arrived.
	Through(after time.Time) (time.Time, bool)
	Close() error
}

// Story is what the copy's own records say of the newest response to a line.
// Times that did not come are zero.
type Story struct {
	Found    time.Time // a finding was filed
	Case     time.Time // and its case opened
	Proposed time.Time // to isolate the line
	Approved time.Time // by the policy
	Applied  time.Time
	Verified time.Time
	Undone   time.Time
	Refused  string   // why it was not proposed: what basis is missing
	Failed   string   // why it does not hold
	Drifts   []string // what was found not to be as it should, and put right
}

// Copy is a live copy of the program, in a place where abuse harms nobody.
type Copy interface {
	// Lines gives the lines whose parties agreed to be isolated, and one whose
	// party did not.
	Lines() (agreed []Line, without Line)
	// Begin has a line be there, and hold its address, until another begins that
	// has the same.
	Begin(ctx context.Context, of Line) error
	// Export tells records as an exporter does whose clock is off by skew.
	Export(ctx context.Context, records []flow.Record, skew time.Duration) error
	Probe(ctx context.Context, of Line) (Probes, error)
	// Lifeline is an error if a lifeline cannot be reached from a line.
	Lifeline(ctx context.Context, of Line) error
	// Portal is an error if the portal does not answer a line that asks for
	// something else.
	Portal(ctx context.Context, of Line) error
	// Release has the holder of a line say that it is clean.
	Release(ctx context.Context, of Line) error
	Story(ctx context.Context, of Line) (Story, error)
	// Plant plants a fault, and gives how it is taken away again.
	Plant(ctx context.Context, f FaultKind, of Line) (mend func(context.Context) error, err error)
	// Noticed tells by what the program noticed a fault that was planted after a
	// time; empty while it did not.
	Noticed(ctx context.Context, f FaultKind, of Line, since time.Time) (string, error)
}

// Method is by what lines are isolated in a drill.
type Method string

// The methods.
const (
	Nftables Method = "nftables" // at a router, over its own tables
	CoA      Method = "coa"      // at an access server, by RADIUS
	Flowspec Method = "flowspec" // at a router that takes rules by BGP
	LabNAS   Method = "nas"      // at an access server of the operator's lab, by RADIUS
)

// Methods are all methods.
func Methods() []Method { return []Method{Nftables, CoA, Flowspec, LabNAS} }

// Faults are the kinds of faults that can be planted with the method: sessions are
// an access server's, and of BGP; in the operator's lab nothing is changed.
func (m Method) Faults() []FaultKind {
	return slices.DeleteFunc(Faults(), func(f FaultKind) bool {
		switch f {
		case StaleSet:
			return m == LabNAS
		case PortalDown:
			return m == LabNAS
		case LostSession:
			return m != CoA && m != LabNAS
		case SessionDown:
			return m != Flowspec
		}
		return false
	})
}

// Goal is within what the first probe is to be dropped after the first abnormal
// record: the median, and 99 of 100.
func (m Method) Goal() (p50, p99 time.Duration) {
	if m == Nftables {
		return time.Second, 2 * time.Second
	}
	return time.Second, 3 * time.Second
}

// FaultKind is a kind of fault that is planted.
type FaultKind string

// The kinds of faults.
const (
	DeadCoA      FaultKind = "dead-coa"      // an access server does not answer
	StaleSet     FaultKind = "stale-set"     // what is enforced was flushed behind the program's back
	WrongSession FaultKind = "wrong-session" // the line's address has become another line's
	PortalDown   FaultKind = "portal-down"   // the walled garden's portal does not answer
	ClockOff     FaultKind = "clock-off"     // an exporter's clock is wrong
	LostSession  FaultKind = "lost-session"  // the access server does not know the line's session
	SessionDown  FaultKind = "session-down"  // the router hears us no more
)

// Faults are all kinds.
func Faults() []FaultKind {
	return []FaultKind{StaleSet, WrongSession, LostSession, SessionDown, DeadCoA, PortalDown, ClockOff}
}

// Bounds of a Plan.
const (
	MostRounds = 200            // so that any report can be signed
	MostSeed   = int64(1) << 53 // which JSON can write
)

// Plan says what a drill does.
type Plan struct {
	Method Method
	Rounds int   // up to MostRounds
	Seed   int64 // from 0 to MostSeed
	Abuse  []Abuse
	Faults []FaultKind
	// Patience is how long is waited for a stage; within it faults have to be
	// noticed.
	Patience time.Duration
	Version  string // of the program
	Now      func() time.Time
	// Say is told what is being done; nil for nobody.
	Say func(what string)
}
