package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"candor"
)

// next says which states a person may give a case that is in a state.
var next = map[candor.CaseState][]candor.CaseState{
	candor.CaseNew:        {candor.CaseTriaged, candor.CaseNotified, candor.CaseContained, candor.CaseResolved, candor.CaseClosed, candor.CaseFalseAlarm},
	candor.CaseTriaged:    {candor.CaseNotified, candor.CaseContained, candor.CaseResolved, candor.CaseClosed, candor.CaseFalseAlarm},
	candor.CaseNotified:   {candor.CaseTriaged, candor.CaseContained, candor.CaseResolved, candor.CaseClosed, candor.CaseFalseAlarm},
	candor.CaseContained:  {candor.CaseTriaged, candor.CaseNotified, candor.CaseResolved, candor.CaseClosed, candor.CaseFalseAlarm},
	candor.CaseResolved:   {candor.CaseTriaged, candor.CaseClosed, candor.CaseFalseAlarm},
	candor.CaseClosed:     {candor.CaseTriaged},
	candor.CaseFalseAlarm: {candor.CaseTriaged},
}

// asked says it of a case that is about terms: only the answer closes it.
var asked = map[candor.CaseState][]candor.CaseState{
	candor.CaseNew:    {candor.CaseTriaged},
	candor.CaseClosed: {candor.CaseTriaged},
}

// Next gives the states that a person can give a case.
func Next(c candor.Case) []candor.CaseState {
	if !c.Class.Incident() {
		return slices.Clone(asked[c.State])
	}
	return slices.Clone(next[c.State])
}

// move gives a case another state, ends the clocks that it ends, and tells of
// it. The note is for people.
func (d *Desk) move(ctx context.Context, tx Tx, c *candor.Case, to candor.CaseState, actor, note string) error {
	from := c.State
	if !slices.Contains(next[from], to) {
		return candor.WithHint(fmt.Errorf("a case that is %s cannot become %s: %w", from, to, candor.ErrInvalid), "Look at the case again; it may have moved on.")
	}
	now := d.Clock()
	c.State, c.Updated, c.Closed = to, now, closedAt(to, now)
	if err := d.clocks(ctx, tx, *c, now); err != nil {
		return err
	}
	if err := tx.ChangeCase(ctx, c); err != nil {
		return err
	}
	if err := tx.CountCase(ctx, c.ID); err != nil {
		return err
	}
	details := map[string]any{"from": from, "to": to}
	if err := d.event(ctx, tx, candor.Event{Case: c.ID, Kind: candor.EventState, Actor: actor, Public: true, Text: note}, details); err != nil {
		return err
	}
	if err := d.record(ctx, tx, c.Party, candor.Record{Kind: candor.RecordDecision, Subject: c.ID, Case: c.ID, Actor: actor}, details, personalNote(note)); err != nil {
		return err
	}
	if !c.Class.Incident() { // nothing was done to the party, and webhooks hear of incidents
		return nil
	}
	if err := d.onLadder(ctx, tx, *c, false); err != nil {
		return err
	}
	if !from.Open() && to.Open() {
		if err := d.reopens(ctx, tx, c.ID, now); err != nil {
			return err
		}
	}
	if !to.Open() {
		if err := tx.Enqueue(ctx, WithdrawJob{Case: c.ID}, candor.JobOptions{}); err != nil {
			return err
		}
	}
	return tx.Enqueue(ctx, TellJob{What: "case." + string(to), Case: c.ID}, candor.JobOptions{})
}

func personalNote(note string) map[string]string {
	if note == "" {
		return nil
	}
	return map[string]string{"note": note}
}

// closedAt is when a case that takes a state was closed: now, or not at all.
func closedAt(to candor.CaseState, now time.Time) time.Time {
	if to.Open() {
		return time.Time{}
	}
	return now
}
