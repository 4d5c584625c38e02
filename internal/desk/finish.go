package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"candor"
	"candor/internal/desk/calendar"
)

// Finish ends a complete look of a sensor at an asset: what it did not see is
// gone, and a case of which nothing is left closes itself, with a note.
func (d *Desk) Finish(ctx context.Context, asset, scan candor.ID, sensor string) (gone int, err error) {
	err = d.Store.Tx(ctx, func(tx Tx) error {
		lost, err := tx.LosePlaces(ctx, asset, scan, sensor, d.Clock())
		gone = len(lost)
		if err != nil || gone == 0 {
			return err
		}
		return d.lose(ctx, tx, lost, candor.FindingGone, "sensor:"+sensor)
	})
	if err != nil {
		return 0, fmt.Errorf("finish the scan %s: %w", scan, err)
	}
	return gone, nil
}

// Gone notes that some findings are there no longer, though not the whole
// asset was looked at.
func (d *Desk) Gone(ctx context.Context, findings []candor.ID, actor string) error {
	err := d.Store.Tx(ctx, func(tx Tx) error {
		var lost []candor.FiledFinding
		for _, id := range findings {
			f, err := tx.Finding(ctx, candor.Everything, id)
			if err != nil {
				return err
			}
			if f.State != candor.FindingOpen {
				continue
			}
			places, err := tx.Places(ctx, id)
			if err != nil {
				return err
			}
			for _, p := range places {
				if err := tx.SetPlace(ctx, id, p.Path, candor.FindingGone); err != nil {
					return err
				}
			}
			f.Places = 0
			lost = append(lost, f)
		}
		return d.lose(ctx, tx, lost, candor.FindingGone, actor)
	})
	if err != nil {
		return fmt.Errorf("note that findings are gone: %w", err)
	}
	return nil
}

// Contained notes that places of findings were moved away. It is called in the
// transaction of the response that did it.
func (d *Desk) Contained(ctx context.Context, tx Tx, moved map[candor.ID][]string, actor string) error {
	var lost []candor.FiledFinding
	for id, paths := range moved {
		for _, path := range paths {
			if err := tx.SetPlace(ctx, id, path, candor.FindingQuarantined); err != nil {
				return err
			}
		}
		f, err := tx.Finding(ctx, candor.Everything, id)
		if err != nil {
			return err
		}
		if f.Places == 0 && f.State == candor.FindingOpen {
			lost = append(lost, f)
		}
	}
	return d.lose(ctx, tx, lost, candor.FindingQuarantined, actor)
}

// Restored notes that places of findings were put back.
func (d *Desk) Restored(ctx context.Context, tx Tx, back map[candor.ID][]string) error {
	for id, paths := range back {
		for _, path := range paths {
			if err := tx.SetPlace(ctx, id, path, candor.FindingOpen); err != nil {
				return err
			}
		}
		f, err := tx.Finding(ctx, candor.Everything, id)
		if err != nil {
			return err
		}
		if f.State != candor.FindingQuarantined {
			continue
		}
		f.State, f.Ended = candor.FindingOpen, time.Time{}
		if err := tx.ChangeFinding(ctx, f); err != nil {
			return err
		}
		if err := tx.CountCase(ctx, f.Case); err != nil {
			return err
		}
	}
	return nil
}

// lose ends findings, and then moves their cases along.
func (d *Desk) lose(ctx context.Context, tx Tx, lost []candor.FiledFinding, state candor.FindingState, actor string) error {
	now := d.Clock()
	counts := map[candor.ID]int{}
	var order []candor.ID
	for _, f := range lost {
		f.State, f.Ended, f.Places = state, now, 0
		if err := tx.ChangeFinding(ctx, f); err != nil {
			return err
		}
		if counts[f.Case]++; counts[f.Case] == 1 {
			order = append(order, f.Case)
		}
		body := map[string]any{"state": state, "sha256": f.SHA256, "rule": f.Rule}
		if err := d.record(ctx, tx, f.Party, candor.Record{Kind: candor.RecordGone, Subject: f.ID, Case: f.Case, Actor: actor}, body, nil); err != nil {
			return err
		}
	}
	for _, id := range order {
		if err := d.shrink(ctx, tx, id, counts[id], state, actor); err != nil {
			return err
		}
	}
	return nil
}

// shrink moves a case along that lost findings.
func (d *Desk) shrink(ctx context.Context, tx Tx, id candor.ID, n int, state candor.FindingState, actor string) error {
	if err := tx.CountCase(ctx, id); err != nil {
		return err
	}
	c, err := tx.Case(ctx, candor.Everything, id)
	if err != nil {
		return err
	}
	if err := d.event(ctx, tx, candor.Event{Case: id, Kind: candor.EventGone, Actor: actor, Public: true}, map[string]any{"count": n, "state": state, "left": c.Open}); err != nil {
		return err
	}
	if c.Open > 0 || !c.State.Open() {
		return nil
	}
	to := candor.CaseClosed
	if state == candor.FindingQuarantined {
		to = candor.CaseContained // the cause may still be there
	}
	if !slices.Contains(next[c.State], to) {
		return nil // a person has taken it further
	}
	return d.move(ctx, tx, &c, to, actor, "nothing that was found is there any longer")
}

