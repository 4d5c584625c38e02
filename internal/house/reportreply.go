package house

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"candor"
	"candor/internal/intake/message"
	"candor/internal/intake/reading"
	"candor/internal/store"
)

// HearReplyJob asks for House.HearReply.
type HearReplyJob struct {
	Report candor.ID `json:"report"`
}

// Kind names the job.
func (HearReplyJob) Kind() string { return "house.hear-reply" }

// repliedTo says what a message is that answers a mail of ours. What the party of a
// case answers, and whoever has a ticket, is heard there; anything else is for a
// person: a Message-ID alone says nothing of who writes.
func (h *House) repliedTo(ctx context.Context, tx *store.Tx, r *candor.Report, got reading.Reading) error {
	m, err := tx.MessageByMessageID(ctx, got.Message)
	if errors.Is(err, candor.ErrNotFound) {
		r.State, r.Why = candor.ReportPerson, "it answers something that is not known here"
		return nil
	}
	if err != nil {
		return err
	}
	if m.Case != "" {
		return h.repliedToCase(ctx, tx, r, m.Case, sender(got.Mail))
	}
	if _, err := tx.TicketEntry(ctx, m.ID); err == nil {
		r.State = candor.ReportReply
		return tx.Enqueue(ctx, HearReplyJob{r.ID}, candor.JobOptions{})
	} else if !errors.Is(err, candor.ErrNotFound) {
		return err
	}
	r.State, r.Why = candor.ReportPerson, "somebody answers what was written about a report"
	if first, err := tx.Report(ctx, m.ID); err == nil { // an acknowledgement has its report's identifier
		r.Same = first.ID
	} else if !errors.Is(err, candor.ErrNotFound) {
		return err
	}
	return nil
}

func (h *House) repliedToCase(ctx context.Context, tx *store.Tx, r *candor.Report, id candor.ID, from string) error {
	c, err := tx.Case(ctx, candor.Everything, id)
	if err != nil {
		return err
	}
	p, err := tx.Party(ctx, candor.Everything, c.Party)
	if err != nil {
		return err
	}
	r.Case = c.ID
	if !slices.ContainsFunc(p.Contacts, func(x candor.Contact) bool { return x.Channel == candor.Mail && strings.EqualFold(x.Address, from) }) {
		r.State, r.Why = candor.ReportPerson, "it answers a mail of a case, from an address that is none of the party's"
		return nil
	}
	r.State = candor.ReportReply
	return tx.Enqueue(ctx, HearReplyJob{r.ID}, candor.JobOptions{})
}

// sender is the mail address that a mail says it is from; empty if it says none.
func sender(m *message.Message) string {
	if m == nil || len(m.From) == 0 {
		return ""
	}
	return strings.ToLower(m.From[0].Address)
}

// HearReply brings a reply where it belongs: to the case as a question of the party,
// or to the ticket. One that was heard before is left as it is, and one that cannot
// be added there is for a person.
func (h *House) HearReply(ctx context.Context, id candor.ID) error {
	r, err := h.Store.Report(ctx, id)
	if errors.Is(err, candor.ErrNotFound) || err == nil && (r.State != candor.ReportReply || r.By != "") {
		return nil
	}
	if err != nil {
		return err
	}
	body, err := h.message(r)
	if errors.Is(err, candor.ErrNotFound) {
		return h.missing(ctx, id, err)
	}
	if err != nil {
		return err
	}
	defer body.Close()
	m, _, err := h.Reports.Reader.Open(body)
	if err == nil {
		err = h.hear(ctx, r, m)
	}
	refused := errors.Is(err, candor.ErrInvalid) || errors.Is(err, candor.ErrNotFound)
	if err != nil && !refused {
		return fmt.Errorf("hear reply %s: %w", id, err)
	}
	return h.tx(ctx, func(tx *store.Tx) error {
		if r.Updated = h.Clock().UTC(); refused { // a person sees what it says
			r.State, r.Why = candor.ReportPerson, clean("it could not be added to what it answers: "+err.Error())
			return tx.ChangeReport(ctx, &r, "")
		}
		r.By = "system"
		return tx.ChangeReport(ctx, &r, "")
	})
}

func (h *House) hear(ctx context.Context, r candor.Report, m *message.Message) error {
	text := clip(unquoted(written(m)), MostTicketText)
	if text == "" {
		text = "–"
	}
	if r.Case == "" {
		_, _, err := h.TakeMail(ctx, TicketMail{MessageID: m.ID, References: m.References, From: sender(m), Language: r.Language, Subject: m.Subject, Text: text, Automatic: m.Automatic()})
		return err
	}
	c, err := h.Store.Case(ctx, candor.Everything, r.Case)
	if err != nil {
		return err
	}
	who := candor.Principal{User: "mail", Name: sender(m), Role: candor.RoleCustomer, Party: c.Party}
	events, err := h.Store.Events(ctx, c.ID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(events, func(e candor.Event) bool {
		return e.Kind == candor.EventQuestion && e.Actor == who.Actor() && e.Text == text && !e.At.Before(r.Received)
	}) {
		return nil // a run that broke off after it was heard
	}
	return h.Desk.Ask(ctx, who, c.ID, text)
}

// written is the first text of a mail that people wrote.
func written(m *message.Message) string {
	html := ""
	for i := range m.Parts {
		switch p := &m.Parts[i]; {
		case p.Type == "text/plain" && p.IsText() && p.Name == "":
			return p.Text
		case p.Type == "text/html" && p.IsText() && html == "":
			html = message.Plain(p.Text)
		}
	}
	return html
}
