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
	"candor/internal/access/link"
	"candor/internal/consent/campaign"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/store"
)

// queueLetters is for mails of which there may be a million: others do not wait
// behind them.
const queueLetters = "letters"

// askJob sends one mail of a campaign, if its party still has not answered.
type askJob struct {
	Campaign candor.ID `json:"campaign"`
	Party    candor.ID `json:"party"`
	Message  candor.ID `json:"message"`
}

// Kind names the job.
func (askJob) Kind() string { return "mail.ask" }

// askLinkLife is how long after its deadline a campaign's link works: what it
// shows is still true then.
const askLinkLife = 30 * 24 * time.Hour

// campaigns does what is due in campaigns.
func (r *running) campaigns(ctx context.Context) error { return r.RunCampaigns(ctx, r.writeAsking) }

// writeAsking writes down a mail that asks a party for an answer.
func (r *running) writeAsking(ctx context.Context, tx *store.Tx, a house.Asking) error {
	text, err := r.links.Sign(link.Link{Purpose: link.Consent, Subject: a.Party.ID, Party: a.Party.ID, Contact: link.ContactOf(a.Contact.Address),
		Expires: a.Campaign.Deadline.Add(askLinkLife).Truncate(time.Second)})
	if err != nil {
		return err
	}
	address, err := url.JoinPath(r.setup.publicURL, "a", text, "terms", string(a.Terms.ID))
	if err != nil {
		return err
	}
	p := r.phrases.For(cmp.Or(a.Contact.Language, a.Party.Language))
	l := askLetter(p, a, r.setup.provider.Name, r.zoneOf(a.Party), address)
	now := r.setup.clock().UTC()
	id := candor.NewID(now)
	m := candor.Message{ID: id, Party: a.Party.ID, To: a.Contact.Address, Language: p.Lang(), Subject: l.subject, Text: l.text,
		MessageID: string(id) + "@" + r.notify.Domain, State: candor.MessageQueued, Created: now}
	if err := tx.AddMessage(ctx, m); err != nil {
		return err
	}
	return tx.Enqueue(ctx, askJob{a.Campaign.ID, a.Party.ID, id}, candor.JobOptions{Queue: queueLetters})
}

// zoneOf is where a party is, or the provider.
func (r *running) zoneOf(p candor.Party) *time.Location {
	if zone, err := time.LoadLocation(p.TimeZone); err == nil && p.TimeZone != "" {
		return zone
	}
	return r.setup.zone
}

// askLetter is the mail. It says what changed, by when to answer, that no is as
// good an answer as yes, and what happens if there is none.
func askLetter(p phrase.Printer, a house.Asking, provider string, zone *time.Location, address string) letter {
	title := cmp.Or(a.Terms.Titles[p.Lang()], a.Terms.Titles["en"], a.Terms.Document)
	args := phrase.Args{"provider": provider, "title": title, "version": a.Terms.Label, "deadline": p.Time(a.Campaign.Deadline, zone), "effective": p.Date(a.Terms.Effective, zone)}
	subject, opening := p.T("campaign.subject.ask", args), p.T("campaign.opening.ask", args)
	if a.Step == campaign.Remind {
		subject, opening = p.T("campaign.subject.remind", args), p.T("campaign.opening.remind", args)
	}
	silence := p.T("campaign.silence.keep", args)
	if a.Campaign.Silence == campaign.End {
		silence = p.T("campaign.silence.end", args)
	}
	return letter{subject, strings.Join([]string{p.T("campaign.hello", args), opening, p.T("campaign.answer", args), address, silence,
		p.T("campaign.policy", args) + "\n" + strings.TrimSpace(a.Campaign.PolicyIn(p.Lang())), p.T("campaign.link", args)}, "\n\n") + "\n"}
}

// sendAsking sends a mail of a campaign. One whose party answered meanwhile is
// not sent any more.
func (r *running) sendAsking(ctx context.Context, j askJob) error {
	waits, err := r.Waits(ctx, j.Campaign, j.Party)
	if err != nil && !errors.Is(err, candor.ErrNotFound) {
		return err
	}
	if waits {
		return r.send(ctx, mailJob{j.Message})
	}
	m, err := r.Store.Message(ctx, j.Message)
	if err != nil || m.State != candor.MessageQueued {
		return err
	}
	m.State, m.Text, m.Error = candor.MessageFailed, "", "not needed any more: there is an answer, or the campaign is over"
	if err := (mailbox{r.Store}).ChangeMessage(ctx, m, candor.MessageQueued); err != nil {
		return fmt.Errorf("take a mail back: %w", err)
	}
	return nil
}
