package main

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"candor"
	"candor/internal/access/link"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/store"
)

// outcomeLife is how long the link to what became of a report works.
const outcomeLife = 180 * 24 * time.Hour

// acknowledge writes to a reporter that a report came in. The mail has the
// identifier of the report, so that there is only one.
func (r *running) acknowledge(ctx context.Context, j house.AcknowledgeJob) error {
	x, err := r.Store.Report(ctx, j.Report)
	if errors.Is(err, candor.ErrNotFound) || err == nil && x.Reporter == "" { // it was erased meanwhile
		return nil
	}
	if err != nil {
		return err
	}
	now := r.setup.clock().UTC()
	token, err := r.links.Sign(link.Link{Purpose: link.Report, Subject: x.ID, Contact: link.ContactOf(x.Reporter), Expires: now.Add(outcomeLife).Truncate(time.Second)})
	if err != nil {
		return err
	}
	address, err := url.JoinPath(r.setup.publicURL, "r", token)
	if err != nil {
		return err
	}
	p := r.phrases.For(x.Language)
	text := acknowledgement(p, x, r.setup.provider.Name, address)
	m := candor.Message{ID: x.ID, To: x.Reporter, Language: p.Lang(), Subject: text.subject, Text: text.text, MessageID: string(x.ID) + "@" + r.notify.Domain,
		State: candor.MessageQueued, Created: now}
	err = r.Store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.AddMessage(ctx, m); err != nil {
			return err
		}
		return tx.Enqueue(ctx, mailJob{x.ID}, candor.JobOptions{Queue: queueLetters})
	})
	if errors.Is(err, candor.ErrExists) {
		return nil
	}
	return err
}

func acknowledgement(p phrase.Printer, x candor.Report, provider, address string) letter {
	args := phrase.Args{"provider": provider, "subject": house.Brief(x.Subject)}
	subject := p.T("reporter.mail.subject", args)
	if x.Reference != "" {
		subject += " [" + house.Brief(x.Reference) + "]"
	}
	return letter{subject, strings.Join([]string{p.T("reporter.mail.hello"), p.T("reporter.mail.text", args), p.T("reporter.mail.link"), address}, "\n\n") + "\n"}
}
