package calendar

import (
	"fmt"
	"time"

	"candor"
)

// Paused is the state of a clock that stands: it is somebody else's turn,
// mostly the customer's. The others are the root's. A deadline stays missed
// for good: what is done later is done too late.
const Paused candor.DeadlineState = "paused"

// Deadline is one clock of a case. It is a value: its methods give a changed
// copy and leave the receiver as it was. All times are UTC.
type Deadline struct {
	Rule      Rule      `json:"rule"` // as it was when the clock started
	Started   time.Time `json:"started"`
	Pauses    []Pause   `json:"pauses,omitempty"`
	Done      time.Time `json:"done,omitzero"` // what is due was done, in time or late
	Cancelled time.Time `json:"cancelled,omitzero"`
	Warned    time.Time `json:"warned,omitzero"` // the warning was given
}

// Pause is a time in which a clock stood; To is zero while it lasts.
type Pause struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to,omitzero"`
}

// Start starts the clock of r.
func Start(r Rule, at time.Time) (Deadline, error) {
	return Deadline{Rule: r, Started: at.Round(0).UTC()}, r.Check()
}

// Status is how a deadline stands at one moment.
type Status struct {
	State candor.DeadlineState
	Due   time.Time // zero while paused: it moves with every minute
	// Remaining is until Due, in working time for a Business rule; negative
	// when missed; as it was when the clock stopped for the other states.
	Remaining time.Duration
	Warn      bool      // a warning is due and was not given
	Next      time.Time // when State or Warn changes by itself; zero for never
}

// At tells how d stands at now. What was recorded after now is not known yet,
// so the past can be asked about too.
func (d Deadline) At(now time.Time, cal *Calendar) Status {
	now = now.Round(0).UTC()
	due, since, left := Due(d.Rule, d.Started, cal), d.Started, time.Duration(0)
	left = d.between(since, due, cal)
	for _, p := range d.Pauses {
		if p.From.After(now) {
			break
		}
		left = d.between(p.From, due, cal)
		if p.To.IsZero() || p.To.After(now) {
			return d.stopped(Status{State: Paused, Remaining: left}, now)
		}
		since, due = p.To, d.after(p.To, left, cal)
	}
	end, state := now, candor.DeadlineRunning
	switch {
	case known(d.Done, now):
		end, state = d.Done, candor.DeadlineMet
	case known(d.Cancelled, now):
		end, state = d.Cancelled, candor.DeadlineCancelled
	}
	if end.After(due) {
		state = candor.DeadlineMissed
	}
	s := Status{State: state, Due: due, Remaining: d.between(end, due, cal)}
	if state == candor.DeadlineRunning {
		warn := since
		if left > d.Rule.Warn {
			warn = d.after(since, left-d.Rule.Warn, cal)
		}
		s.Next = due.Add(1) // due itself is in time still
		switch {
		case d.Rule.Warn == 0 || known(d.Warned, now):
		case now.Before(warn):
			s.Next = warn
		default:
			s.Warn = true
		}
	}
	return s
}

// stopped settles a clock that stands: what was done or cancelled then was in
// time.
func (d Deadline) stopped(s Status, now time.Time) Status {
	switch {
	case known(d.Done, now):
		s.State = candor.DeadlineMet
	case known(d.Cancelled, now):
		s.State = candor.DeadlineCancelled
	}
	return s
}

func known(t, now time.Time) bool { return !t.IsZero() && !t.After(now) }

// between and after count the time that the rule counts.
func (d Deadline) between(a, b time.Time, cal *Calendar) time.Duration {
	if d.Rule.Business {
		return cal.Between(a, b)
	}
	return b.Sub(a)
}

func (d Deadline) after(t time.Time, span time.Duration, cal *Calendar) time.Time {
	if d.Rule.Business {
		return cal.Add(t, span)
	}
	return t.Add(span)
}

// Pause stops the clock. It is an error of the kind candor.ErrDenied if the
// rule knows no pause, and candor.ErrInvalid if the clock does not run.
func (d Deadline) Pause(at time.Time, cal *Calendar) (Deadline, error) {
	if !d.Rule.Pausable {
		return d, candor.WithHint(fmt.Errorf("pause %s: its clock cannot stand: %w", d.Rule.Name, candor.ErrDenied),
			"Do what is due, or cancel the deadline with a reason.")
	}
	if err := d.want("pause", at, cal, candor.DeadlineRunning); err != nil {
		return d, err
	}
	d.Pauses = append(d.Pauses[:len(d.Pauses):len(d.Pauses)], Pause{From: at.Round(0).UTC()})
	return d, nil
}

// Resume lets the clock run on from where it stopped. It is an error of the
// kind candor.ErrInvalid if the clock does not stand.
func (d Deadline) Resume(at time.Time, cal *Calendar) (Deadline, error) {
	if err := d.want("resume", at, cal, Paused); err != nil {
		return d, err
	}
	last := len(d.Pauses) - 1
	d.Pauses = append(d.Pauses[:last:last], Pause{From: d.Pauses[last].From, To: at.Round(0).UTC()})
	return d, nil
}

// Meet records that what is due was done, be it too late: the state then
// stays missed, and Done tells when. It is an error of the kind
// candor.ErrInvalid if that was recorded before, or the deadline cancelled.
func (d Deadline) Meet(at time.Time, cal *Calendar) (Deadline, error) {
	if err := d.want("meet", at, cal, candor.DeadlineRunning, Paused, candor.DeadlineMissed); err != nil {
		return d, err
	}
	d.Done = at.Round(0).UTC()
	return d, nil
}

// Cancel records that nothing is due any more. A deadline that was missed
// stays missed: it is an error of the kind candor.ErrInvalid.
func (d Deadline) Cancel(at time.Time, cal *Calendar) (Deadline, error) {
	if err := d.want("cancel", at, cal, candor.DeadlineRunning, Paused); err != nil {
		return d, err
	}
	d.Cancelled = at.Round(0).UTC()
	return d, nil
}

// Warn records that the warning was given, so that none is due again.
func (d Deadline) Warn(at time.Time) Deadline {
	d.Warned = at.Round(0).UTC()
	return d
}

// want checks that d stands as one of the states at that time, and that
// nothing was recorded after it.
func (d Deadline) want(verb string, at time.Time, cal *Calendar, states ...candor.DeadlineState) error {
	last := d.Started
	for _, p := range d.Pauses {
		last = latest(last, p.From, p.To)
	}
	last = latest(last, d.Done, d.Cancelled)
	if at.Before(last) {
		return candor.WithHint(fmt.Errorf("%s %s at %s, before what was recorded at %s: %w", verb, d.Rule.Name,
			at.UTC().Format(time.RFC3339), last.Format(time.RFC3339), candor.ErrInvalid), "Check the clock of this machine, or the time that was entered.")
	}
	state := d.At(at, cal).State
	for _, s := range states {
		if s == state && d.Done.IsZero() && d.Cancelled.IsZero() {
			return nil
		}
	}
	if state == candor.DeadlineMissed && !d.Done.IsZero() {
		return fmt.Errorf("%s %s: it was done, too late, at %s: %w", verb, d.Rule.Name, d.Done.Format(time.RFC3339), candor.ErrInvalid)
	}
	return fmt.Errorf("%s %s: it is %s: %w", verb, d.Rule.Name, state, candor.ErrInvalid)
}

func latest(times ...time.Time) (last time.Time) {
	for _, t := range times {
		if t.After(last) {
			last = t
		}
	}
	return last
}
