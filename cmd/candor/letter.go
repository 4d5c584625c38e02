package main

import (
	"cmp"
	"context"
	"errors"
	"time"

	"candor"
	"candor/internal/access/link"
	"candor/internal/phrase"
	"candor/internal/store"
)

// letter is a mail that brings a link.
type letter struct{ subject, text string }

func reset(p phrase.Printer, _ phrase.Args) letter {
	return letter{p.T("reset.subject"), p.T("reset.text")}
}

func invitation(p phrase.Printer, from phrase.Args) letter {
	return letter{p.T("invitation.subject", from), p.T("invitation.text", from)}
}

func renewed(p phrase.Printer, from phrase.Args) letter {
	return letter{p.T("renewed.subject", from), p.T("renewed.text", from)}
}

// post has a letter sent. Its text is not kept longer than it takes to send it.
func (r *running) post(ctx context.Context, to, language string, write func(phrase.Printer, phrase.Args) letter, address string) error {
	p := r.phrases.For(language)
	l := write(p, phrase.Args{"provider": r.setup.provider.Name})
	now := r.setup.clock().UTC()
	id := candor.NewID(now)
	m := candor.Message{ID: id, To: to, Language: p.Lang(), Subject: l.subject, Text: l.text + "\n\n" + address + "\n",
		MessageID: string(id) + "@" + r.notify.Domain, State: candor.MessageQueued, Created: now}
	return r.Store.Tx(ctx, func(tx *store.Tx) error {
		return errors.Join(tx.AddMessage(ctx, m), tx.Enqueue(ctx, mailJob{id}, candor.JobOptions{Queue: "urgent"}))
	})
}

// mails gives what mails links that work once; nil without a mail server.
func (r *running) mails(write func(phrase.Printer, phrase.Args) letter) func(context.Context, candor.User, string) error {
	if r.setup.mute() {
		return nil
	}
	return func(ctx context.Context, to candor.User, address string) error {
		return r.post(ctx, to.Mail, to.Language, write, address)
	}
}

// renewJob asks to mail another link to whom an expired one was sent to. One
// an hour is enough, however often it is asked for.
type renewJob struct {
	Case    candor.ID    `json:"case"`
	Contact link.Contact `json:"contact"`
	Hour    time.Time    `json:"hour"`
}

// Kind names the job.
func (renewJob) Kind() string { return "mail.renew" }

// renewal gives what asks for another link; nil without a mail server.
func (r *running) renewal() func(context.Context, link.Link) error {
	if r.setup.mute() {
		return nil
	}
	return func(ctx context.Context, l link.Link) error {
		return r.Store.Tx(ctx, func(tx *store.Tx) error {
			return tx.Enqueue(ctx, renewJob{l.Subject, l.Contact, r.setup.clock().UTC().Truncate(time.Hour)}, candor.JobOptions{Queue: "urgent", Once: true})
		})
	}
}

// renew mails another link, unless the party no longer has the contact.
func (r *running) renew(ctx context.Context, j renewJob) error {
	c, err := r.Store.Case(ctx, candor.Everything, j.Case)
	if errors.Is(err, candor.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	party, err := r.Store.Party(ctx, candor.Everything, c.Party)
	if err != nil {
		return err
	}
	for _, to := range party.Contacts {
		if link.ContactOf(to.Address) == j.Contact {
			address, _, err := r.link(ctx, c, to)
			if err != nil {
				return err
			}
			return r.post(ctx, to.Address, cmp.Or(to.Language, party.Language), renewed, address)
		}
	}
	return nil
}

// mute tells whether mails go nowhere.
func (s setup) mute() bool { return s.noMail && s.drop == "" }
