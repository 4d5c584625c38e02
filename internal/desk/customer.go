package desk

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"candor"
	"candor/internal/desk/calendar"
)

// Fixed notes that the customer says that it is mended, and has the places
// looked at again at once.
func (d *Desk) Fixed(ctx context.Context, who candor.Principal, id candor.ID, text string) error {
	return d.FixedSo(ctx, who, id, Said{Text: text})
}

// Said is what a customer says who has mended it.
type Said struct {
	Text    string
	Details any            // for the timeline; nothing personal
	File    string         // SHA-256 of what shows it, in the vault; may be empty
	Keep    func(Tx) error // keeps more in the same transaction; may be nil
}

// FixedSo is Fixed with what the customer gives to show it.
func (d *Desk) FixedSo(ctx context.Context, who candor.Principal, id candor.ID, s Said) error {
	return d.onIncident(ctx, who, id, "look again at", func(tx Tx, c *candor.Case) error {
		c.Updated = d.Clock()
		if err := tx.ChangeCase(ctx, c); err != nil {
			return err
		}
		if err := d.event(ctx, tx, candor.Event{Case: c.ID, Kind: candor.EventFixed, Actor: who.Actor(), Public: true, Text: cut(s.Text)}, s.Details); err != nil {
			return err
		}
		personal := personalNote(cut(s.Text))
		if s.File != "" {
			if personal == nil {
				personal = map[string]string{}
			}
			personal["file"] = s.File
		}
		body := map[string]any{"says": "fixed"}
		if s.Details != nil {
			body["proof"] = s.Details
		}
		if err := d.record(ctx, tx, c.Party, candor.Record{Kind: candor.RecordDecision, Subject: c.ID, Case: c.ID, Actor: who.Actor()}, body, personal); err != nil {
			return err
		}
		if s.Keep != nil {
			if err := s.Keep(tx); err != nil {
				return err
			}
		}
		if err := d.onLadder(ctx, tx, *c, false); err != nil {
			return err
		}
		return d.lookAgain(ctx, tx, id, who)
	})
}

// Ask adds the customer's question, and tells the staff. A case about terms that was
// answered is open again by it, and its clock runs anew.
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
		if kind == candor.EventContest {
			if err := Incident(*c); err != nil {
				return err
			}
		}
		e := candor.Event{Kind: kind, Actor: who.Actor(), Public: true, Text: text}
		if !c.Class.Incident() {
			if e.Details, err = json.Marshal(candor.AboutTerms{User: who.User}); err != nil {
				return err
			}
		}
		if err := d.say(ctx, tx, c, e); err != nil {
			return err
		}
		if err := d.record(ctx, tx, c.Party, candor.Record{Kind: candor.RecordDecision, Subject: c.ID, Case: c.ID, Actor: who.Actor()},
			map[string]any{"says": kind}, personalNote(text)); err != nil {
			return err
		}
		if !c.Class.Incident() && !c.State.Open() {
			if err := d.move(ctx, tx, c, candor.CaseTriaged, who.Actor(), ""); err != nil {
				return err
			}
		}
		return d.tell(ctx, tx, Notice{Kind: string(kind), Case: *c, Text: text})
	})
}

// Recheck has the places of a case looked at again at once.
func (d *Desk) Recheck(ctx context.Context, who candor.Principal, id candor.ID) error {
	return d.onIncident(ctx, who, id, "look again at", func(tx Tx, c *candor.Case) error {
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

// ruleAnswer is the rule for answers to end users, if the operator has one.
const ruleAnswer = "ticket-answer"

// AnswerDue is by when what an end user wrote at a moment wants an answer: by the
// rule ticket-answer, or that for acknowledging cases; zero without either.
func (d *Desk) AnswerDue(from time.Time) time.Time {
	for _, name := range []string{ruleAnswer, calendar.Acknowledgement} {
		if rule, ok := d.rules[name]; ok {
			return calendar.Due(rule, from, d.Calendar)
		}
	}
	return time.Time{}
}
