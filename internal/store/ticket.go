package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

var ticketList = list{table: "tickets", own: "updated", sorts: []string{"opened", "due", "number"}, then: []string{"state", "party", "assignee"}, weak: []string{"state", "kind", "assignee"}}

// Ticket gives a ticket. One that belongs to nobody is only in the scope of all.
func (r reader) Ticket(ctx context.Context, s candor.Scope, id candor.ID) (candor.Ticket, error) {
	row, err := one[query.Ticket](ctx, r.db, "tickets", "id = ?", id)
	if err == nil && !s.Sees(row.Party) {
		err = fmt.Errorf("ticket %s: %w", id, candor.ErrNotFound)
	}
	if err != nil {
		return candor.Ticket{}, err
	}
	return ticket(row), nil
}

// Tickets lists tickets, the one that was changed last first.
func (r reader) Tickets(ctx context.Context, s candor.Scope, f candor.TicketFilter, cut candor.Cut) (candor.Page[candor.Ticket], error) {
	if !s.All && s.Party == "" {
		return candor.Page[candor.Ticket]{}, nil
	}
	var w where
	w.scope(s, "party")
	anyOf(&w, "state", f.States)
	equal(&w, "kind", f.Kind)
	equal(&w, "party", f.Party)
	equal(&w, "case_id", f.Case)
	equal(&w, "assignee", f.Assignee)
	if f.Mail != "" {
		w.and("folded = ?", fold(f.Mail))
	}
	if f.Unassigned {
		w.and("assignee = ''")
	}
	if !f.DueBefore.IsZero() {
		w.and("due > 0")
		w.compare("due", "<", column.Time(f.DueBefore))
	}
	page, err := part[query.Ticket](ctx, r, ticketList, w, cut)
	return turn(page, ticket), err
}

// AddTicket adds a ticket, and gives it its number and version.
func (t *Tx) AddTicket(ctx context.Context, x *candor.Ticket) error {
	if err := t.Turn(ctx, "ticket", ""); err != nil {
		return err
	}
	if err := t.db.QueryRowContext(ctx, "SELECT COALESCE(MAX(number), 0) + 1 FROM tickets").Scan(&x.Number); err != nil {
		return kind(err, "number a ticket")
	}
	x.Version = 1
	return add(ctx, t.reader, "tickets", "", ticketRow(*x))
}

// ChangeTicket replaces a ticket and counts its version up. It is
// candor.ErrChanged if somebody else changed it since it was read.
func (t *Tx) ChangeTicket(ctx context.Context, x *candor.Ticket) error {
	was := x.Version
	x.Version++
	ok, err := change(ctx, t.db, "tickets", ticketRow(*x), "version = ?", was)
	if err == nil && !ok {
		err = candor.WithHint(fmt.Errorf("ticket %s: %w", x.Label(), candor.ErrChanged), "Somebody else changed the ticket. Look at it again, and repeat what you did if it is still right.")
	}
	return err
}

// TicketEntries gives all lines of a ticket, the oldest first.
func (r reader) TicketEntries(ctx context.Context, ticket candor.ID) ([]candor.Entry, error) {
	rows, err := choose[query.TicketEntry](ctx, r.db, "ticket_entries", "ticket = ? ORDER BY at, id", ticket)
	return each(rows, ticketEntry), err
}

// TicketEntry gives a line of a ticket.
func (r reader) TicketEntry(ctx context.Context, id candor.ID) (candor.Entry, error) {
	row, err := one[query.TicketEntry](ctx, r.db, "ticket_entries", "id = ?", id)
	return ticketEntry(row), err
}

// EntryOfMail gives the line that came by the mail with a Message-ID.
func (r reader) EntryOfMail(ctx context.Context, messageID string) (candor.Entry, error) {
	row, err := one[query.TicketEntry](ctx, r.db, "ticket_entries", "message_id = ? AND message_id <> ''", messageID)
	return ticketEntry(row), err
}

