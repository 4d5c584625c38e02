package house

import (
	"context"
	"slices"
	"time"

	"candor"
	"candor/internal/access"
)

// TicketView is a ticket with all that belongs to it, as far as whoever asks may
// see it.
type TicketView struct {
	Ticket   candor.Ticket   `json:"ticket"`
	Entries  []candor.Entry  `json:"entries"`
	Uploads  []candor.Upload `json:"uploads"`
	Party    candor.Party    `json:"party,omitzero"`
	Assignee candor.User     `json:"assignee,omitzero"`
	Into     candor.Ticket   `json:"into,omitzero"` // the ticket that took this one up
	Others   []candor.Ticket `json:"others,omitempty"`
}

// Tickets lists tickets: all, or those of one's party.
func (h *House) Tickets(ctx context.Context, who candor.Principal, f candor.TicketFilter, cut candor.Cut) (candor.Page[candor.Ticket], error) {
	if err := reads(who); err != nil {
		return candor.Page[candor.Ticket]{}, err
	}
	if !who.Role.Staff() {
		f.Assignee, f.Unassigned, f.DueBefore, f.Mail = "", false, time.Time{}, ""
		if cut.Sort == "due" {
			cut.Sort = ""
		}
	}
	page, err := h.Store.Tickets(ctx, who.Scope(), f, cut)
	return public(who, page), err
}

// Ticket gives a ticket with all that belongs to it.
func (h *House) Ticket(ctx context.Context, who candor.Principal, id candor.ID) (TicketView, error) {
	if err := reads(who); err != nil {
		return TicketView{}, err
	}
	t, err := h.Store.Ticket(ctx, who.Scope(), id)
	if err != nil {
		return TicketView{}, err
	}
	v, err := h.ticketView(ctx, t)
	if err != nil || !who.Role.Staff() {
		return public(who, v), err
	}
	if t.Assignee != "" {
		if v.Assignee, err = h.Store.Access().User(ctx, t.Assignee); err != nil {
			return v, err
		}
	}
	if t.Party != "" { // what it may be a duplicate of
		others, err := h.Store.Tickets(ctx, candor.Everything, candor.TicketFilter{Party: t.Party}, candor.Cut{Limit: 20})
		if err != nil {
			return v, err
		}
		v.Others = slices.DeleteFunc(others.Items, func(x candor.Ticket) bool { return x.ID == id || x.Same != "" })
	}
	return v, nil
}

func (h *House) ticketView(ctx context.Context, t candor.Ticket) (v TicketView, err error) {
	v.Ticket = t
	if v.Entries, err = h.Store.TicketEntries(ctx, t.ID); err != nil {
		return v, err
	}
	if v.Uploads, err = h.Store.UploadsOfTicket(ctx, t.ID); err != nil {
		return v, err
	}
	if t.Same != "" {
		if v.Into, err = h.Store.Ticket(ctx, candor.Everything, t.Same); err != nil {
			return v, err
		}
	}
	if t.Party != "" {
		v.Party, err = h.Store.Party(ctx, candor.Everything, t.Party)
	}
	return v, err
}

// TicketFigures are what the desk is measured by: what is open now, and the
// last 90 days.
func (h *House) TicketFigures(ctx context.Context, who candor.Principal) (candor.TicketFigures, error) {
	if err := may(who, access.ReadCases); err != nil {
		return candor.TicketFigures{}, err
	}
	now := h.Clock().UTC()
	return h.Store.TicketFigures(ctx, now, now.AddDate(0, 0, -FigureDays))
}

func publicTicket(t *candor.Ticket) { t.Assignee = "" }

// public leaves what the person may see. What goes on under another number is
// told by that alone.
func (v *TicketView) public() {
	publicTicket(&v.Ticket)
	v.Into = candor.Ticket{Number: v.Into.Number}
	publicParty(&v.Party)
	v.Assignee, v.Others = candor.User{}, nil
	v.Entries = slices.DeleteFunc(v.Entries, func(e candor.Entry) bool { return !e.Public })
	eachOf(v.Entries, func(e *candor.Entry) {
		if byStaff(e.Actor) {
			e.Actor = Provider
		}
		e.MessageID = ""
	})
	eachOf(v.Uploads, func(u *candor.Upload) { u.Generation = "" })
}
