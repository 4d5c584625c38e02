package house

import (
	"context"
	"fmt"
	"strings"

	"candor"
	"candor/internal/access"
	"candor/internal/store"
)

// AnswerTicket answers the person, by mail and on the page, and gives the ticket
// another state: waiting, solved, or open if more is to come.
func (h *House) AnswerTicket(ctx context.Context, who candor.Principal, id candor.ID, text string, to candor.TicketState) (candor.Ticket, error) {
	if err := may(who, access.ActCases); err != nil {
		return candor.Ticket{}, err
	}
	if text = strings.TrimSpace(text); text == "" || len(text) > MostTicketText {
		return candor.Ticket{}, notAsked("the answer is missing or too long", fmt.Sprintf("Write at most %d bytes.", MostTicketText))
	}
	if to != candor.TicketOpen && to != candor.TicketWaiting && to != candor.TicketSolved {
		return candor.Ticket{}, notAsked("an answered ticket is open, waiting or solved", "Choose one of these.")
	}
	return h.changeTicket(ctx, who.Scope(), id, func(tx *store.Tx, t *candor.Ticket) error {
		if t.Same != "" {
			return candor.WithHint(fmt.Errorf("ticket %s goes on in another: %w", t.Label(), candor.ErrInvalid), "Answer that one.")
		}
		e, err := h.addLine(ctx, tx, candor.Entry{Ticket: t.ID, Kind: candor.EntryAnswer, Actor: who.Actor(), Public: true, Text: text}, nil)
		if err != nil {
			return err
		}
		if t.Answered.IsZero() {
			t.Answered = h.now()
		}
		why := MailAnswer
		if to == candor.TicketSolved {
			why = MailSolved
		}
		if err := h.moved(ctx, tx, t, to, who.Actor()); err != nil {
			return err
		}
		if to == candor.TicketOpen { // a word meanwhile; the clock runs anew
			t.Due = h.Desk.AnswerDue(h.now())
		}
		if err := h.mailTicket(ctx, tx, *t, e.ID, why); err != nil {
			return err
		}
		return h.recordTicket(ctx, tx, *t, who.Actor(), map[string]any{"event": "ticket.answered", "state": to}, map[string]string{"text": text})
	})
}

// NoteTicket adds a note that the person does not see.
func (h *House) NoteTicket(ctx context.Context, who candor.Principal, id candor.ID, text string) (candor.Ticket, error) {
	if err := may(who, access.ActCases); err != nil {
		return candor.Ticket{}, err
	}
	if text = strings.TrimSpace(text); text == "" || len(text) > MostTicketText {
		return candor.Ticket{}, notAsked("the note is missing or too long", fmt.Sprintf("Write at most %d bytes.", MostTicketText))
	}
	return h.changeTicket(ctx, who.Scope(), id, func(tx *store.Tx, t *candor.Ticket) error {
		_, err := h.addLine(ctx, tx, candor.Entry{Ticket: t.ID, Kind: candor.EntryNote, Actor: who.Actor(), Text: text}, nil)
		return err
	})
}

// MoveTicket gives a ticket another state; version is the one that was seen, or 0.
func (h *House) MoveTicket(ctx context.Context, who candor.Principal, id candor.ID, version int64, to candor.TicketState) (candor.Ticket, error) {
	if err := may(who, access.ActCases); err != nil {
		return candor.Ticket{}, err
	}
	return h.changeTicket(ctx, who.Scope(), id, func(tx *store.Tx, t *candor.Ticket) error {
		switch {
		case version != 0 && t.Version != version:
			return candor.WithHint(fmt.Errorf("ticket %s is another by now: %w", t.Label(), candor.ErrInvalid), "Look at it again.")
		case t.Same != "" || !t.State.May(to):
			return notAsked(fmt.Sprintf("a ticket that is %s does not become %.40q", t.State, to), "Choose another state.")
		}
		if to == candor.TicketOpen && t.Due.IsZero() {
			t.Due = h.Desk.AnswerDue(h.now())
		}
		if err := h.moved(ctx, tx, t, to, who.Actor()); err != nil {
			return err
		}
		return h.recordTicket(ctx, tx, *t, who.Actor(), map[string]any{"event": "ticket.moved", "state": to}, nil)
	})
}

// AssignTicket gives a ticket to somebody of the staff, or to nobody.
func (h *House) AssignTicket(ctx context.Context, who candor.Principal, id, user candor.ID) (candor.Ticket, error) {
	if err := may(who, access.ActCases); err != nil {
		return candor.Ticket{}, err
	}
	if user != "" {
		u, err := h.Store.Access().User(ctx, user)
		if err != nil {
			return candor.Ticket{}, err
		}
		if !u.Role.Staff() || u.Disabled {
			return candor.Ticket{}, candor.WithHint(candor.ErrInvalid, "Choose somebody of the staff who can sign in.")
		}
	}
	return h.changeTicket(ctx, who.Scope(), id, func(tx *store.Tx, t *candor.Ticket) error {
		if t.Assignee == user {
			return nil
		}
		t.Assignee = user
		_, err := h.addLine(ctx, tx, candor.Entry{Ticket: t.ID, Kind: candor.EntryAssigned, Actor: who.Actor()}, map[string]any{"to": user})
		return err
	})
}

