package house

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"candor"
	"candor/internal/access"
	"candor/internal/desk"
	"candor/internal/directory"
	"candor/internal/intel"
	"candor/internal/intel/group"
	"candor/internal/intel/tlp"
	"candor/internal/store"
)

// ShareOrder asks to share what others may get of a case.
type ShareOrder struct {
	Case  candor.ID
	Group candor.ID
	// Values are those of the indicators that are shared; nil is all of them.
	Values []string
	// To are entries of the directory that are members of the group: with any, it goes
	// to them alone, by mail. With none, it goes into the group's collection, and by
	// mail to all members that are entries.
	To []candor.ID
}

// ShareOffer is what could be shared of a case with a group.
type ShareOffer struct {
	Bundle intel.Bundle `json:"bundle"`
	Left   PackLeft     `json:"left"` // what had to be left out in any case
	// Faults say what of the bundle may not go to the group, and why.
	Faults []group.Fault `json:"faults"`
	Mails  []string      `json:"mails"` // names of the organisations that would get mails
	// Collection says that it would go into the group's collection.
	Collection bool `json:"collection"`
}

// sharing is what is shared of a case with a group.
type sharing struct {
	c       candor.Case
	g       group.Group
	way     group.Way
	bundle  intel.Bundle
	left    PackLeft
	entries []directory.Entry
	formats map[candor.ID]PackFormat
}

// OfferShare tells what could be shared, and what of it may not go to the group. It
// keeps no record.
func (h *House) OfferShare(ctx context.Context, who candor.Principal, o ShareOrder) (ShareOffer, error) {
	s, err := h.sharing(ctx, who, o)
	if err != nil {
		return ShareOffer{}, err
	}
	offer := ShareOffer{Bundle: s.bundle, Left: s.left, Faults: []group.Fault{}, Mails: []string{}, Collection: !s.way.Named}
	for _, e := range s.entries {
		offer.Mails = append(offer.Mails, e.Name)
	}
	_, err = s.g.Release(s.bundle, s.way)
	var refused *group.Refused
	if errors.As(err, &refused) {
		offer.Faults, err = refused.Faults, nil
	}
	return offer, err
}

// Share shares what others may get of a case with a group: all that is chosen, or
// nothing. What is marked too strictly for the group is a group.Refused, which is
// candor.ErrDenied and names each. The evidence log keeps what went to whom.
func (h *House) Share(ctx context.Context, who candor.Principal, o ShareOrder) (group.Shipment, error) {
	s, err := h.sharing(ctx, who, o)
	if err != nil {
		return group.Shipment{}, err
	}
	release, err := s.g.Release(s.bundle, s.way)
	if err != nil {
		return group.Shipment{}, candor.WithHint(err, "Leave out what may not go there, or choose another group.")
	}
	enclosed, err := h.encloseAll(s, release)
	if err != nil {
		return group.Shipment{}, err
	}
	b, now := release.Bundle(), h.now()
	sent := group.Shipment{ID: candor.NewID(now), Group: s.g.ID, Case: s.c.ID, Bundle: b.ID, At: now, By: who.Actor(), Mark: b.Mark(), Audience: release.Audience(), Indicators: len(b.Indicators)}
	err = h.tx(ctx, func(tx *store.Tx) error {
		latest, err := tx.Group(ctx, s.g.ID)
		if err != nil {
			return err
		}
		if latest.Edition != s.g.Edition {
			return candor.WithHint(fmt.Errorf("group %s: %w", s.g.ID, candor.ErrChanged), "Somebody changed the group meanwhile. Look at it again.")
		}
		if !s.way.Named {
			if sent.Objects, err = h.publish(ctx, tx, s.g, release); err != nil {
				return err
			}
		}
		sent.Mails = nil
		for _, e := range enclosed {
			if err := tx.KeepFile(ctx, e.mail.Message, e.file); err != nil {
				return err
			}
			if err := tx.Enqueue(ctx, ShipmentJob{sent.ID, e.mail.Message, e.mail.Entry, sent.Mark}, candor.JobOptions{}); err != nil {
				return err
			}
			sent.Mails = append(sent.Mails, e.mail)
		}
		if err := tx.AddShipment(ctx, sent); err != nil {
			return err
		}
		body := map[string]any{"shared": s.g.Name, "group": s.g.ID, "shipment": sent.ID, "bundle": b.ID, "audience": sent.Audience, "tlp": sent.Mark, "indicators": sent.Indicators, "objects": sent.Objects, "mails": sent.Mails, "left": s.left}
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		return tx.AddRecords(ctx, s.c.Party, candor.Record{ID: candor.NewID(now), Kind: candor.RecordDecision, At: now, Subject: s.g.ID, Case: s.c.ID, Actor: who.Actor(), Body: text})
	})
	return sent, err
}