// Notified notes that the party was told. It is called in the transaction of
// the response that did it.
func (d *Desk) Notified(ctx context.Context, tx Tx, id candor.ID, actor string) error {
	c, err := tx.Case(ctx, candor.Everything, id)
	if err == nil && c.State == candor.CaseContained {
		return d.startCustomer(ctx, tx, c)
	}
	if err != nil || c.State != candor.CaseNew && c.State != candor.CaseTriaged {
		return err
	}
	return d.move(ctx, tx, &c, candor.CaseNotified, actor, "")
}

// startCustomer starts the customer's clock in a case that was contained before
// the customer was told.
func (d *Desk) startCustomer(ctx context.Context, tx Tx, c candor.Case) error {
	if err := d.start(ctx, tx, c, calendar.Customer(c.Severity), d.Clock()); err != nil {
		return err
	}
	return tx.CountCase(ctx, c.ID)
}

// HeldTask is the key of the task to decide about files that are kept away
// beyond their time.
const HeldTask = "held"

// Held asks a person to decide about what a response keeps away beyond its
// time, since it is still found to be harmful. It is called in the transaction
// of the response. While it is asked nobody is asked again.
func (d *Desk) Held(ctx context.Context, tx Tx, id candor.ID) error {
	c, err := tx.Case(ctx, candor.Everything, id)
	if err != nil {
		return err
	}
	tasks, err := tx.Tasks(ctx, id)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(tasks, func(t candor.Task) bool { return t.Key == HeldTask && t.Done.IsZero() }) {
		return nil
	}
	now := d.Clock()
	t := candor.Task{ID: candor.NewID(now), Case: id, Key: HeldTask, Text: "Decide about files that stay in quarantine beyond their time", Order: len(tasks) + 1, Created: now}
	if err := tx.AddTask(ctx, t); err != nil {
		return err
	}
	if err := d.event(ctx, tx, candor.Event{Case: id, Kind: candor.EventTask, Actor: "system"}, map[string]any{"task": t.Text, "key": t.Key, "done": false, "added": true}); err != nil {
		return err
	}
	return d.tell(ctx, tx, Notice{Kind: "held", Case: c})
}

// LapsedTask is the key of the task to decide about what rests on nothing any
// more.
const LapsedTask = "lapsed"

// Lapsed asks a person to undo a response that rests on nothing any more, or to
// say on what it rests instead; without one that is open it ends the task. It is
// called in the transaction of the response. While it is asked no other task is
// added, but the staff is told of each.
func (d *Desk) Lapsed(ctx context.Context, tx Tx, r candor.Response, open int) error {
	if open == 0 {
		return d.done(ctx, tx, r.Case, LapsedTask)
	}
	if r.Lapsed.IsZero() {
		return nil
	}
	c, err := tx.Case(ctx, candor.Everything, r.Case)
	if err != nil {
		return err
	}
	if err := d.askOnce(ctx, tx, r.Case, PlayTask{Key: LapsedTask, Text: "Undo what rests on nothing any more, or say on what it rests"}); err != nil {
		return err
	}
	return d.tell(ctx, tx, Notice{Kind: "lapsed", Case: c, Text: r.Method})
}

// HandInTask is the key of the task to hand in samples by a form.
const HandInTask = "hand-in"

// handInWithin is how long there is for that.
var handInWithin = calendar.Period{Days: 3}

// HandIn asks a person to fill in the form of an organisation, while any waits in
// the case; when none does any more it ends the task. It is called in the
// transaction of the response.
func (d *Desk) HandIn(ctx context.Context, tx Tx, id candor.ID, waits bool) error {
	if !waits {
		return d.done(ctx, tx, id, HandInTask)
	}
	return d.askOnce(ctx, tx, id, PlayTask{Key: HandInTask, Text: "Hand in samples by the forms of those who take them so", Due: handInWithin})
}

// askOnce adds a task, unless one of its key is open.
func (d *Desk) askOnce(ctx context.Context, tx Tx, id candor.ID, ask PlayTask) error {
	tasks, err := tx.Tasks(ctx, id)
	if err != nil || slices.ContainsFunc(tasks, func(t candor.Task) bool { return t.Key == ask.Key && t.Done.IsZero() }) {
		return err
	}
	now := d.Clock()
	t := candor.Task{ID: candor.NewID(now), Case: id, Key: ask.Key, Text: ask.Text, Order: len(tasks) + 1, Created: now}
	if ask.Due != (calendar.Period{}) {
		t.Due = ask.Due.After(now, d.Calendar.Zone())
	}
	if err := tx.AddTask(ctx, t); err != nil {
		return err
	}
	return d.event(ctx, tx, candor.Event{Case: id, Kind: candor.EventTask, Actor: "system"}, map[string]any{"task": t.Text, "key": t.Key, "done": false, "added": true})
}

// Decided ends the task of Held: somebody decided. It is called in the transaction of
// the response.
func (d *Desk) Decided(ctx context.Context, tx Tx, id candor.ID) error {
	return d.done(ctx, tx, id, HeldTask)
}

// done ends the open tasks of a key.
func (d *Desk) done(ctx context.Context, tx Tx, id candor.ID, key string) error {
	tasks, err := tx.Tasks(ctx, id)
	if err != nil {
		return err
	}
	for _, t := range tasks {
		if t.Key != key || !t.Done.IsZero() {
			continue
		}
		t.Done, t.DoneBy = d.Clock(), "system"
		if err := tx.ChangeTask(ctx, t); err != nil {
			return err
		}
	}
	return nil
}
