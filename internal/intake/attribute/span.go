package attribute

import (
	"time"

	"candor/internal/intake"
)

// span is when it happened: both ends within.
type span struct {
	first, last time.Time
	margin      time.Duration
	received    time.Time
	untimed     string // why the time is not known; empty if it is
	assumed     bool   // nothing that is told bounds it, but that it was not long ago
	broken      bool   // what is told cannot be: it may have been at any time
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
	switch {
	case first == nil:
		return a.lately(received, "the report tells no time")
	case first.Time.IsZero() || last.Time.IsZero():
		return a.around(*first, *last, received, "the time has no zone")
	case last.Time.Before(first.Time):
		return a.around(*last, *first, received, "it ends before it begins")
	case last.Time.After(received.Add(a.options.Margin)):
		return a.around(*first, *last, received, "the time lies ahead")
	}
	return span{first: first.Time, last: last.Time.Add(coarse(last.Text)), margin: a.options.Margin, received: received}
}

func (a *Attributor) lately(received time.Time, why string) span {
	return span{first: received.Add(-a.options.Back), last: received, received: received, untimed: why, assumed: true}
}

// around is all of the time in which what happened may have, of times in zones that
// are not known, or not the ones that are told.
func (a *Attributor) around(first, last intake.When, received time.Time, why string) span {
	from, _, known := bounds(first, received)
	_, until, ends := bounds(last, received)
	if !known || !ends { // a clock without a day, words
		return a.lately(received, why)
	}
	if until.After(received) {
		until = received
	}
	if until.Before(from) {
		s := a.lately(received, why)
		s.broken = true
		return s
	}
	return span{first: from, last: until, received: received, margin: a.options.Margin, untimed: why}
}

// bounds are the first and last moments that a time may stand for.
func bounds(w intake.When, received time.Time) (from, until time.Time, ok bool) {
	if !w.Time.IsZero() { // in another zone than the one that is told
		return w.Time.Add(-ahead - behind), w.Time.Add(ahead + behind), true
	}
	at, lasts, ok := wall(w.Text, received)
	return at.Add(-ahead), at.Add(behind + lasts), ok
}