// sharing gathers what is asked for.
func (h *House) sharing(ctx context.Context, who candor.Principal, o ShareOrder) (s sharing, err error) {
	if err := may(who, access.ActCases); err != nil {
		return s, err
	}
	if h.Producer.Name == "" {
		return s, candor.WithHint(fmt.Errorf("nobody is named who shares it: %w", candor.ErrUnavailable), "Name the provider in the configuration.")
	}
	if s.c, err = h.Store.Case(ctx, who.Scope(), o.Case); err == nil {
		err = desk.Incident(s.c)
	}
	if err != nil {
		return s, err
	}
	if s.g, err = h.Store.Group(ctx, o.Group); err != nil {
		return s, err
	}
	if err := h.recipients(ctx, &s, o.To); err != nil {
		return s, err
	}
	shared, bulk, err := h.shareable(ctx, s.c)
	if err != nil {
		return s, err
	}
	// All that could go to anybody outside: the group decides of each.
	release, out, err := intel.Redact(shared, h.Producer, tlp.Recipients)
	if err != nil {
		return s, err
	}
	s.bundle, s.way.Given = release.Bundle(), shared.TLP != ""
	s.bundle.TLP, s.bundle.Modified = shared.TLP.Effective(), h.now()
	s.left = PackLeft{Private: out.Private, Marked: out.Marked + release.Held(), Invalid: out.Invalid, Bulk: bulk}
	if o.Values == nil {
		return s, nil
	}
	there := len(s.bundle.Indicators)
	s.bundle.Indicators = slices.DeleteFunc(s.bundle.Indicators, func(i intel.Indicator) bool { return !slices.Contains(o.Values, i.Value) })
	if there > 0 && len(o.Values) > 0 && len(s.bundle.Indicators) == 0 {
		return s, candor.WithHint(fmt.Errorf("nothing of the case is what was chosen: %w", candor.ErrInvalid), "Choose again: the case changed, or it may not leave at all.")
	}
	return s, nil
}

// recipients finds who gets a mail.
func (h *House) recipients(ctx context.Context, s *sharing, to []candor.ID) error {
	s.formats, s.way.Named = map[candor.ID]PackFormat{}, len(to) > 0
	for _, id := range to {
		if m, ok := s.g.Member(id); !ok || m.Entry == "" {
			return candor.WithHint(fmt.Errorf("%s is no member that gets mails: %w", id, candor.ErrInvalid), "Name entries of the directory that are in the group.")
		}
	}
	for _, m := range s.g.Members {
		if m.Entry == "" || len(to) > 0 && !slices.Contains(to, m.Entry) {
			continue
		}
		e, err := h.Store.Entry(ctx, m.Entry)
		if err != nil {
			return err
		}
		if !e.Retired.IsZero() || e.Address(directory.Mail) == "" || !e.TakesClass(s.c.Class) {
			if len(to) > 0 {
				return candor.WithHint(fmt.Errorf("%s is retired, has no mail address, or does not take this class: %w", e.Name, candor.ErrInvalid), "Look at its entry of the directory.")
			}
			continue
		}
		s.entries, s.formats[e.ID] = append(s.entries, e), PackFormat(m.Format)
	}
	if len(s.entries) > 0 && h.Mute {
		return candor.WithHint(fmt.Errorf("there is no mail server to send by: %w", candor.ErrUnavailable), "Name one in the configuration.")
	}
	return nil
}

