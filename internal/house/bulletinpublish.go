package house

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/directory"
	"candor/internal/intel"
	"candor/internal/intel/bulletin"
	"candor/internal/intel/group"
	"candor/internal/intel/tlp"
	"candor/internal/store"
)

// BulletinTo is who would get a bulletin by mail.
type BulletinTo struct {
	Party    candor.ID `json:"party,omitempty"`
	Entry    candor.ID `json:"entry,omitempty"`
	Name     string    `json:"name"`
	Address  string    `json:"address"`
	Language string    `json:"language"` // of the text that they would get
	// Encrypted says that the mail is encrypted with their key: what is red is.
	Encrypted bool `json:"encrypted,omitempty"`
}

// BulletinFault says why a bulletin may not go out: a group or a recipient that may
// not get it, or cannot.
type BulletinFault struct {
	Name string    `json:"name"`
	Why  group.Why `json:"why"`
}

// Reasons besides those of the gate (package group).
const (
	WhyUnreachable group.Why = "unreachable" // retired, erased, or without a mail address
	WhyNoKey       group.Why = "no-key"      // red goes encrypted, and there is no key to encrypt with
)

// BulletinOffer is where a bulletin would go.
type BulletinOffer struct {
	Bulletin    bulletin.Bulletin `json:"bulletin"`
	Number      int               `json:"number"` // of the version that it would be
	Collections []string          `json:"collections"`
	Mails       []BulletinTo      `json:"mails"`
	// Faults say why it may not go out. Left are members of groups that get no mail,
	// and why; others do.
	Faults []BulletinFault `json:"faults"`
	Left   []BulletinFault `json:"left"`
}

// OfferBulletin tells where a bulletin would go. It keeps no record.
func (h *House) OfferBulletin(ctx context.Context, who candor.Principal, id candor.ID) (o BulletinOffer, err error) {
	if err := may(who, access.ActCases); err != nil {
		return o, err
	}
	b, err := h.Store.Bulletin(ctx, id)
	if err != nil {
		return o, err
	}
	s, err := h.spread(ctx, h.Store, b, h.now())
	if err != nil {
		return o, err
	}
	return s.BulletinOffer, nil
}

// addressBook is where recipients are looked up: the store, or a transaction of it.
type addressBook interface {
	Group(ctx context.Context, id candor.ID) (group.Group, error)
	Entry(ctx context.Context, id candor.ID) (directory.Entry, error)
	Party(ctx context.Context, s candor.Scope, id candor.ID) (candor.Party, error)
}

// spread is where a bulletin goes, and what of it may.
type spread struct {
	BulletinOffer
	bundle intel.Bundle
	groups []group.Group // into whose collections it goes
	goods  []intel.Release
	seen   map[candor.ID]bool
}

