package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/desk/calendar"
)

// start starts the clock of a rule in a case, unless it runs already.
func (d *Desk) start(ctx context.Context, tx Tx, c candor.Case, name string, at time.Time) error {
	rule, ok := d.rules[name]
	if !ok {
		return nil // an operator took it out
	}
	running, err := tx.Deadlines(ctx, c.ID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(running, func(r candor.Deadline) bool { return r.Rule == name && r.Outstanding() }) {
		return nil
	}
	due := calendar.Due(rule, at, d.Calendar)
	deadline := candor.Deadline{ID: candor.NewID(d.Clock()), Case: c.ID, Rule: name, State: candor.DeadlineRunning, Started: at, Due: due}
	if rule.Warn > 0 {
		deadline.Warn = due.Add(-rule.Warn)
	}
	if err := tx.AddDeadline(ctx, deadline); err != nil {
		return err
	}
	return d.tellDeadline(ctx, tx, c, deadline, "system")
}

// end ends the clocks of a case that the rule's name fits.
func (d *Desk) end(ctx context.Context, tx Tx, c candor.Case, state candor.DeadlineState, actor string, fits func(rule string) bool) error {
	all, err := tx.Deadlines(ctx, c.ID)
	if err != nil {
		return err
	}
	for _, deadline := range all {
		if !deadline.Outstanding() || !fits(deadline.Rule) {
			continue
		}
		was := deadline.State
		deadline.Ended = d.Clock()
		switch {
		case was == candor.DeadlineMissed: // and stays so
		case state == candor.DeadlineMet && deadline.Ended.After(deadline.Due):
			deadline.State = candor.DeadlineMissed // it was done, too late
		default:
			deadline.State = state
		}
		if err := tx.ChangeDeadline(ctx, deadline, was); err != nil {
			return err
		}
		if err := d.tellDeadline(ctx, tx, c, deadline, actor); err != nil {
			return err
		}
	}
	return nil
}

func (d *Desk) tellDeadline(ctx context.Context, tx Tx, c candor.Case, deadline candor.Deadline, actor string) error {
	details := map[string]any{"rule": deadline.Rule, "state": deadline.State, "due": deadline.Due}
	if err := d.event(ctx, tx, candor.Event{Case: c.ID, Kind: candor.EventDeadline, Actor: actor}, details); err != nil {
		return err
	}
	return d.record(ctx, tx, c.Party, candor.Record{Kind: candor.RecordDeadline, Subject: deadline.ID, Case: c.ID, Actor: actor}, details, nil)
}

// clocks ends and starts what a case's new state asks for.
func (d *Desk) clocks(ctx context.Context, tx Tx, c candor.Case, now time.Time) error {
	only := func(name string) func(string) bool { return func(rule string) bool { return rule == name } }

	if err := d.end(ctx, tx, c, candor.DeadlineMet, "system", only(calendar.Acknowledgement)); err != nil {
		return err
	}
	if !c.Class.Incident() {
		return d.answerClock(ctx, tx, c, now)
	}
	switch c.State {
	case candor.CaseNotified:
		return d.start(ctx, tx, c, calendar.Customer(c.Severity), now)
	case candor.CaseResolved, candor.CaseClosed:
		if err := d.end(ctx, tx, c, candor.DeadlineMet, "system", ForCustomer); err != nil {
			return err
		}
		return nil
	case candor.CaseFalseAlarm:
		return d.end(ctx, tx, c, candor.DeadlineCancelled, "system", func(string) bool { return true })
	}
	return nil
}

// customerRules is how the rules of a customer's deadline begin.
var customerRules = strings.TrimSuffix(calendar.Customer(candor.Info), candor.Info.String())

// Aware starts the clocks of the duties to authorities: from now on somebody
// knows that the incident is significant (NIS2, Article 23(4)).
func (d *Desk) Aware(ctx context.Context, who candor.Principal, id candor.ID, at time.Time) error {
	return d.onIncident(ctx, who, id, "start the clocks of", func(tx Tx, c *candor.Case) error {
		if at.After(d.Clock()) {
			return candor.WithHint(fmt.Errorf("nobody becomes aware in the future: %w", candor.ErrInvalid), "Give a time that is over.")
		}
		for _, r := range d.Rules {
			if r.Start != calendar.BecameAware || r.Name == calendar.NIS2Trust {
				continue
			}
			if err := d.start(ctx, tx, *c, r.Name, at); err != nil {
				return err
			}
		}
		return tx.CountCase(ctx, c.ID)
	})
}

// Submitted notes that what a deadline asks for was submitted, and starts the
// clocks that begin with it.
func (d *Desk) Submitted(ctx context.Context, who candor.Principal, id candor.ID, rule string) error {
	return d.onIncident(ctx, who, id, "note a submission in", func(tx Tx, c *candor.Case) error {
		if _, ok := d.rules[rule]; !ok {
			return candor.WithHint(fmt.Errorf("there is no deadline %.40q: %w", rule, candor.ErrInvalid), "Choose one that runs in the case.")
		}
		if err := d.end(ctx, tx, *c, candor.DeadlineMet, who.Actor(), func(name string) bool { return name == rule }); err != nil {
			return err
		}
		for _, r := range d.Rules {
			if r.Start == calendar.Submission(rule) {
				if err := d.start(ctx, tx, *c, r.Name, d.Clock()); err != nil {
					return err
				}
			}
		}
		return tx.CountCase(ctx, c.ID)
	})
}

// Tick looks for deadlines that were missed or are near, and tells of them.
// It tells how many.
func (d *Desk) Tick(ctx context.Context) (int, error) {
	const most = 200
	n := 0
	err := d.Store.Tx(ctx, func(tx Tx) error {
		now := d.Clock()
		due, err := tx.DueDeadlines(ctx, now, most)
		n = len(due)
		if err != nil {
			return err
		}
		for _, deadline := range due {
			if err := d.ring(ctx, tx, deadline, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("look at deadlines: %w", err)
	}
	return n, nil
}

func (d *Desk) ring(ctx context.Context, tx Tx, deadline candor.Deadline, now time.Time) error {
	c, err := tx.Case(ctx, candor.Everything, deadline.Case)
	if err != nil {
		return err
	}
	notice := Notice{Kind: "deadline-warning", Case: c}
	if deadline.Due.After(now) {
		deadline.Warned = true
	} else {
		notice.Kind = "deadline-missed"
		deadline.State, deadline.Told = candor.DeadlineMissed, true
	}
	notice.Deadline = deadline
	if err := tx.ChangeDeadline(ctx, deadline, candor.DeadlineRunning); err != nil {
		return err
	}
	if deadline.State == candor.DeadlineMissed {
		if err := d.tellDeadline(ctx, tx, c, deadline, "system"); err != nil {
			return err
		}
		if err := tx.CountCase(ctx, c.ID); err != nil {
			return err
		}
		if err := d.onLadder(ctx, tx, c, false); err != nil {
			return err
		}
	}
	return d.tell(ctx, tx, notice)
}

func (d *Desk) tell(ctx context.Context, tx Tx, n Notice) error {
	if d.Tell == nil {
		return nil
	}
	return d.Tell(ctx, tx, n)
}