// ShipmentJob asks to mail what was shared.
type ShipmentJob struct {
	Shipment candor.ID `json:"shipment"`
	Message  candor.ID `json:"message"`
	Entry    candor.ID `json:"entry"`
	Mark     tlp.Mark  `json:"mark"`
}

// Kind names the job.
func (ShipmentJob) Kind() string { return "mail.shipment" }

// enclosure is a mail to an organisation, with what it brings.
type enclosure struct {
	mail group.Mail
	file candor.Attachment
}

// encloseAll writes what the mails bring. It takes its time, and no transaction waits
// for it: who shares the same format shares the writing, and each key seals once.
func (h *House) encloseAll(s sharing, r intel.Release) ([]enclosure, error) {
	files := map[PackFormat]candor.Attachment{}
	all := make([]enclosure, 0, len(s.entries))
	for _, e := range s.entries {
		f := s.formats[e.ID]
		file, written := files[f]
		if !written {
			write, ending, media, err := f.written()
			if err != nil {
				return nil, err
			}
			var b bytes.Buffer
			if err := write(&b, r); err != nil {
				return nil, fmt.Errorf("write for %s as %s: %w", e.Name, f, err)
			}
			file = candor.Attachment{Name: "incident-" + string(r.Bundle().ID) + ending, Type: media, Data: b.Bytes()}
			files[f] = file
		}
		one, err := h.enclose(e, f, file, r.Bundle().Mark())
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// enclose makes of what is written what an organisation gets: encrypted if it has a
// key. What is red goes encrypted or not at all.
func (h *House) enclose(e directory.Entry, f PackFormat, file candor.Attachment, mark tlp.Mark) (enclosure, error) {
	sum := sha256.Sum256(file.Data)
	out := enclosure{group.Mail{Message: candor.NewID(h.now()), Entry: e.ID, Name: e.Name, Format: string(f), SHA256: hex.EncodeToString(sum[:]), Encrypted: e.Key != ""}, file}
	switch {
	case e.Key != "":
		sealed, err := e.Encrypt(file)
		if err != nil {
			return out, err
		}
		out.file = sealed
	case mark.Compare(tlp.Amber) > 0:
		return out, candor.WithHint(fmt.Errorf("%s may not go to %s unencrypted: %w", mark, e.Name, candor.ErrDenied), "Put their OpenPGP key into the directory.")
	}
	return out, nil
}

// ShipmentLetter is what a mail to an organisation brings.
type ShipmentLetter struct {
	Entry directory.Entry
	File  candor.Attachment
}

// ShipmentLetter gives it for the program itself. Once it was sent, or where the
// organisation is not in use any more, it is candor.ErrNotFound.
func (h *House) ShipmentLetter(ctx context.Context, j ShipmentJob) (l ShipmentLetter, err error) {
	if l.File, err = h.Store.FileOf(ctx, j.Message); err != nil {
		return l, err
	}
	if l.Entry, err = h.Store.Entry(ctx, j.Entry); err != nil {
		return l, err
	}
	if !l.Entry.Retired.IsZero() || l.Entry.Address(directory.Mail) == "" {
		return l, errors.Join(fmt.Errorf("%s is not in use any more: %w", l.Entry.Name, candor.ErrNotFound), h.DropFile(ctx, j.Message))
	}
	return l, nil
}

// DropFile forgets what a mail brought, once it was sent or given up.
func (h *House) DropFile(ctx context.Context, message candor.ID) error {
	return h.tx(ctx, func(tx *store.Tx) error { return tx.DropFile(ctx, message) })
}
