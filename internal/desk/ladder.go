package desk

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/desk/calendar"
)

// Rung is a step of a ladder: what it waits for, of which one suffices, and what
// is proposed when a case comes to stand on it.
type Rung struct {
	Name string
	Text string // in words, for people

	Told   bool            // the party was told
	After  calendar.Period // so long the case stood on the rung below, and nothing was mended
	Missed bool            // the party's deadline passed
	Again  calendar.Period // it was found or reported again, within so long after it was said to be mended
	Cases  int             // the party had cases of the class on so many occasions
	Within calendar.Period // in so long

	Responses []PlayResponse
	Tasks     []PlayTask
}

// pause is the time that a case stands on a rung at least before time alone takes
// it further: a desk that was away for a week does not do all of it at once.
const pause = 24 * time.Hour

// past is what happened in a case that ladders ask for.
type past struct {
	told   time.Time
	missed time.Time // when a deadline of the party was due that passed
	mended time.Time // when the party said last that it is mended
	again  time.Time // when it was found again after that, or after the case before it was over
	asked  bool      // the party waits for an answer
	cases  func(n int, within calendar.Period) (time.Time, error)
}

// stride is one step on a ladder.
type stride struct {
	to  int
	why candor.Cause
}

// walk is a case on its ladder now.
type walk struct {
	ladder []Rung
	zone   *time.Location
	now    time.Time
	at     candor.Standing
	past   past
	timed  bool // time alone may take it further
}

// next gives the step that a case makes now; ok is false if it makes none.
func (w *walk) next() (s stride, ok bool, err error) {
	at := w.at
	if w.past.mended.After(at.Mended) && !w.past.mended.Before(at.Since) {
		return stride{max(min(at.Step, 1), at.Step-1), candor.CauseMended}, true, nil
	}
	for i := at.Step; i < len(w.ladder); i++ {
		r := w.ladder[i]
		if lasts(r.Again) && w.past.again.After(at.Since) && !w.past.again.After(r.Again.After(w.saidMended(), w.zone)) {
			return stride{i + 1, candor.CauseAgain}, true, nil
		}
		if r.Cases == 0 {
			continue
		}
		latest, err := w.past.cases(r.Cases, r.Within)
		if err != nil {
			return s, false, err
		}
		if !latest.IsZero() && !latest.Before(at.Since) {
			return stride{i + 1, candor.CauseCases}, true, nil
		}
	}
	if at.Step >= len(w.ladder) {
		return s, false, nil
	}
	r, why := w.ladder[at.Step], candor.Cause("")
	switch {
	case r.Told && !w.past.told.IsZero() && !w.past.told.Before(at.Since):
		why = candor.CauseTold
	case !w.timed || w.past.asked:
	case r.Missed && w.past.missed.After(at.Mended) && !w.now.Before(w.rested()):
		why = candor.CauseMissed
	case lasts(r.After) && !w.now.Before(r.After.After(at.Since, w.zone)):
		why = candor.CauseTime
	}
	return stride{at.Step + 1, why}, why != "", nil
}

// saidMended is from when on it counts that something is found again.
func (w *walk) saidMended() time.Time {
	if w.past.mended.IsZero() {
		return w.at.Mended
	}
	return w.past.mended
}

// rested is from when on a missed deadline takes a case further: at once from the
// ground and the first rung, where nothing but the first notice was done.
func (w *walk) rested() time.Time {
	if w.at.Step <= 1 {
		return w.at.Since
	}
	return w.at.Since.Add(pause)
}

// look tells when time alone takes the case further, if nothing happens before;
// zero if it does not.
func (w *walk) look() time.Time {
	if w.at.Step >= len(w.ladder) {
		return time.Time{}
	}
	r, at := w.ladder[w.at.Step], time.Time{}
	if lasts(r.After) {
		at = r.After.After(w.at.Since, w.zone)
	}
	if due := w.rested(); r.Missed && w.past.missed.After(w.at.Mended) && (at.IsZero() || due.Before(at)) {
		at = due
	}
	if !at.IsZero() && !at.After(w.now) {
		at = w.now.Add(time.Hour) // it waits for the staff's answer, or for the pause to end
	}
	return at
}

func lasts(p calendar.Period) bool { return p != calendar.Period{} }

// Ladder gives the ladder of a case; it is empty if nothing follows the first
// notice.
func (d *Desk) Ladder(c candor.Case) []Rung {
	if c.Good {
		return nil
	}
	return d.play(c).Ladder
}

// onLadder has a case looked at that something happened to. One that was just
// opened begins where the one before it stood, if that is not longer ago than the
// ladder asks for.
func (d *Desk) onLadder(ctx context.Context, tx Tx, c candor.Case, opened bool) error {
	ladder := d.Ladder(c)
	if len(ladder) == 0 {
		return nil
	}
	now := d.Clock().UTC()
	if opened {
		if err := d.begins(ctx, tx, c, ladder, now); err != nil {
			return err
		}
	}
	return tx.WakeLadder(ctx, c.ID, c.Opened, now)
}

