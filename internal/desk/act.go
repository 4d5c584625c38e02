package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"candor"
)

// mostText bounds what a person may write at once, in bytes.
const mostText = 20_000

// act lets f work on a case that who may see, in a transaction.
func (d *Desk) act(ctx context.Context, who candor.Principal, id candor.ID, what string, f func(Tx, *candor.Case) error) error {
	var label string
	err := d.Store.Tx(ctx, func(tx Tx) error {
		c, err := tx.Case(ctx, who.Scope(), id)
		if err != nil {
			return err
		}
		label = c.Label()
		return f(tx, &c)
	})
	if err != nil {
		return fmt.Errorf("%s case %s: %w", what, label, err)
	}
	return nil
}

// onIncident is act for what is done with incidents alone.
func (d *Desk) onIncident(ctx context.Context, who candor.Principal, id candor.ID, what string, f func(Tx, *candor.Case) error) error {
	return d.act(ctx, who, id, what, func(tx Tx, c *candor.Case) error {
		if err := Incident(*c); err != nil {
			return err
		}
		return f(tx, c)
	})
}

// Incident refuses what is not for a case about terms.
func Incident(c candor.Case) error {
	if c.Class.Incident() {
		return nil
	}
	return candor.WithHint(fmt.Errorf("case %s is about terms, and no incident: %w", c.Label(), candor.ErrInvalid), "Answer what the party asks.")
}

// written checks what a person wrote.
func written(text string) (string, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return "", candor.WithHint(fmt.Errorf("there is no text: %w", candor.ErrInvalid), "Write something.")
	case len(text) > mostText:
		return "", candor.WithHint(fmt.Errorf("the text has %d bytes: %w", len(text), candor.ErrInvalid), fmt.Sprintf("Write at most %d, or several.", mostText))
	}
	return text, nil
}

// SetState gives a case another state. The version is the one that whoever
// decides has seen, 0 for any.
func (d *Desk) SetState(ctx context.Context, who candor.Principal, id candor.ID, version int64, to candor.CaseState, note string) error {
	return d.act(ctx, who, id, "change", func(tx Tx, c *candor.Case) error {
		if version != 0 && version != c.Version {
			return candor.WithHint(fmt.Errorf("somebody else changed it: %w", candor.ErrChanged), "Look at the case again, and repeat what you did if it is still right.")
		}
		if !slices.Contains(Next(*c), to) && !c.Class.Incident() {
			return candor.WithHint(fmt.Errorf("a case about terms that is %s cannot become %s: %w", c.State, to, candor.ErrInvalid), "Answer it: the answer closes it.")
		}
		if to == candor.CaseFalseAlarm {
			if err := d.dismiss(ctx, tx, *c, who.Actor()); err != nil {
				return err
			}
		}
		return d.move(ctx, tx, c, to, who.Actor(), note)
	})
}

// dismiss says of all open findings of a case that they are none.
func (d *Desk) dismiss(ctx context.Context, tx Tx, c candor.Case, actor string) error {
	findings, err := tx.FindingsOfCase(ctx, c.ID)
	if err != nil {
		return err
	}
	for _, f := range findings {
		if f.State != candor.FindingOpen {
			continue
		}
		f.State, f.Ended = candor.FindingDismissed, d.Clock()
		if err := tx.ChangeFinding(ctx, f); err != nil {
			return err
		}
		body := map[string]any{"state": f.State, "sha256": f.SHA256, "rule": f.Rule}
		if err := d.record(ctx, tx, f.Party, candor.Record{Kind: candor.RecordDecision, Subject: f.ID, Case: c.ID, Actor: actor}, body, nil); err != nil {
			return err
		}
	}
	return tx.CountCase(ctx, c.ID)
}

// Dismiss says that one finding is a false alarm. It will not open a case
// again: content and rule are known.
func (d *Desk) Dismiss(ctx context.Context, who candor.Principal, id candor.ID, note string) error {
	err := d.Store.Tx(ctx, func(tx Tx) error {
		f, err := tx.Finding(ctx, who.Scope(), id)
		if err != nil {
			return err
		}
		if f.State == candor.FindingDismissed {
			return nil
		}
		f.State, f.Ended = candor.FindingDismissed, d.Clock()
		if err := tx.ChangeFinding(ctx, f); err != nil {
			return err
		}
		if err := d.event(ctx, tx, candor.Event{Case: f.Case, Kind: candor.EventGone, Actor: who.Actor(), Text: note},
			map[string]any{"count": 1, "state": f.State, "rule": f.Rule}); err != nil {
			return err
		}
		if err := d.record(ctx, tx, f.Party, candor.Record{Kind: candor.RecordDecision, Subject: f.ID, Case: f.Case, Actor: who.Actor()},
			map[string]any{"state": f.State, "sha256": f.SHA256, "rule": f.Rule}, personalNote(note)); err != nil {
			return err
		}
		return tx.CountCase(ctx, f.Case)
	})
	if err != nil {
		return fmt.Errorf("dismiss finding %s: %w", id, err)
	}
	return nil
}

