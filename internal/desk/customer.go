package desk

import (
	"context"
	"strings"
	"time"

	"candor"
)

// Fixed notes that the customer says that it is mended, and has the places
// looked at again at once.
func (d *Desk) Fixed(ctx context.Context, who candor.Principal, id candor.ID, text string) error {
	return d.act(ctx, who, id, "look again at", func(tx Tx, c *candor.Case) error {
		if err := d.say(ctx, tx, c, candor.Event{Kind: candor.EventFixed, Actor: who.Actor(), Public: true, Text: cut(text)}); err != nil {
			return err
		}
		if err := d.record(ctx, tx, c.Party, candor.Record{Kind: candor.RecordDecision, Subject: c.ID, Case: c.ID, Actor: who.Actor()},
			map[string]any{"says": "fixed"}, personalNote(cut(text))); err != nil {
			return err
		}
		return d.lookAgain(ctx, tx, id, who)
	})
}

// Ask adds the customer's question, and tells the staff.
func (d *Desk) Ask(ctx context.Context, who candor.Principal, id candor.ID, text string) error {
	return d.hear(ctx, who, id, candor.EventQuestion, text)
}

// Contest notes that the customer says that it is a false alarm, and tells the
// staff. Nothing is dismissed by it: people look.
func (d *Desk) Contest(ctx context.Context, who candor.Principal, id candor.ID, text string) error {
	return d.hear(ctx, who, id, candor.EventContest, text)
}

func (d *Desk) hear(ctx context.Context, who candor.Principal, id candor.ID, kind candor.EventKind, text string) error {
	text, err := written(text)
	if err != nil {
		return err
	}
	return d.act(ctx, who, id, "add to", func(tx Tx, c *candor.Case) error {
		if err := d.say(ctx, tx, c, candor.Event{Kind: kind, Actor: who.Actor(), Public: true, Text: text}); err != nil {
			return err
		}
		if err := d.record(ctx, tx, c.Party, candor.Record{Kind: candor.RecordDecision, Subject: c.ID, Case: c.ID, Actor: who.Actor()},
			map[string]any{"says": kind}, personalNote(text)); err != nil {
			return err
		}
		return d.tell(ctx, tx, Notice{Kind: string(kind), Case: *c, Text: text})
	})
}

// Recheck has the places of a case looked at again at once.
func (d *Desk) Recheck(ctx context.Context, who candor.Principal, id candor.ID) error {
	return d.act(ctx, who, id, "look again at", func(tx Tx, c *candor.Case) error {
		if err := d.event(ctx, tx, candor.Event{Case: id, Kind: candor.EventRescan, Actor: who.Actor()}, nil); err != nil {
			return err
		}
		return d.lookAgain(ctx, tx, id, who)
	})
}

func (d *Desk) lookAgain(ctx context.Context, tx Tx, id candor.ID, who candor.Principal) error {
	at := d.Clock().UTC().Truncate(time.Second) // a press that comes twice is one
	return tx.Enqueue(ctx, RecheckJob{Case: id, By: who.Actor(), At: at}, candor.JobOptions{Queue: QueueUrgent, Once: true})
}

// ForCustomer tells whether a deadline is the customer's own.
func ForCustomer(rule string) bool { return strings.HasPrefix(rule, customerRules) }
