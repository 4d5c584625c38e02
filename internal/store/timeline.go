package store

import (
	"context"
	"encoding/json"
	"time"

	"candor"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

// Events gives a case's timeline, oldest first.
func (r reader) Events(ctx context.Context, of candor.ID) ([]candor.Event, error) {
	rows, err := choose[query.Event](ctx, r.db, "events", "case_id = ? ORDER BY at, id", of)
	return each(rows, event), err
}

func event(e query.Event) candor.Event {
	return candor.Event{ID: e.ID, Case: e.CaseID, At: time.Time(e.At), Kind: e.Kind, Actor: e.Actor, Public: e.Public, Text: e.Text, Details: json.RawMessage(e.Details)}
}

// AddEvent adds to a case's timeline.
func (t *Tx) AddEvent(ctx context.Context, e candor.Event) error {
	return t.AddEvents(ctx, []candor.Event{e})
}

// AddEvents adds to the timelines of cases.
func (t *Tx) AddEvents(ctx context.Context, all []candor.Event) error {
	return add(ctx, t.reader, "events", "", each(all, func(e candor.Event) query.Event {
		return query.Event{ID: e.ID, CaseID: e.Case, At: column.Time(e.At), Kind: e.Kind, Actor: e.Actor, Public: e.Public, Text: e.Text, Details: column.Raw(e.Details)}
	})...)
}

// Tasks gives a case's tasks in their order.
func (r reader) Tasks(ctx context.Context, of candor.ID) ([]candor.Task, error) {
	rows, err := choose[query.Task](ctx, r.db, "tasks", "case_id = ? ORDER BY place, id", of)
	return each(rows, task), err
}

// Task gives one task.
func (r reader) Task(ctx context.Context, id candor.ID) (candor.Task, error) {
	row, err := one[query.Task](ctx, r.db, "tasks", "id = ?", id)
	return task(row), err
}

// AddTask adds a task.
func (t *Tx) AddTask(ctx context.Context, task candor.Task) error {
	return t.AddTasks(ctx, []candor.Task{task})
}

// AddTasks adds tasks.
func (t *Tx) AddTasks(ctx context.Context, all []candor.Task) error {
	return add(ctx, t.reader, "tasks", "", each(all, taskRow)...)
}

// ChangeTask replaces a task.
func (t *Tx) ChangeTask(ctx context.Context, task candor.Task) error {
	ok, err := change(ctx, t.db, "tasks", taskRow(task), "")
	if err == nil && !ok {
		err = notThere("task", task.ID)
	}
	return err
}

func task(r query.Task) candor.Task {
	return candor.Task{ID: r.ID, Case: r.CaseID, Key: r.Key, Text: r.Text, Order: int(r.Place), Due: time.Time(r.Due), Done: time.Time(r.Done),
		DoneBy: r.DoneBy, Created: time.Time(r.Created)}
}

func taskRow(t candor.Task) query.Task {
	return query.Task{ID: t.ID, CaseID: t.Case, Key: t.Key, Text: t.Text, Place: int64(t.Order), Due: column.Time(t.Due), Done: column.Time(t.Done),
		DoneBy: t.DoneBy, Created: column.Time(t.Created)}
}

// Deadlines gives a case's deadlines, the earliest first.
func (r reader) Deadlines(ctx context.Context, of candor.ID) ([]candor.Deadline, error) {
	rows, err := choose[query.Deadline](ctx, r.db, "deadlines", "case_id = ? ORDER BY due, id", of)
	return each(rows, deadline), err
}

// DueDeadlines gives running deadlines that were missed, or of which somebody
// is to be reminded.
func (r reader) DueDeadlines(ctx context.Context, now time.Time, most int) ([]candor.Deadline, error) {
	rows, err := r.q.DueDeadlines(ctx, column.Time(now), int32(most))
	return each(rows, deadline), kind(err, "look for deadlines")
}

// AddDeadline adds a deadline.
func (t *Tx) AddDeadline(ctx context.Context, d candor.Deadline) error {
	return t.AddDeadlines(ctx, []candor.Deadline{d})
}

// AddDeadlines adds deadlines.
func (t *Tx) AddDeadlines(ctx context.Context, all []candor.Deadline) error {
	return add(ctx, t.reader, "deadlines", "", each(all, deadlineRow)...)
}

// ChangeDeadline replaces a deadline. It is candor.ErrChanged if it is no
// longer in the state that it was read in.
func (t *Tx) ChangeDeadline(ctx context.Context, d candor.Deadline, from candor.DeadlineState) error {
	ok, err := change(ctx, t.db, "deadlines", deadlineRow(d), "state = ?", from)
	if err == nil && !ok {
		err = changed("deadline", d.ID)
	}
	return err
}

func deadline(r query.Deadline) candor.Deadline {
	return candor.Deadline{ID: r.ID, Case: r.CaseID, Rule: r.Rule, State: r.State, Started: time.Time(r.Started), Warn: time.Time(r.Warn),
		Due: time.Time(r.Due), Ended: time.Time(r.Ended), Warned: r.Warned, Told: r.Told}
}

func deadlineRow(d candor.Deadline) query.Deadline {
	return query.Deadline{ID: d.ID, CaseID: d.Case, Rule: d.Rule, State: d.State, Started: column.Time(d.Started), Warn: column.Time(d.Warn),
		Due: column.Time(d.Due), Ended: column.Time(d.Ended), Warned: d.Warned, Told: d.Told}
}
