package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"candor"
	"candor/internal/desk"
	"candor/internal/phrase"
	"candor/internal/store"
)

// mailJob asks for a mail to the staff to be sent.
type mailJob struct {
	Message candor.ID `json:"message"`
}

// Kind names the job.
func (mailJob) Kind() string { return "mail.send" }

// tell mails the staff what it should hear of.
func (r *running) tell(ctx context.Context, t desk.Tx, n desk.Notice) error {
	tx, ok := t.(*store.Tx)
	if !ok {
		return fmt.Errorf("a transaction of the store was expected, and not %T", t)
	}
	to, err := r.onDuty(ctx, tx, n)
	if err != nil {
		return err
	}
	p := r.phrases.ForConsole(r.setup.language)
	address, err := url.JoinPath(r.setup.publicURL, "cases", string(n.Case.ID))
	if err != nil {
		return err
	}
	args := phrase.Args{"case": n.Case.Label(), "title": p.CaseTitle(n.Case.Title), "rule": n.Deadline.Rule, "text": n.Text,
		"due": n.Deadline.Due.In(r.setup.zone).Format("2006-01-02 15:04 MST")}
	now := r.setup.clock().UTC()
	for _, receiver := range to {
		id := candor.NewID(now)
		m := candor.Message{ID: id, Case: n.Case.ID, To: receiver, Language: p.Lang(), Subject: p.T("alarm.subject."+n.Kind, args),
			Text:      p.T("alarm.text."+n.Kind, args) + "\n\n" + p.T("alarm.open", phrase.Args{"url": address}) + "\n",
			MessageID: string(id) + "@" + r.notify.Domain, State: candor.MessageQueued, Created: now}
		if err := tx.AddMessage(ctx, m); err != nil {
			return err
		}
		if err := tx.Enqueue(ctx, mailJob{id}, candor.JobOptions{}); err != nil {
			return err
		}
	}
	return nil
}

// onDuty are the addresses of those who are told: whoever the case is assigned
// to; the analysts where that is nobody who can act; the address that the
// configuration names where there are none, and the administrators where it
// names none. That a deadline was missed the configured address hears, too.
func (r *running) onDuty(ctx context.Context, tx *store.Tx, n desk.Notice) (to []string, err error) {
	staff, err := tx.Staff(ctx)
	if err != nil {
		return nil, err
	}
	of := func(fits func(candor.User) bool) (all []string) {
		for _, u := range staff {
			if u.Mail != "" && fits(u) {
				all = append(all, u.Mail)
			}
		}
		return all
	}
	for _, try := range []func() []string{
		func() []string { return of(func(u candor.User) bool { return u.ID == n.Case.Assignee }) },
		func() []string { return of(func(u candor.User) bool { return u.Role == candor.RoleAnalyst }) },
		func() []string { return r.setup.alarms },
		func() []string { return of(func(candor.User) bool { return true }) },
	} {
		if to = try(); len(to) > 0 {
			break
		}
	}
	if n.Kind == "deadline-missed" {
		for _, a := range r.setup.alarms {
			if !slices.Contains(to, a) {
				to = append(to[:len(to):len(to)], a)
			}
		}
	}
	return to, nil
}

// mailPatience is how long a mail to the staff is tried.
const mailPatience = 24 * time.Hour

// send sends a mail by its identifier.
func (r *running) send(ctx context.Context, j mailJob) error { return r.sendWith(ctx, j.Message) }

// sendWith sends a mail with files.
func (r *running) sendWith(ctx context.Context, id candor.ID, files ...candor.Attachment) error {
	m, err := r.Store.Message(ctx, id)
	if err != nil {
		return err
	}
	m.Attachments = files
	return r.deliver(ctx, m)
}

// deliver sends a mail that was written down, or says when to try again.
func (r *running) deliver(ctx context.Context, m candor.Message) error {
	if m.State != candor.MessageQueued && m.State != candor.MessageSending {
		return nil
	}
	from := m.State
	m.State, m.Attempts = candor.MessageSending, m.Attempts+1
	box := mailbox{r.Store}
	if err := box.ChangeMessage(ctx, m, from); err != nil {
		return err
	}
	sent := r.notify.Sender.Send(ctx, m)
	now := r.setup.clock().UTC()
	switch {
	case sent == nil:
		m.State, m.Sent, m.Error = candor.MessageSent, now, ""
	case errors.Is(sent, candor.ErrDenied) || errors.Is(sent, candor.ErrInvalid):
		m.State, m.Bounced, m.Error = candor.MessageBounced, now, sent.Error()
	case now.Sub(m.Created) > mailPatience:
		m.State, m.Error = candor.MessageFailed, sent.Error()
	default:
		m.State, m.Error = candor.MessageQueued, sent.Error()
	}
	if m.State != candor.MessageQueued && m.Case == "" && m.Response == "" {
		m.Text = "" // it may hold a link that sets a password; of what is passed on the forward has it
	}
	if err := box.ChangeMessage(context.WithoutCancel(ctx), m, candor.MessageSending); err != nil {
		return err
	}
	if m.State == candor.MessageQueued {
		return candor.Later(sent, min(time.Duration(m.Attempts)*time.Minute, time.Hour))
	}
	return nil
}
