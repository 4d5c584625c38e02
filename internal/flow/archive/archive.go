// Package archive holds the words of the flow archive: flows are kept so that
// people can ask of them afterwards. Where they are kept is the matter of the
// packages below it.
package archive

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"candor"
	"candor/internal/flow"
)

// Flow is a record with what was known of its ends when it came.
type Flow struct {
	flow.Record
	Exporter netip.Addr // who told of it
	From     candor.ID  // the line that certainly held the source; empty if none
	To       candor.ID  // the line that certainly held the destination
}

// Writer keeps flows. It is safe for concurrent use.
type Writer interface {
	// Keep takes flows, which are the caller's again when it returns. It never
	// waits: what there is no room for is dropped, and counted in Held.
	Keep([]Flow)
	// Close writes what is not yet written.
	Close() error
}

// Reader answers questions. It is safe for concurrent use. What was kept can be
// asked of after some seconds.
type Reader interface {
	// Ask answers a question that Check allows. Its cost is bounded: it ends with
	// ErrTooMuch when an answer would take longer or more memory than allowed.
	Ask(context.Context, Question) (Answer, error)
	// Flows gives the flows themselves, the newest first, as many as the question's
	// limit; By, Step and Order of it are not used. Only the raw tier has them. Those
	// that ended at the same time stand in an order that stays the same: a smaller
	// limit gives the beginning of what a larger one gives.
	Flows(context.Context, Question) ([]Flow, error)
	// Part gives flows as Flows does, but behind the first skip of them, and at most
	// so many, up to MaxPart. The question's limit is not used.
	Part(ctx context.Context, q Question, skip, most int) ([]Flow, error)
	// Held tells what is there.
	Held(context.Context) (Held, error)
}

// ErrTooMuch is what a Reader gives for a question that costs more than allowed.
var ErrTooMuch = errors.New("the question asks for too much at once")

// Tier is how finely flows are kept.
type Tier string

// The tiers, from the finest. Raw flows are those that were told of. A minute and
// an hour are sums of what has the same line, direction, exporter, interfaces,
// protocol and service port: addresses of the other end are not in them.
const (
	Raw    Tier = "raw"
	Minute Tier = "minute"
	Hour   Tier = "hour"
)

// Tiers are all of them, from the finest.
var Tiers = []Tier{Raw, Minute, Hour}

// Length is the time that a sum stands for; 0 for Raw.
func (t Tier) Length() time.Duration {
	switch t {
	case Minute:
		return time.Minute
	case Hour:
		return time.Hour
	default:
		return 0
	}
}

// Held is what an archive holds, and what it lost.
type Held struct {
	Tiers   []HeldTier `json:"tiers"`
	Dropped uint64     `json:"dropped"` // flows for which there was no room, since the start
	Waiting int        `json:"waiting"` // flows that are not yet written
	Removed uint64     `json:"removed"` // rows that gave way to newer ones for want of room on disk, since the start
}

// HeldTier is what is held of a tier.
type HeldTier struct {
	Tier  Tier      `json:"tier"`
	Rows  uint64    `json:"rows"`
	Bytes uint64    `json:"bytes"` // on disk
	Since time.Time `json:"since,omitzero"`
	Until time.Time `json:"until,omitzero"`
}