// Assign gives a case to a user, or to nobody.
func (d *Desk) Assign(ctx context.Context, who candor.Principal, id, user candor.ID) error {
	return d.act(ctx, who, id, "assign", func(tx Tx, c *candor.Case) error {
		if c.Assignee == user {
			return nil
		}
		from := c.Assignee
		c.Assignee, c.Updated = user, d.Clock()
		if err := tx.ChangeCase(ctx, c); err != nil {
			return err
		}
		return d.event(ctx, tx, candor.Event{Case: c.ID, Kind: candor.EventAssigned, Actor: who.Actor()}, map[string]any{"from": from, "to": user})
	})
}

// Comment adds what somebody of the staff wrote; a public comment can be read
// by the customer, and answers a question.
func (d *Desk) Comment(ctx context.Context, who candor.Principal, id candor.ID, text string, public bool) error {
	text, err := written(text)
	if err != nil {
		return err
	}
	return d.act(ctx, who, id, "comment on", func(tx Tx, c *candor.Case) error {
		return d.say(ctx, tx, c, candor.Event{Kind: candor.EventComment, Actor: who.Actor(), Public: public, Text: text})
	})
}

// say adds a line that somebody wrote, and shows that the case moved.
func (d *Desk) say(ctx context.Context, tx Tx, c *candor.Case, e candor.Event) error {
	e.Case = c.ID
	c.Updated = d.Clock()
	if err := tx.ChangeCase(ctx, c); err != nil {
		return err
	}
	return d.event(ctx, tx, e, nil)
}

// AddTask adds a task that the playbook did not know.
func (d *Desk) AddTask(ctx context.Context, who candor.Principal, id candor.ID, text string) error {
	text, err := written(text)
	if err != nil {
		return err
	}
	return d.act(ctx, who, id, "add a task to", func(tx Tx, c *candor.Case) error {
		tasks, err := tx.Tasks(ctx, id)
		if err != nil {
			return err
		}
		now := d.Clock()
		t := candor.Task{ID: candor.NewID(now), Case: id, Text: text, Order: len(tasks) + 1, Created: now}
		if err := tx.AddTask(ctx, t); err != nil {
			return err
		}
		return d.event(ctx, tx, candor.Event{Case: id, Kind: candor.EventTask, Actor: who.Actor()}, map[string]any{"task": text, "done": false})
	})
}

// DoTask notes that a task is done, or that it is not.
func (d *Desk) DoTask(ctx context.Context, who candor.Principal, task candor.ID, done bool) error {
	err := d.Store.Tx(ctx, func(tx Tx) error {
		t, err := tx.Task(ctx, task)
		if err != nil {
			return err
		}
		if _, err := tx.Case(ctx, who.Scope(), t.Case); err != nil {
			return err
		}
		if done == !t.Done.IsZero() {
			return nil
		}
		t.Done, t.DoneBy = d.Clock(), who.Actor()
		if !done {
			t.Done, t.DoneBy = time.Time{}, ""
		}
		if err := tx.ChangeTask(ctx, t); err != nil {
			return err
		}
		return d.event(ctx, tx, candor.Event{Case: t.Case, Kind: candor.EventTask, Actor: who.Actor()}, map[string]any{"task": t.Text, "key": t.Key, "done": done})
	})
	if err != nil {
		return fmt.Errorf("change task %s: %w", task, err)
	}
	return nil
}

// Link says that two cases have to do with each other.
func (d *Desk) Link(ctx context.Context, who candor.Principal, id, other candor.ID) error {
	return d.act(ctx, who, id, "link", func(tx Tx, c *candor.Case) error {
		o, err := tx.Case(ctx, who.Scope(), other)
		if err != nil {
			return err
		}
		if id == other {
			return candor.WithHint(fmt.Errorf("it is the same case: %w", candor.ErrInvalid), "Name another case.")
		}
		if err := tx.Link(ctx, id, other, d.Clock()); err != nil {
			return err
		}
		for _, pair := range [][2]*candor.Case{{c, &o}, {&o, c}} {
			if err := d.event(ctx, tx, candor.Event{Case: pair[0].ID, Kind: candor.EventLinked, Actor: who.Actor()}, map[string]any{"case": pair[1].ID, "label": pair[1].Label()}); err != nil {
				return err
			}
		}
		return nil
	})
}
