package main

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"candor"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/store"
)

// mailGrace writes to the owner of a site whose grace at the gate began, or is about to
// end: once each.
func (r *running) mailGrace(ctx context.Context, j house.GraceJob) error {
	g, err := r.Grace(ctx, j)
	if errors.Is(err, candor.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	id := j.Move
	if j.Ending {
		id = mailID("grace ends " + string(j.Move))
	}
	address, err := url.JoinPath(r.setup.publicURL, "my", "sites", string(g.Site.ID))
	if err != nil {
		return err
	}
	p := r.phrases.For(g.To.Language)
	l := graceLetter(p, g, j.Ending, r.setup.provider.Name, address, r.zoneOf(g.Party))
	m := candor.Message{ID: id, Party: g.Party.ID, To: g.To.Address, Language: p.Lang(), Subject: l.subject, Text: l.text,
		MessageID: string(id) + "@" + r.notify.Domain, State: candor.MessageQueued, Created: r.setup.clock().UTC()}
	err = r.Store.Tx(ctx, func(tx *store.Tx) error {
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

// graceLetter says what is missing, until when the site can be reached, and where it is
// mended.
func graceLetter(p phrase.Printer, g house.Grace, ending bool, provider, address string, zone *time.Location) letter {
	args := phrase.Args{"site": inOneLine(g.Site.Name), "time": p.Time(g.Deadline, zone), "provider": provider}
	subject, opening := p.T("gate.mail.began.subject", args), p.T("gate.mail.began", args)
	if ending {
		subject, opening = p.T("gate.mail.ends.subject", args), p.T("gate.mail.ends", args)
	}
	var missing []string
	for _, c := range g.Unmet {
		missing = append(missing, "- "+p.Word("gate.check.", c.Check)+": "+p.Word("gate.why.", c.Why))
	}
	return letter{subject, strings.Join([]string{p.T("campaign.hello", args), opening, p.T("gate.mail.missing") + "\n" + strings.Join(missing, "\n"),
		p.T("gate.mail.where", args), address}, "\n\n") + "\n\n-- \n" + provider + "\n"}
}
