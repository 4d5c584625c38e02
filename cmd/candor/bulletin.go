package main

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"candor"
	"candor/internal/access/link"
	"candor/internal/house"
	"candor/internal/intel/tlp"
	"candor/internal/phrase"
	"candor/internal/store"
)

// bulletinLinkLife is how long after the end of a bulletin its links work.
const bulletinLinkLife = 30 * 24 * time.Hour

// mailBulletin writes to somebody who got a bulletin. There is one mail for each time
// that it is asked for.
func (r *running) mailBulletin(ctx context.Context, j house.BulletinMailJob) error {
	l, err := r.BulletinLetter(ctx, j)
	if errors.Is(err, candor.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	now := r.setup.clock().UTC()
	expires := l.Version.Draft.Until
	if expires.Before(now) {
		expires = now
	}
	expires = expires.Add(bulletinLinkLife).Truncate(time.Second)
	token, err := r.links.Sign(link.Link{Purpose: link.Bulletin, Subject: l.Copy.ID, Party: l.Copy.Party, Contact: link.ContactOf(l.Copy.Address), Expires: expires})
	if err != nil {
		return err
	}
	address, err := url.JoinPath(r.setup.publicURL, "b", token)
	if err != nil {
		return err
	}
	p := r.phrases.For(l.Copy.Language, "en")
	text := bulletinLetter(p, l, j.Why, r.setup.provider.Name, address, p.Date(l.Version.Draft.Until, r.setup.zone), p.Time(expires, r.setup.zone))
	m := candor.Message{ID: j.Message, Party: l.Copy.Party, To: l.Copy.Address, Language: p.Lang(), Subject: text.subject, Text: text.text,
		MessageID: string(j.Message) + "@" + r.notify.Domain, State: candor.MessageQueued, Created: now}
	if l.Version.Draft.Mark != tlp.Red {
		return r.writeBulletin(ctx, m, true)
	}
	return r.sendSealed(ctx, p, l, j.Why, m)
}

// writeBulletin keeps a mail, once, and asks for it to be sent.
func (r *running) writeBulletin(ctx context.Context, m candor.Message, send bool) error {
	err := r.Store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.AddMessage(ctx, m); err != nil || !send {
			return err
		}
		return tx.Enqueue(ctx, mailJob{m.ID}, candor.JobOptions{Queue: queueLetters})
	})
	if errors.Is(err, candor.ErrExists) {
		return nil
	}
	return err
}

// sendSealed sends a mail whose text is in a file that only its recipient opens: what
// it says is red, its title and the link to it too.
func (r *running) sendSealed(ctx context.Context, p phrase.Printer, l house.BulletinLetter, why house.BulletinWhy, m candor.Message) error {
	file, err := l.Entry.Encrypt(candor.Attachment{Name: "bulletin-" + string(l.Bulletin.ID) + ".txt", Type: "text/plain; charset=utf-8", Data: []byte(m.Text)})
	if err != nil {
		return err
	}
	args := phrase.Args{"provider": r.setup.provider.Name, "mark": l.Version.Draft.Mark.String(), "file": file.Name}
	subject, says := p.T("bulletin.mail.subject.sealed", args), p.T("bulletin.mail.sealed", args)
	if why == house.BulletinGone {
		subject, says = p.T("bulletin.mail.subject.sealed.withdrawn", args), p.T("bulletin.mail.sealed.withdrawn", args)
	}
	m.Subject, m.Text = subject, strings.Join([]string{p.T("bulletin.mail.hello"), says, "-- \n" + r.setup.provider.Name}, "\n\n")+"\n"
	if err := r.writeBulletin(ctx, m, false); err != nil {
		return err
	}
	return r.sendWith(ctx, m.ID, file)
}

// bulletinLetter words a mail about a bulletin. Its text is read at the link, where it
// can be said to have been read.
func bulletinLetter(p phrase.Printer, l house.BulletinLetter, why house.BulletinWhy, provider, address, until, expires string) letter {
	args := phrase.Args{"provider": provider, "title": inOneLine(l.Text.Title), "mark": l.Version.Draft.Mark.String(), "n": strconv.Itoa(l.Copy.Number), "day": until, "time": expires}
	out := letter{subject: p.T("bulletin.mail.subject", args)}
	parts := []string{p.T("bulletin.mail.hello")}
	switch why {
	case house.BulletinGone:
		out.subject = p.T("bulletin.mail.subject.withdrawn", args)
		parts = append(parts, p.T("bulletin.mail.withdrawn", args), p.T("bulletin.mail.reason"), l.Bulletin.Reason)
	case house.BulletinRemind:
		out.subject = p.T("bulletin.mail.subject.remind", args)
		parts = append(parts, p.T("bulletin.mail.remind", args), p.T("bulletin.mail.link", args), address, p.T("bulletin.mail.until", args))
	default:
		parts = append(parts, p.T("bulletin.mail.new", args))
		if l.Copy.Number > 1 {
			parts = append(parts, p.T("bulletin.mail.version", args))
		}
		parts = append(parts, p.T("bulletin.mail.link", args), address, p.T("bulletin.mail.until", args))
	}
	out.text = strings.Join(append(parts, p.T("bulletin.mail.mark", args), "-- \n"+provider), "\n\n") + "\n"
	return out
}
