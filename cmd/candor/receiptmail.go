package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"candor"
	"candor/internal/access/link"
	"candor/internal/consent"
	"candor/internal/consent/receipt"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/store"
)

// controlLife is how long the link to what was agreed to works.
const controlLife = 5 * 365 * 24 * time.Hour

// mailReceipt mails the receipt of what somebody said. The mail has the
// identifier of the event, so that there is only one.
func (r *running) mailReceipt(ctx context.Context, j house.ReceiptJob) error {
	return r.writeControl(ctx, j.Event, j.User, j.Event, receiptLetter)
}

// mailControl mails the link to what a party agreed to, once in an hour.
func (r *running) mailControl(ctx context.Context, j house.ControlJob) error {
	return r.writeControl(ctx, j.Event, "", mailID(fmt.Sprintf("control %s %d", j.Event, j.Hour.Unix())), controlLetter)
}

// mailID is the identifier of a mail that is written once, by what it is.
func mailID(what string) candor.ID {
	sum := sha256.Sum256([]byte(what))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80 // a UUID of version 8 (RFC 9562)
	return candor.ID(fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16]))
}

// controlWriter words a mail with a link.
type controlWriter func(p phrase.Printer, m house.Posting, provider, lookUp, address string, zone *time.Location) letter

// writeControl writes a mail about an event with the link down, and has it sent. One
// that nobody can get is passed over.
func (r *running) writeControl(ctx context.Context, event, user, id candor.ID, write controlWriter) error {
	m, err := r.Posting(ctx, event, user)
	if errors.Is(err, candor.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return r.writeLink(ctx, m.Addressed, candor.Message{ID: id}, func(p phrase.Printer, address string, zone *time.Location) letter {
		return write(p, m, r.setup.provider.Name, r.setup.publicURL+house.ReceiptsPath, address, zone)
	})
}

// writeLink writes a mail down with a link to what a party agreed to and asked, and
// has it sent. One that was written before, by its identifier, is passed over.
func (r *running) writeLink(ctx context.Context, a house.Addressed, msg candor.Message, write func(p phrase.Printer, address string, zone *time.Location) letter) error {
	now := r.setup.clock().UTC()
	l := link.Link{Purpose: link.Consent, Subject: a.Party.ID, Party: a.Party.ID, Expires: now.Add(controlLife).Truncate(time.Second)}
	if a.Known {
		l.Contact = link.ContactOf(a.To.Address)
	}
	token, err := r.links.Sign(l)
	if err != nil {
		return err
	}
	address, err := url.JoinPath(r.setup.publicURL, "a", token)
	if err != nil {
		return err
	}
	p := r.phrases.For(a.To.Language)
	text := write(p, address, r.zoneOf(a.Party))
	msg.Party, msg.To, msg.Language, msg.Subject, msg.Text = a.Party.ID, a.To.Address, p.Lang(), text.subject, text.text
	msg.MessageID, msg.State, msg.Created = string(msg.ID)+"@"+r.notify.Domain, candor.MessageQueued, now
	err = r.Store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.AddMessage(ctx, msg); err != nil {
			return err
		}
		return tx.Enqueue(ctx, mailJob{msg.ID}, candor.JobOptions{})
	})
	if errors.Is(err, candor.ErrExists) {
		return nil
	}
	return err
}

// titleOf names terms in a language, or in one that there is.
func titleOf(p phrase.Printer, v consent.Terms) string {
	return cmp.Or(v.Titles[p.Lang()], v.Titles["en"], v.Document)
}

// receiptLetter brings a receipt: what was said, and where it can be changed.
func receiptLetter(p phrase.Printer, m house.Posting, provider, lookUp, address string, zone *time.Location) letter {
	e := m.Receipt.Event
	key := "portal.receipt.says." + string(e.Act)
	if e.Act == consent.Withdrawn && whole(m.Receipt.Clauses) {
		key += ".all"
	}
	args := phrase.Args{"provider": provider, "title": titleOf(p, m.Terms), "version": m.Terms.Label, "time": p.Time(e.At, zone), "address": lookUp}
	says := p.T(key, args)
	return letter{p.T("receipt.mail.subject", args) + " " + says, strings.Join([]string{p.T("campaign.hello", args), says + " " + p.T("receipt.mail.when", args),
		p.T("portal.receipt.link.text", args), address, p.T("receipt.mail.other", args), p.T("receipt.mail.keep", args) + "\n\n" + folded(m.Receipt.Text)}, "\n\n") + "\n"}
}

// controlLetter brings the link alone.
func controlLetter(p phrase.Printer, _ house.Posting, provider, _, address string, _ *time.Location) letter {
	args := phrase.Args{"provider": provider}
	return letter{p.T("receipt.control.subject", args), strings.Join([]string{p.T("campaign.hello", args), p.T("receipt.control.text", args), p.T("portal.receipt.link.text", args), address, p.T("campaign.link", args)}, "\n\n") + "\n"}
}

// whole tells whether a receipt is of a document as a whole.
func whole(all []receipt.Clause) bool {
	for _, c := range all {
		if !c.Optional {
			return true
		}
	}
	return false
}

// folded breaks a long word into lines that every mail takes.
func folded(text string) string {
	const most = 76
	var lines []string
	for len(text) > most {
		lines, text = append(lines, text[:most]), text[most:]
	}
	return strings.Join(append(lines, text), "\n")
}
