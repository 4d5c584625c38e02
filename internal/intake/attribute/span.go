package attribute

import (
	"time"

	"candor/internal/intake"
)

// span is when it happened: both ends within.
type span struct {
	first, last time.Time
	margin      time.Duration
	untimed     string // why the time is not known; empty if it is
}

// from and until are the ends of all that must be looked at.
func (s span) from() time.Time  { return s.first.Add(-s.margin) }
func (s span) until() time.Time { return s.last.Add(s.margin) }

// span makes of what a report tells a span. Without a time it is all of the time
// in which it may have happened.
func (a *Attributor) span(first, last *intake.When, received time.Time) span {
	now := a.options.Now()
	if received.IsZero() || received.After(now) {
		received = now
	}
	if first == nil {
		first = last
	}
	if last == nil {
		last = first
	}
	s := span{first: received.Add(-a.options.Back), last: received}
	switch {
	case first == nil:
		s.untimed = "the report tells no time"
	case first.Time.IsZero() || last.Time.IsZero():
		s.untimed = "the time has no zone"
	case last.Time.Before(first.Time):
		s.untimed = "it ends before it begins"
	case last.Time.After(received.Add(a.options.Margin)):
		s.untimed = "the time lies ahead"
	default:
		return span{first: first.Time, last: last.Time, margin: a.options.Margin}
	}
	return s
}
