package house

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/store"
)

// Guest is the holder of a ticket's link, with what its person may do to it and
// to nothing else. The link ends when the ticket is given to a party: whoever made
// it is not known, and the party's people get mails with their own.
type Guest struct {
	Ticket candor.ID
	Party  candor.ID // empty if the ticket was nobody's when the link was made
}

// ticket gives the guest's ticket.
func (h *House) guestTicket(ctx context.Context, g Guest) (candor.Ticket, error) {
	t, err := h.Store.Ticket(ctx, candor.Everything, g.Ticket)
	if err == nil && (g.Ticket == "" || g.Party != t.Party || t.Erased) {
		err = fmt.Errorf("ticket %s: %w", g.Ticket, candor.ErrNotFound)
	}
	return t, err
}

// GuestTicket gives a ticket with what its person may see.
func (h *House) GuestTicket(ctx context.Context, g Guest) (TicketView, error) {
	t, err := h.guestTicket(ctx, g)
	if err != nil {
		return TicketView{}, err
	}
	v, err := h.ticketView(ctx, t)
	v.public()
	v.Party = candor.Party{Language: v.Party.Language, TimeZone: v.Party.TimeZone}
	return v, err
}

// GuestSay adds what the person writes, and a file if there is one.
func (h *House) GuestSay(ctx context.Context, g Guest, text string, file *Attachment) error {
	t, err := h.guestTicket(ctx, g)
	if err == nil {
		_, err = h.say(ctx, candor.Everything, spoken{ticket: t.ID, guest: &g, text: text, file: file})
	}
	return err
}

// GuestRate keeps how content the person is, once.
func (h *House) GuestRate(ctx context.Context, g Guest, rating int64, praise string) error {
	t, err := h.guestTicket(ctx, g)
	if err == nil {
		err = h.rate(ctx, candor.Everything, t.ID, rating, praise, &g)
	}
	return err
}

// SayTicket adds what a person writes to a ticket of its party.
func (h *House) SayTicket(ctx context.Context, who candor.Principal, id candor.ID, text string, file *Attachment) (candor.Ticket, error) {
	if err := may(who, access.ActOwn); err != nil {
		return candor.Ticket{}, err
	}
	t, err := h.say(ctx, who.Scope(), spoken{ticket: id, text: text, file: file})
	return public(who, t), err
}

// RateTicket keeps how content the person is, once.
func (h *House) RateTicket(ctx context.Context, who candor.Principal, id candor.ID, rating int64, praise string) error {
	if err := may(who, access.ActOwn); err != nil {
		return err
	}
	return h.rate(ctx, who.Scope(), id, rating, praise, nil)
}

// spoken is what a person wrote.
type spoken struct {
	ticket    candor.ID
	guest     *Guest // nil for the party's people, and by mail
	text      string
	messageID string
	file      *Attachment
}

// by is who said it; candor.ErrNotFound if the guest's link ended meanwhile.
func (g *Guest) by(t candor.Ticket) (string, error) {
	switch {
	case g == nil:
		return person(t), nil
	case g.Party != t.Party:
		return "", fmt.Errorf("ticket %s: %w", t.Label(), candor.ErrNotFound)
	}
	return "guest:" + string(t.ID), nil
}

// say adds what the person wrote; it is the staff's turn then.
func (h *House) say(ctx context.Context, scope candor.Scope, s spoken) (candor.Ticket, error) {
	text, file := strings.TrimSpace(s.text), s.file
	if text == "" && file == nil || len(text) > MostTicketText {
		return candor.Ticket{}, notAsked("the text is missing or too long", fmt.Sprintf("Write at most %d bytes.", MostTicketText))
	}
	if err := file.check(); err != nil {
		return candor.Ticket{}, err
	}
	if file != nil {
		if err := h.room(ctx, h.Store, candor.Upload{Ticket: s.ticket, Size: int64(len(file.Content))}); err != nil {
			return candor.Ticket{}, err
		}
	}
	upload, err := h.keepFile(file)
	if err != nil {
		return candor.Ticket{}, err
	}
	t, err := h.changeTicket(ctx, scope, s.ticket, func(tx *store.Tx, t *candor.Ticket) error {
		actor, err := s.guest.by(*t)
		if err != nil {
			return err
		}
		if t.Same != "" {
			return candor.WithHint(fmt.Errorf("ticket %s goes on in another: %w", t.Label(), candor.ErrInvalid), "Write into that one.")
		}
		if _, err := h.addLine(ctx, tx, candor.Entry{Ticket: t.ID, Kind: candor.EntrySaid, Actor: actor, Public: true, Text: text, MessageID: s.messageID}, nil); err != nil {
			return err
		}
		if err := h.addUpload(ctx, tx, *t, upload); err != nil {
			return err
		}
		if t.State != candor.TicketNew {
			if err := h.moved(ctx, tx, t, candor.TicketOpen, actor); err != nil {
				return err
			}
		}
		if t.Due.IsZero() {
			t.Due = h.Desk.AnswerDue(h.now())
		}
		personal := map[string]string{"text": text}
		if upload != nil {
			personal["file"] = upload.SHA256
		}
		return h.recordTicket(ctx, tx, *t, actor, map[string]any{"event": "ticket.said"}, personal)
	})
	if err != nil {
		err = errors.Join(err, h.refuseFile(ctx, upload))
	}
	return t, err
}

// moved notes another state of a ticket.
func (h *House) moved(ctx context.Context, tx *store.Tx, t *candor.Ticket, to candor.TicketState, actor string) error {
	if t.State == to {
		return nil
	}
	_, err := h.addLine(ctx, tx, candor.Entry{Ticket: t.ID, Kind: candor.EntryState, Actor: actor, Public: true}, map[string]any{"from": t.State, "to": to})
	t.State = to
	switch to {
	case candor.TicketSolved, candor.TicketClosed:
		if t.Solved.IsZero() {
			t.Solved = h.now()
		}
		t.Due = time.Time{}
	case candor.TicketWaiting:
		t.Due = time.Time{}
	case candor.TicketNew, candor.TicketOpen:
		t.Solved = time.Time{}
	}
	return err
}

func (h *House) rate(ctx context.Context, scope candor.Scope, id candor.ID, rating int64, praise string, guest *Guest) error {
	praise = strings.TrimSpace(praise)
	if rating < 1 || rating > 5 || len(praise) > 4000 {
		return notAsked("there is no such rating, or the text is too long", "Choose 1 to 5, and write at most 4,000 bytes.")
	}
	_, err := h.changeTicket(ctx, scope, id, func(tx *store.Tx, t *candor.Ticket) error {
		actor, err := guest.by(*t)
		if err != nil {
			return err
		}
		switch {
		case t.Rating > 0:
			return candor.WithHint(fmt.Errorf("ticket %s was rated: %w", t.Label(), candor.ErrExists), "It is counted once. Write to us if something changed.")
		case t.State.Open():
			return notAsked("the ticket is still worked on", "Rate it once it is solved.")
		}
		t.Rating, t.Praise, t.Rated = rating, praise, h.now()
		if _, err := h.addLine(ctx, tx, candor.Entry{Ticket: t.ID, Kind: candor.EntryRated, Actor: actor, Public: true, Text: praise}, map[string]any{"rating": rating}); err != nil {
			return err
		}
		return h.recordTicket(ctx, tx, *t, actor, map[string]any{"event": "ticket.rated", "rating": rating}, map[string]string{"text": praise})
	})
	return err
}