// AddTicketEntry adds a line to a ticket, behind all that are there: its time is moved
// by microseconds if it has to be. It is candor.ErrExists if one came by the same
// mail.
func (t *Tx) AddTicketEntry(ctx context.Context, e *candor.Entry) error {
	var last column.Time
	if err := t.db.QueryRowContext(ctx, "SELECT COALESCE(MAX(at), 0) FROM ticket_entries WHERE ticket = ?", e.Ticket).Scan(&last); err != nil {
		return kind(err, "add to a ticket")
	}
	if next := time.Time(last).Add(time.Microsecond); next.After(e.At) {
		e.At = next
	}
	return add(ctx, t.reader, "ticket_entries", "", query.TicketEntry{ID: e.ID, Ticket: e.Ticket, At: column.Time(e.At), Kind: e.Kind, Actor: e.Actor, Public: e.Public,
		Text: e.Text, Details: column.Raw(e.Details), MessageID: e.MessageID})
}

// TicketsOf gives all tickets of a party.
func (r reader) TicketsOf(ctx context.Context, party candor.ID) ([]candor.Ticket, error) {
	rows, err := choose[query.Ticket](ctx, r.db, "tickets", "party = ? AND party <> '' ORDER BY id", party)
	return each(rows, ticket), err
}

// PartiesOfMail gives the parties that have an address: as a contact, or as one
// whose people sign in with it. At most three are looked for.
func (r reader) PartiesOfMail(ctx context.Context, address string) ([]candor.ID, error) {
	address = strings.ToLower(strings.TrimSpace(address))
	parties, err := choose[query.Party](ctx, r.db, "parties", "erased = ? AND id IN (SELECT party FROM mails WHERE mail = ?) ORDER BY id LIMIT 100", false, address)
	if err != nil {
		return nil, err
	}
	all := map[candor.ID]bool{}
	for _, p := range parties {
		for _, c := range p.Contacts.V {
			if c.Channel == candor.Mail && sameMail(c.Address, address) {
				all[p.ID] = true
			}
		}
	}
	users, err := choose[query.User](ctx, r.db, "users", "mail = ? AND party <> '' AND disabled = ? LIMIT 3", address, false)
	for _, u := range users {
		all[u.Party] = true
	}
	ids := make([]candor.ID, 0, len(all))
	for id := range all {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids, err
}

// TicketFigures counts what is open now, and what was answered and rated of that
// which was opened since a moment.
func (r reader) TicketFigures(ctx context.Context, now, since time.Time) (f candor.TicketFigures, err error) {
	f.Ages = make([]int64, 4)
	const open = "('new', 'open', 'waiting')"
	day := func(n int) column.Time { return column.Time(now.AddDate(0, 0, -n)) }
	err = r.db.QueryRowContext(ctx, `SELECT COALESCE(SUM(CASE WHEN opened > ? THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN opened <= ? AND opened > ? THEN 1 ELSE 0 END), 0),
		COALESCE(SUM(CASE WHEN opened <= ? AND opened > ? THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN opened <= ? THEN 1 ELSE 0 END), 0),
		COALESCE(SUM(CASE WHEN assignee = '' THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN due > 0 AND due < ? THEN 1 ELSE 0 END), 0)
		FROM tickets WHERE state IN `+open, day(1), day(1), day(3), day(3), day(7), day(7), column.Time(now)).
		Scan(&f.Ages[0], &f.Ages[1], &f.Ages[2], &f.Ages[3], &f.Unassigned, &f.Overdue)
	if err != nil {
		return f, kind(err, "count tickets")
	}
	var sum int64
	err = r.db.QueryRowContext(ctx, "SELECT COUNT(*), COALESCE(SUM(rating), 0) FROM tickets WHERE rating > 0 AND opened >= ?", column.Time(since)).Scan(&f.Rated, &sum)
	if err == nil && f.Rated > 0 {
		f.Rating = float64(sum) / float64(f.Rated)
	}
	if err == nil {
		err = r.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM tickets WHERE answered > 0 AND opened >= ?", column.Time(since)).Scan(&f.Answered)
	}
	if err == nil && f.Answered > 0 {
		var micros int64
		err = r.db.QueryRowContext(ctx, "SELECT answered - opened FROM tickets WHERE answered > 0 AND opened >= ? ORDER BY answered - opened, id LIMIT 1 OFFSET ?", column.Time(since), (f.Answered-1)/2).Scan(&micros)
		f.First = time.Duration(micros) * time.Microsecond
	}
	return f, kind(err, "count tickets")
}

// EraseTicket takes out what is personal of a ticket, and gives the digests of
// the files that came with it, whose contents are to be forgotten. Mails about
// it are only written down in TicketTurn, so that none is missed.
func (t *Tx) EraseTicket(ctx context.Context, id candor.ID) ([]string, error) {
	if err := t.TicketTurn(ctx, id); err != nil {
		return nil, err
	}
	for _, s := range []string{
		"UPDATE tickets SET name = '', mail = '', folded = '', subject = '" + Erased + "', suspect = '', praise = '', erased = TRUE, version = version + 1 WHERE id = ?",
		"UPDATE ticket_entries SET text = '', details = '', message_id = '' WHERE ticket = ?",
		"UPDATE messages SET recipient = '" + Erased + "', subject = '', text = '', html = '', error = '' WHERE id IN (SELECT id FROM ticket_entries WHERE ticket = ?)",
		"DELETE FROM personal WHERE record IN (SELECT id FROM records WHERE subject = ?)",
	} {
		if _, err := t.db.ExecContext(ctx, s, id); err != nil {
			return nil, kind(err, "erase a ticket")
		}
	}
	return t.eraseUploads(ctx, "ticket = ?", id)
}

// TicketTurn waits until no other transaction writes down or erases words of a
// ticket.
func (t *Tx) TicketTurn(ctx context.Context, id candor.ID) error {
	return t.Turn(ctx, "ticket.words", id)
}

func ticket(r query.Ticket) candor.Ticket {
	return candor.Ticket{ID: r.ID, Number: r.Number, Kind: r.Kind, State: r.State, Way: r.Way, Party: r.Party, Name: r.Name, Mail: r.Mail, Language: r.Language,
		Subject: r.Subject, Assignee: r.Assignee, Case: r.CaseID, Same: r.Same, Suspect: r.Suspect.V, Opened: time.Time(r.Opened), Updated: time.Time(r.Updated),
		Due: time.Time(r.Due), Answered: time.Time(r.Answered), Solved: time.Time(r.Solved), Rating: r.Rating, Praise: r.Praise, Rated: time.Time(r.Rated),
		Erased: r.Erased, Version: r.Version}
}

func ticketRow(t candor.Ticket) query.Ticket {
	return query.Ticket{ID: t.ID, Number: t.Number, Kind: t.Kind, State: t.State, Way: t.Way, Party: t.Party, Name: t.Name, Mail: t.Mail, Language: t.Language,
		Subject: t.Subject, Assignee: t.Assignee, CaseID: t.Case, Same: t.Same, Suspect: column.Of(t.Suspect), Opened: column.Time(t.Opened), Updated: column.Time(t.Updated),
		Due: column.Time(t.Due), Answered: column.Time(t.Answered), Solved: column.Time(t.Solved), Rating: t.Rating, Praise: t.Praise, Rated: column.Time(t.Rated),
		Erased: t.Erased, Version: t.Version, Folded: fold(t.Mail)}
}

func ticketEntry(r query.TicketEntry) candor.Entry {
	return candor.Entry{ID: r.ID, Ticket: r.Ticket, At: time.Time(r.At), Kind: r.Kind, Actor: r.Actor, Public: r.Public, Text: r.Text, Details: json.RawMessage(r.Details), MessageID: r.MessageID}
}
