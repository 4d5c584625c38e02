package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"candor"
	"candor/engine"
	"candor/internal/access/link"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/scan"
	"candor/internal/store"
)

// ticketLife is how long the link in a mail about a ticket works.
const ticketLife = 180 * 24 * time.Hour

// samples looks at files that people hand in, with the definitions in use.
type samples struct{ *running }

// Generation names the definitions in use.
func (s samples) Generation() (string, error) {
	h, err := s.Definitions.Current()
	if err != nil {
		return "", err
	}
	defer h.Release()
	return h.Generation().ID, nil
}

// Look judges a content as a scan does.
func (s samples) Look(_ context.Context, name string, content []byte) (string, []candor.Finding, error) {
	h, err := s.Definitions.Current()
	if err != nil {
		return "", nil, err
	}
	defer h.Release()
	rules := h.Compiled().Rules
	looker := scan.NewLooker(func() scan.Matcher { return rules.NewScanner(engine.ScanOptions{}) }, nil, s.setup.into)
	found, err := looker.Look("/"+name, content, 0)
	return h.Generation().ID, found, err
}

// rescanUploads looks again at what people handed in, once definitions changed.
func (r *running) rescanUploads(ctx context.Context) error {
	_, err := r.RescanUploads(ctx)
	return err
}

// mailTicket writes to the person of a ticket. The mail has the identifier of the
// ticket's line, so that there is one for each, and an answer to it finds back.
func (r *running) mailTicket(ctx context.Context, j house.TicketMailJob) error {
	l, err := r.TicketLetter(ctx, j.Entry)
	if errors.Is(err, candor.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return r.writeTicketMail(ctx, l, j.Why)
}

// writeTicketMail writes a mail down, unless the ticket was erased meanwhile.
func (r *running) writeTicketMail(ctx context.Context, l house.TicketLetter, why string) error {
	now := r.setup.clock().UTC()
	expires := now.Add(ticketLife).Truncate(time.Second)
	token, err := r.links.Sign(link.Link{Purpose: link.Ticket, Subject: l.Ticket.ID, Party: l.Ticket.Party, Expires: expires})
	if err != nil {
		return err
	}
	address, err := url.JoinPath(r.setup.publicURL, "t", token)
	if err != nil {
		return err
	}
	p := r.phrases.For(cmp.Or(l.Ticket.Language, l.Party.Language, r.setup.language))
	text := ticketLetter(p, l, why, r.setup.provider.Name, address, p.Time(expires, r.zoneOf(l.Party)))
	id := l.Entry.ID
	m := candor.Message{ID: id, Party: l.Ticket.Party, To: l.Ticket.Mail, Language: p.Lang(), Subject: text.subject, Text: text.text,
		MessageID: string(id) + "@" + r.notify.Domain, State: candor.MessageQueued, Created: now}
	err = r.Store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.TicketTurn(ctx, l.Ticket.ID); err != nil {
			return err
		}
		t, err := tx.Ticket(ctx, candor.Everything, l.Ticket.ID)
		switch {
		case err != nil || t.Erased:
			return err
		case t.Party != l.Ticket.Party: // the letter and its link are of before
			return fmt.Errorf("write of ticket %s: %w", t.Label(), candor.ErrChanged)
		}
		if err := tx.AddMessage(ctx, m); err != nil {
			return err
		}
		return tx.Enqueue(ctx, mailJob{id}, candor.JobOptions{})
	})
	if errors.Is(err, candor.ErrExists) {
		return nil
	}
	return err
}

// ticketLetter words a mail about a ticket. To an address that anybody typed into
// the public form nothing goes that whoever did so wrote.
func ticketLetter(p phrase.Printer, l house.TicketLetter, why, provider, address, until string) letter {
	args := phrase.Args{"ticket": l.Ticket.Label(), "subject": inOneLine(l.Ticket.Subject), "provider": provider, "time": until}
	public := l.Ticket.Way == candor.TicketByForm
	if public {
		args["subject"] = p.T("support.report")
	}
	parts := []string{p.T("support.mail.hello")}
	var subject string
	switch why {
	case house.MailReceived:
		subject = p.T("support.mail.subject.received", args)
		parts = append(parts, p.T("support.mail.received", args))
	case house.MailSolved:
		subject = p.T("support.mail.subject.solved", args)
		parts = append(parts, l.Entry.Text, p.T("support.mail.solved"))
	case house.MailVerdict:
		subject = p.T("support.mail.subject.verdict", args)
		for _, u := range l.Uploads {
			name := inOneLine(u.Name)
			if public {
				name = p.T("support.report.file")
			}
			if !u.Erased {
				parts = append(parts, p.T("support.event.looked", phrase.Args{"name": name})+" "+uploadWord(p, u.State))
			}
		}
	default:
		subject = p.T("support.mail.subject.answer", args)
		parts = append(parts, l.Entry.Text)
	}
	parts = append(parts, p.T("support.mail.link", args), address, p.T("support.mail.reply")+"\n\n-- \n"+provider)
	return letter{subject, strings.Join(parts, "\n\n") + "\n"}
}

// inOneLine keeps what a person typed to one line.
func inOneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func uploadWord(p phrase.Printer, s candor.UploadState) string {
	switch s {
	case candor.UploadQuiet:
		return p.T("support.verdict.quiet")
	case candor.UploadFound:
		return p.T("support.verdict.found")
	case candor.UploadFailed:
		return p.T("support.verdict.failed")
	}
	return p.T("support.verdict.waiting")
}