// GiveTicket says whose a ticket is that was nobody's. That is said once: what
// its people wrote is seen by the party's people from then on.
func (h *House) GiveTicket(ctx context.Context, who candor.Principal, id, party candor.ID) (candor.Ticket, error) {
	if err := may(who, access.ActCases); err != nil {
		return candor.Ticket{}, err
	}
	return h.changeTicket(ctx, who.Scope(), id, func(tx *store.Tx, t *candor.Ticket) error {
		if t.Party != "" {
			return notAsked("the ticket belongs to a party", "Open another one for somebody else.")
		}
		if err := tx.Turn(ctx, "party.erase", party); err != nil {
			return err
		}
		p, err := tx.Party(ctx, who.Scope(), party)
		if err != nil {
			return err
		}
		if p.Erased {
			return notAsked("the party was erased", "Choose another one.")
		}
		t.Party = party
		if err := tx.PlaceUploads(ctx, id, t.Case, party); err != nil {
			return err
		}
		if _, err := h.addLine(ctx, tx, candor.Entry{Ticket: t.ID, Kind: candor.EntryParty, Actor: who.Actor()}, map[string]any{"party": party}); err != nil {
			return err
		}
		return h.recordTicket(ctx, tx, *t, who.Actor(), map[string]any{"event": "ticket.given", "party": party}, nil)
	})
}

// MergeTicket closes a ticket that says the same as another one of the same
// party, which goes on. It never joins those of different parties, or of none.
func (h *House) MergeTicket(ctx context.Context, who candor.Principal, id, into candor.ID) (candor.Ticket, error) {
	if err := may(who, access.ActCases); err != nil {
		return candor.Ticket{}, err
	}
	return h.changeTicket(ctx, who.Scope(), id, func(tx *store.Tx, t *candor.Ticket) error {
		if err := tx.Turn(ctx, "ticket.merge", t.Party); err != nil {
			return err
		}
		other, err := tx.Ticket(ctx, who.Scope(), into)
		if err != nil {
			return err
		}
		switch {
		case t.Party == "" || t.Party != other.Party:
			return candor.WithHint(fmt.Errorf("tickets of different parties stay apart: %w", candor.ErrDenied), "Merge those of one party only.")
		case id == into || t.Same != "" || other.Same != "" || other.Erased:
			return notAsked("one of the tickets goes on in another", "Choose the one that goes on.")
		}
		t.Same = into
		if err := h.moved(ctx, tx, t, candor.TicketClosed, who.Actor()); err != nil {
			return err
		}
		for _, e := range []struct {
			in, of candor.Ticket
		}{{*t, other}, {other, *t}} {
			if _, err := h.addLine(ctx, tx, candor.Entry{Ticket: e.in.ID, Kind: candor.EntryMerged, Actor: who.Actor(), Public: true}, map[string]any{"ticket": e.of.ID, "number": e.of.Number, "goes": e.in.ID == into}); err != nil {
				return err
			}
		}
		return h.recordTicket(ctx, tx, *t, who.Actor(), map[string]any{"event": "ticket.merged", "into": into}, nil)
	})
}

// EraseTicket removes what is personal of a ticket, its files with it.
func (h *House) EraseTicket(ctx context.Context, who candor.Principal, id candor.ID) error {
	if err := may(who, access.ManagePeople); err != nil {
		return err
	}
	var files ForgetJob
	err := h.tx(ctx, func(tx *store.Tx) error {
		t, err := tx.Ticket(ctx, who.Scope(), id)
		if err != nil {
			return err
		}
		if files, err = h.eraseTicket(ctx, tx, t); err != nil {
			return err
		}
		return h.recordJSON(ctx, tx, "", candor.RecordErasure, id, who, map[string]any{"ticket": t.Number})
	})
	if err == nil {
		err = h.Forget(ctx, files)
	}
	return err
}

func (h *House) eraseTicket(ctx context.Context, tx *store.Tx, t candor.Ticket) (j ForgetJob, err error) {
	if j.Digests, err = tx.EraseTicket(ctx, t.ID); err != nil {
		return j, err
	}
	if _, err := tx.ErasePersonal(ctx, t.ID); err != nil { // from when it was nobody's
		return j, err
	}
	if len(j.Digests) == 0 {
		return j, nil
	}
	return j, tx.Enqueue(ctx, j, candor.JobOptions{})
}

// eraseTickets removes what is personal of all tickets and files of a party.
func (h *House) eraseTickets(ctx context.Context, tx *store.Tx, party candor.ID) (all ForgetJob, err error) {
	tickets, err := tx.TicketsOf(ctx, party)
	if err != nil {
		return all, err
	}
	for _, t := range tickets {
		j, err := h.eraseTicket(ctx, tx, t)
		if err != nil {
			return all, err
		}
		all.Digests = append(all.Digests, j.Digests...)
	}
	rest, err := tx.EraseUploads(ctx, party)
	if err != nil || len(rest) == 0 {
		return all, err
	}
	all.Digests = append(all.Digests, rest...)
	return all, tx.Enqueue(ctx, ForgetJob{Digests: rest}, candor.JobOptions{})
}