func (d *Desk) begins(ctx context.Context, tx Tx, c candor.Case, ladder []Rung, now time.Time) error {
	before, err := tx.CaseBefore(ctx, c)
	if errors.Is(err, candor.ErrNotFound) {
		return nil
	}
	if err != nil || !slices.ContainsFunc(ladder, func(r Rung) bool {
		return lasts(r.Again) && !c.Opened.After(r.Again.After(before.Closed, d.Calendar.Zone()))
	}) {
		return err
	}
	stood, err := tx.Standing(ctx, before.ID)
	if errors.Is(err, candor.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	s := candor.Standing{Case: c.ID, Step: min(stood.Step, len(ladder)), Since: c.Opened.Add(-time.Microsecond), Mended: before.Closed, Previous: before.ID, Look: now}
	if at := slices.IndexFunc(ladder, func(r Rung) bool { return r.Name == stood.Rung }); at >= 0 {
		s.Step = at + 1
	}
	// What waits for this very return is reached anew, and proposes anew.
	if s.Step > 0 && lasts(ladder[s.Step-1].Again) && !c.Opened.After(ladder[s.Step-1].Again.After(before.Closed, d.Calendar.Zone())) {
		s.Step--
	}
	if s.Step > 0 {
		s.Rung, s.Why = ladder[s.Step-1].Name, candor.CauseBefore
	}
	return tx.AddStanding(ctx, s)
}

// reopens has the time of a case that was over count anew.
func (d *Desk) reopens(ctx context.Context, tx Tx, id candor.ID, now time.Time) error {
	s, err := tx.Standing(ctx, id)
	if errors.Is(err, candor.ErrNotFound) {
		return nil // it has no ladder
	}
	if err != nil {
		return err
	}
	s.Since = now
	return tx.ChangeStanding(ctx, &s)
}

// reportedAgain has cases looked at of which something was reported once more. What
// the reports tell is kept a moment later.
func (d *Desk) reportedAgain(ctx context.Context, tx Tx, f *filing) error {
	if f.Sensor != Reported {
		return nil
	}
	done := map[candor.ID]bool{}
	for _, x := range f.have {
		if !f.seen[x.ID] || done[x.Case] || x.State != candor.FindingOpen {
			continue
		}
		done[x.Case] = true
		since := f.now
		if c, ok := f.known[x.Case]; ok { // it may be older than ladders
			since = c.Opened
		}
		if err := tx.WakeLadder(ctx, x.Case, since, f.now.Add(time.Minute)); err != nil {
			return err
		}
	}
	return nil
}

// pastOf gathers what happened in a case.
func (d *Desk) pastOf(ctx context.Context, tx Tx, c candor.Case, s candor.Standing) (p past, err error) {
	deadlines, err := tx.Deadlines(ctx, c.ID)
	if err != nil {
		return p, err
	}
	for _, x := range deadlines {
		if !strings.HasPrefix(x.Rule, customerRules) {
			continue
		}
		if p.told.IsZero() || x.Started.Before(p.told) {
			p.told = x.Started
		}
		if x.State == candor.DeadlineMissed && x.Outstanding() {
			p.missed = latest(p.missed, x.Due)
		}
	}
	if p.told.IsZero() && c.State == candor.CaseNotified {
		p.told = c.Updated
	}
	all, public, err := tx.LastEvents(ctx, c.ID)
	if err != nil {
		return p, err
	}
	p.mended = latest(all[candor.EventFixed], all[candor.EventReleased])
	found := latest(all[candor.EventFinding], all[candor.EventReturned])
	if !p.mended.IsZero() {
		reported, err := tx.LastComplaint(ctx, c.ID)
		if err != nil {
			return p, err
		}
		if found = latest(found, reported); found.After(p.mended) {
			p.again = found
		}
	} else if s.Previous != "" {
		p.again = c.Opened
	}
	asked := latest(all[candor.EventQuestion], all[candor.EventContest])
	p.asked = asked.After(public[candor.EventComment])
	p.cases = func(n int, within calendar.Period) (time.Time, error) {
		since := d.Clock().In(d.Calendar.Zone()).AddDate(0, -within.Months, -within.Days).Add(-within.Time)
		have, last, err := tx.OccasionsSince(ctx, c.Party, c.Class, since)
		if err != nil || have < n {
			return time.Time{}, err
		}
		return last, nil
	}
	return p, nil
}

func latest(all ...time.Time) (last time.Time) {
	for _, t := range all {
		if t.After(last) {
			last = t
		}
	}
	return last
}