func (h *House) spread(ctx context.Context, from addressBook, b bulletin.Bulletin, at time.Time) (*spread, error) {
	s := &spread{seen: map[candor.ID]bool{}, bundle: b.Bundle(b.Draft, h.Producer, at, false)}
	s.BulletinOffer = BulletinOffer{Bulletin: b, Number: b.Number + 1, Collections: []string{}, Mails: []BulletinTo{}, Faults: []BulletinFault{}, Left: []BulletinFault{}}
	if len(b.Draft.Entries)+len(b.Draft.Parties) > 0 { // before groups, whose members who cannot get it stop nothing
		if err := s.named(ctx, from); err != nil {
			return nil, err
		}
	}
	for _, id := range b.Draft.Groups {
		g, err := from.Group(ctx, id)
		if err != nil {
			return nil, err
		}
		if err := s.group(ctx, from, g); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// group takes in a group: its collection, and its members who get mails. A bulletin is
// of no class, so that all groups take it.
func (s *spread) group(ctx context.Context, from addressBook, g group.Group) error {
	g.Classes = nil
	red := s.bundle.TLP.Effective() == tlp.Red
	r, err := g.Release(s.bundle, group.Way{Named: red})
	if err != nil {
		return s.refused(g.Name, err)
	}
	if !red {
		s.groups, s.goods, s.Collections = append(s.groups, g), append(s.goods, r), append(s.Collections, g.Name)
	}
	for _, m := range g.Members {
		if err := s.member(ctx, from, m.Party, m.Entry, &s.Left); err != nil {
			return err
		}
	}
	return nil
}

// named takes in those who are named themselves.
func (s *spread) named(ctx context.Context, from addressBook) error {
	if _, err := group.Named("those who are named").Release(s.bundle, group.Way{Named: true}); err != nil {
		return s.refused("", err)
	}
	for _, id := range s.Bulletin.Draft.Entries {
		if err := s.member(ctx, from, "", id, &s.Faults); err != nil {
			return err
		}
	}
	for _, id := range s.Bulletin.Draft.Parties {
		if err := s.member(ctx, from, id, "", &s.Faults); err != nil {
			return err
		}
	}
	return nil
}

// member takes in one who gets a mail, once; who cannot is noted.
func (s *spread) member(ctx context.Context, from addressBook, party, entry candor.ID, unable *[]BulletinFault) error {
	if s.seen[party+entry] {
		return nil
	}
	s.seen[party+entry] = true
	to, key := BulletinTo{Party: party, Entry: entry}, ""
	var languages []string
	if entry != "" {
		e, err := from.Entry(ctx, entry)
		if err != nil {
			return err
		}
		to.Name, key, languages = e.Name, e.Key, e.Languages
		if e.Retired.IsZero() {
			to.Address = e.Address(directory.Mail)
		}
	} else {
		p, err := from.Party(ctx, candor.Everything, party)
		if err != nil {
			return err
		}
		to.Name, languages = p.Name, []string{p.Language}
		if c, is := informed(p); is {
			to.Address, languages = c.Address, []string{c.Language, p.Language}
		}
	}
	to.Language, to.Encrypted = languageFor(s.Bulletin.Draft, languages), s.bundle.TLP.Effective() == tlp.Red
	switch {
	case to.Address == "":
		*unable = append(*unable, BulletinFault{to.Name, WhyUnreachable})
	case to.Encrypted && key == "":
		*unable = append(*unable, BulletinFault{to.Name, WhyNoKey})
	default:
		s.Mails = append(s.Mails, to)
	}
	return nil
}

// languageFor gives the language in which somebody is written to: that of a text, if they
// speak one of those, else their own, so that what the mail says besides is read.
func languageFor(d bulletin.Draft, languages []string) string {
	languages = slices.DeleteFunc(slices.Clone(languages), func(l string) bool { return l == "" })
	for _, l := range languages {
		base, _, _ := strings.Cut(strings.ToLower(l), "-")
		if t := d.In(l); t.Language == base {
			return base
		}
	}
	if len(languages) > 0 {
		return languages[0]
	}
	return d.In("").Language
}

// informed gives whom of a party to write to about practice.
func informed(p candor.Party) (best candor.Contact, is bool) {
	rank := map[string]int{"technical": 3, "abuse": 2, "": 1}
	for _, to := range p.Contacts {
		if to.Channel == candor.Mail && to.Address != "" && (!is || rank[to.Purpose] > rank[best.Purpose]) {
			best, is = to, true
		}
	}
	return best, is && !p.Erased
}

// refused notes what the gate does not let through.
func (s *spread) refused(name string, err error) error {
	var r *group.Refused
	if !errors.As(err, &r) {
		return err
	}
	for _, f := range r.Faults {
		s.Faults = append(s.Faults, BulletinFault{name, f.Why})
	}
	return nil
}

// PublishBulletin approves the draft of a bulletin and has it go out as its next
// version: into the collections of groups, and by mail. It goes to all, or to nobody: a
// mark that is too strict for one of them is candor.ErrDenied. The edition is that of
// the draft that was looked at.
func (h *House) PublishBulletin(ctx context.Context, who candor.Principal, id candor.ID, edition int64) (v bulletin.Version, err error) {
	if err := may(who, access.ApproveResponses); err != nil {
		return v, err
	}
	if h.Producer.Name == "" {
		return v, candor.WithHint(fmt.Errorf("nobody is named who publishes it: %w", candor.ErrUnavailable), "Name the provider in the configuration.")
	}
	err = h.tx(ctx, func(tx *store.Tx) error {
		b, err := h.publishable(ctx, tx, id, edition)
		if err != nil {
			return err
		}
		now := h.now()
		s, err := h.spread(ctx, tx, b, now)
		if err != nil {
			return err
		}
		if err := h.goes(s); err != nil {
			return err
		}
		if err := h.revokeBulletin(ctx, tx, b, now, s.groups); err != nil {
			return err
		}
		for i, g := range s.groups {
			if _, err := h.publish(ctx, tx, g, s.goods[i]); err != nil {
				return err
			}
		}
		v = bulletin.Version{Bulletin: id, Number: s.Number, Draft: b.Draft, SHA256: b.Draft.Digest(), Author: b.Author, By: who.Actor(), At: now}
		was := b.Edition
		b.State, b.Number, b.Changed, b.Reason, b.Withdrawn, b.Edition, b.Updated = bulletin.Published, v.Number, false, "", time.Time{}, was+1, now
		if err := errors.Join(tx.AddBulletinVersion(ctx, v), tx.ChangeBulletin(ctx, b, was), tx.StopBulletinReminders(ctx, id, v.Number-1)); err != nil {
			return err
		}
		if err := h.handOut(ctx, tx, v, s.Mails); err != nil {
			return err
		}
		return h.recordBulletin(ctx, tx, who, b, map[string]any{"bulletin": "published", "version": v.Number, "author": v.Author, "groups": b.Draft.Groups, "mails": len(s.Mails)})
	})
	return v, err
}

// publishable gives a bulletin of which a version can go out.
func (h *House) publishable(ctx context.Context, tx *store.Tx, id candor.ID, edition int64) (b bulletin.Bulletin, err error) {
	if err := tx.Turn(ctx, "bulletin", id); err != nil {
		return b, err
	}
	if b, err = tx.Bulletin(ctx, id); err != nil {
		return b, err
	}
	switch {
	case b.Edition != edition:
		return b, candor.WithHint(fmt.Errorf("bulletin %s: %w", id, candor.ErrChanged), "Somebody changed it meanwhile. Look at it again.")
	case b.State == bulletin.Published && !b.Changed:
		return b, candor.WithHint(fmt.Errorf("it is published as it is: %w", candor.ErrInvalid), "Change it first.")
	case b.Number >= bulletin.MostVersions:
		return b, candor.WithHint(fmt.Errorf("it has %d versions: %w", b.Number, candor.ErrInvalid), "Write another bulletin.")
	}
	return b, b.Draft.Check(h.now())
}

// goes tells why a bulletin may not go out.
func (h *House) goes(s *spread) error {
	switch {
	case len(s.Faults) > 0:
		var said []string
		for _, f := range s.Faults {
			said = append(said, strings.TrimSpace(f.Name+" ("+string(f.Why)+")"))
		}
		return candor.WithHint(fmt.Errorf("it may not go to %s: %w", strings.Join(said, ", "), candor.ErrDenied), "Take out who may not get it, or choose another mark.")
	case len(s.Mails)+len(s.Collections) == 0:
		return candor.WithHint(fmt.Errorf("nobody would get it: %w", candor.ErrInvalid), "Name a sharing group, a partner or a vendor.")
	case len(s.Mails) > bulletin.MostRecipients:
		return candor.WithHint(fmt.Errorf("%d would get it: %w", len(s.Mails), candor.ErrInvalid), fmt.Sprintf("At most %d.", bulletin.MostRecipients))
	case len(s.Mails) > 0 && (h.Mute || h.PublicURL == ""):
		return candor.WithHint(fmt.Errorf("there is no mail server to send by, or no address for the link: %w", candor.ErrUnavailable), "Name both in the configuration.")
	}
	return nil
}

// handOut writes down who gets a version, and asks for their mails.
func (h *House) handOut(ctx context.Context, tx *store.Tx, v bulletin.Version, to []BulletinTo) error {
	var copies []bulletin.Copy
	for _, t := range to {
		c := bulletin.Copy{ID: candor.NewID(v.At), Bulletin: v.Bulletin, Number: v.Number, Party: t.Party, Entry: t.Entry, Name: t.Name, Address: t.Address, Language: t.Language, Sent: v.At}
		c.Due = v.Next(c, v.At)
		copies = append(copies, c)
		if err := tx.Enqueue(ctx, BulletinMailJob{c.ID, BulletinNew, c.ID}, candor.JobOptions{}); err != nil {
			return err
		}
	}
	return tx.AddBulletinCopies(ctx, copies...)
}

// revokeBulletin says in the collections that hold the last version that it holds no
// more, but for those of groups that get another there.
func (h *House) revokeBulletin(ctx context.Context, tx *store.Tx, b bulletin.Bulletin, at time.Time, but []group.Group) error {
	if b.Number == 0 || b.State != bulletin.Published {
		return nil
	}
	last, err := tx.BulletinVersion(ctx, b.ID, b.Number)
	if err != nil || last.Draft.Mark == tlp.Red { // which is in none
		return err
	}
	for _, id := range last.Draft.Groups {
		if slices.ContainsFunc(but, func(g group.Group) bool { return g.ID == id }) {
			continue
		}
		g, err := tx.Group(ctx, id)
		if err != nil {
			return err
		}
		// The collection has it: that it holds no more is said there whatever the group
		// takes by now, also if it is out of use, since it may be taken up again.
		g.Classes, g.Retired = nil, time.Time{}
		if last.Draft.Mark.Compare(g.Most) > 0 {
			g.Most = last.Draft.Mark
		}
		r, err := g.Release(b.Bundle(last.Draft, h.Producer, at, true), group.Way{})
		if err != nil {
			return err
		}
		if _, err := h.publish(ctx, tx, g, r); err != nil {
			return err
		}
	}
	return nil
}

// WithdrawBulletin says to all who got the last version that it holds no more, and
// why. Its page shows that instead of the text.
func (h *House) WithdrawBulletin(ctx context.Context, who candor.Principal, id candor.ID, reason string) (b bulletin.Bulletin, err error) {
	if err := may(who, access.ApproveResponses); err != nil {
		return b, err
	}
	if reason = strings.TrimSpace(reason); reason == "" || len(reason) > bulletin.MostComment {
		return b, candor.WithHint(fmt.Errorf("why it is withdrawn: %w", candor.ErrInvalid), "Say it in a few words: who got it reads them.")
	}
	err = h.tx(ctx, func(tx *store.Tx) error {
		if err := tx.Turn(ctx, "bulletin", id); err != nil {
			return err
		}
		if b, err = tx.Bulletin(ctx, id); err != nil {
			return err
		}
		if b.State != bulletin.Published {
			return candor.WithHint(fmt.Errorf("bulletin %s is not out: %w", id, candor.ErrChanged), "There is nothing to withdraw.")
		}
		now := h.now()
		if err := h.revokeBulletin(ctx, tx, b, now, nil); err != nil {
			return err
		}
		was := b.Edition
		b.State, b.Reason, b.Withdrawn, b.Edition, b.Updated, b.Changed = bulletin.Withdrawn, reason, now, was+1, now, true
		if err := errors.Join(tx.ChangeBulletin(ctx, b, was), tx.StopBulletinReminders(ctx, id, b.Number)); err != nil {
			return err
		}
		copies, err := tx.BulletinCopies(ctx, id, b.Number)
		if err != nil {
			return err
		}
		for _, c := range copies {
			if err := tx.Enqueue(ctx, BulletinMailJob{c.ID, BulletinGone, candor.NewID(now)}, candor.JobOptions{}); err != nil {
				return err
			}
		}
		return h.recordBulletin(ctx, tx, who, b, map[string]any{"bulletin": "withdrawn", "version": b.Number})
	})
	return b, err
}
