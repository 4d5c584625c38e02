package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"candor"
	"candor/internal/desk/calendar"
)

// Titles of cases about terms; the catalogue has them in the console's languages.
const (
	TitleQuestion  = "Question about terms"
	TitleComplaint = "Complaint about terms"
)

// Asked is what a party asks about terms, or complains of.
type Asked struct {
	Party    candor.ID
	Class    candor.Class // candor.TermsQuestion or candor.TermsComplaint
	Document string       // which terms; empty for all
	Clause   string
	Text     string
	User     candor.ID // who asks; of an account, if it is one
}

// OpenQuestion opens a case about terms, starts the clock of its answer and tells the
// staff, in a transaction. It is no incident: nothing is proposed in it, no ladder
// takes it up, and webhooks do not hear of it.
func (d *Desk) OpenQuestion(ctx context.Context, tx Tx, who candor.Principal, a Asked) (candor.Case, error) {
	now := d.Clock().UTC()
	c := candor.Case{ID: candor.NewID(now), Party: a.Party, Class: a.Class, Severity: candor.Info, Confidence: 100, State: candor.CaseNew, Title: TitleQuestion, Opened: now, Updated: now}
	if a.Class == candor.TermsComplaint {
		c.Title, c.Severity = TitleComplaint, candor.Low
	}
	if a.Document != "" {
		c.Title += ": " + a.Document
	}
	if err := tx.AddCase(ctx, &c); err != nil {
		return c, err
	}
	e := candor.Event{Case: c.ID, Kind: candor.EventQuestion, Actor: who.Actor(), Public: true, Text: a.Text}
	if err := d.event(ctx, tx, e, candor.AboutTerms{Document: a.Document, Clause: a.Clause, User: a.User}); err != nil {
		return c, err
	}
	if err := d.start(ctx, tx, c, calendar.TermsAnswer, now); err != nil {
		return c, err
	}
	if err := tx.CountCase(ctx, c.ID); err != nil {
		return c, err
	}
	body := map[string]any{"event": "question.open", "class": a.Class, "terms": a.Document}
	if err := d.record(ctx, tx, a.Party, candor.Record{Kind: candor.RecordConsent, Subject: c.ID, Case: c.ID, Actor: who.Actor()}, body, map[string]string{"text": a.Text}); err != nil {
		return c, err
	}
	c, err := tx.Case(ctx, candor.Everything, c.ID) // with its clock
	if err != nil {
		return c, err
	}
	return c, d.tell(ctx, tx, Notice{Kind: string(candor.EventQuestion), Case: c, Text: a.Text})
}

// Answer answers what a party asked about terms, which closes the case, in a
// transaction, and gives the line of the timeline. It is candor.ErrChanged if the case
// was answered already.
func (d *Desk) Answer(ctx context.Context, tx Tx, who candor.Principal, id candor.ID, text string) (e candor.Event, err error) {
	if text, err = written(text); err != nil {
		return e, err
	}
	c, err := tx.Case(ctx, who.Scope(), id)
	switch {
	case err != nil:
		return e, err
	case c.Class.Incident():
		return e, candor.WithHint(fmt.Errorf("case %s is an incident: %w", c.Label(), candor.ErrInvalid), "Write a comment that the party can read.")
	case !c.State.Open():
		return e, candor.WithHint(fmt.Errorf("case %s was answered: %w", c.Label(), candor.ErrChanged), "Look at the case again; it may have moved on.")
	}
	now := d.Clock().UTC()
	e = candor.Event{ID: candor.NewID(now), Case: c.ID, At: now, Kind: candor.EventAnswer, Actor: who.Actor(), Public: true, Text: text}
	if err := tx.AddEvent(ctx, e); err != nil {
		return e, err
	}
	body := map[string]any{"event": "question.answered", "class": c.Class}
	if err := d.record(ctx, tx, c.Party, candor.Record{Kind: candor.RecordConsent, Subject: c.ID, Case: c.ID, Actor: who.Actor()}, body, map[string]string{"answer": text}); err != nil {
		return e, err
	}
	return e, d.move(ctx, tx, &c, candor.CaseClosed, who.Actor(), "")
}

// answerClock ends the clock of a case about terms that is closed, and has it run in
// one that is open.
func (d *Desk) answerClock(ctx context.Context, tx Tx, c candor.Case, now time.Time) error {
	if c.State.Open() {
		return d.start(ctx, tx, c, calendar.TermsAnswer, now)
	}
	return d.end(ctx, tx, c, candor.DeadlineMet, "system", func(rule string) bool { return rule == calendar.TermsAnswer })
}

// answerRule is the clock of answers where the operator has no other: a case about
// terms always has one.
func answerRule() []calendar.Rule {
	return slices.DeleteFunc(calendar.Rules(), func(r calendar.Rule) bool { return r.Name != calendar.TermsAnswer })
}
