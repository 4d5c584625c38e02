package house

import (
	"context"
	"errors"
	"strings"

	"candor"
	"candor/internal/store"
)

// Reasons for which a person is written to.
const (
	MailReceived = "received" // what the person wrote is here
	MailAnswer   = "answer"
	MailSolved   = "solved"  // and how was it?
	MailVerdict  = "verdict" // of a file, now or by newer definitions
)

// TicketMailJob asks to write to the person of a ticket. The mail has the
// entry's identifier, so that there is one for each.
type TicketMailJob struct {
	Entry candor.ID `json:"entry"`
	Why   string    `json:"why"`
}

// Kind names the job.
func (TicketMailJob) Kind() string { return "mail.ticket" }

// mailTicket asks to write to the person, if that is possible.
func (h *House) mailTicket(ctx context.Context, tx *store.Tx, t candor.Ticket, entry candor.ID, why string) error {
	if h.Mute || t.Mail == "" {
		return nil
	}
	return tx.Enqueue(ctx, TicketMailJob{entry, why}, candor.JobOptions{})
}

// TicketLetter is what a mail about a ticket says.
type TicketLetter struct {
	Ticket  candor.Ticket
	Entry   candor.Entry
	Party   candor.Party // zero while the ticket is nobody's
	Uploads []candor.Upload
	// References are Message-IDs of mails before, the oldest first: mail programs
	// show them together.
	References []string
}

// TicketLetter gives it for the program itself. Once the ticket is erased, or has
// nobody to write to, it is candor.ErrNotFound.
func (h *House) TicketLetter(ctx context.Context, entry candor.ID) (l TicketLetter, err error) {
	if l.Entry, err = h.Store.TicketEntry(ctx, entry); err != nil {
		return l, err
	}
	if l.Ticket, err = h.Store.Ticket(ctx, candor.Everything, l.Entry.Ticket); err != nil {
		return l, err
	}
	if l.Ticket.Erased || l.Ticket.Mail == "" {
		return l, candor.ErrNotFound
	}
	if l.Ticket.Party != "" {
		if l.Party, err = h.Store.Party(ctx, candor.Everything, l.Ticket.Party); err != nil {
			return l, err
		}
	}
	l.Uploads, err = h.Store.UploadsOfTicket(ctx, l.Ticket.ID)
	return l, err
}

// TicketMail is a mail of a person to the support desk.
type TicketMail struct {
	MessageID  string   // without angle brackets
	References []string // of In-Reply-To and References, without angle brackets
	From       string   // the address
	Name       string
	Language   string // BCP 47; empty if unknown
	Subject    string
	Text       string
	Automatic  bool // a program sent it (RFC 3834): nobody is answered
}

// TakeMail takes a mail in. One that answers a mail about a ticket, by its
// references and from the address that it went to, becomes a line of that
// ticket; any other opens one. The subject never decides. A mail that comes
// again gives what it became, and changes nothing.
func (h *House) TakeMail(ctx context.Context, m TicketMail) (t candor.Ticket, reply bool, err error) {
	if m.MessageID != "" {
		e, err := h.Store.EntryOfMail(ctx, m.MessageID)
		if err == nil {
			t, err = h.Store.Ticket(ctx, candor.Everything, e.Ticket)
			return t, false, err
		}
		if !errors.Is(err, candor.ErrNotFound) {
			return t, false, err
		}
	}
	m.Text = clip(strings.TrimSpace(m.Text), MostTicketText)
	if m.Text == "" {
		m.Text = "–"
	}
	of, err := h.mailAnswered(ctx, m)
	if err == nil {
		t, err = h.takeReply(ctx, of, m)
		return t, true, err
	}
	if !errors.Is(err, candor.ErrNotFound) {
		return t, false, err
	}
	parties, err := h.Store.PartiesOfMail(ctx, m.From)
	if err != nil {
		return t, false, err
	}
	n := NewTicket{Kind: candor.TicketQuestion, Way: candor.TicketByMail, Name: clip(m.Name, 200), Mail: m.From, Language: m.Language, Subject: clip(m.Subject, 500), Text: m.Text}
	if len(parties) == 1 {
		n.Party = parties[0]
	}
	if n.Subject = strings.TrimSpace(n.Subject); n.Subject == "" {
		n.Subject = "–"
	}
	n.Silent = m.Automatic
	t, err = h.openTicket(ctx, candor.Principal{}, n, m.MessageID)
	return t, false, err
}

// mailAnswered gives the ticket whose mail another one answers.
func (h *House) mailAnswered(ctx context.Context, m TicketMail) (t candor.Ticket, err error) {
	err = candor.ErrNotFound
	for i := len(m.References) - 1; i >= 0 && i >= len(m.References)-50; i-- {
		sent, one := h.Store.MessageByMessageID(ctx, m.References[i])
		if errors.Is(one, candor.ErrNotFound) {
			continue
		}
		if one != nil {
			return t, one
		}
		if !strings.EqualFold(sent.To, m.From) {
			continue // forwarded, or guessed
		}
		e, one := h.Store.TicketEntry(ctx, sent.ID)
		if errors.Is(one, candor.ErrNotFound) {
			continue // a mail about something else
		}
		if one != nil {
			return t, one
		}
		return h.Store.Ticket(ctx, candor.Everything, e.Ticket)
	}
	return t, err
}

// takeReply adds what a person answered, to the ticket that took up the one that
// was answered, if there is one.
func (h *House) takeReply(ctx context.Context, t candor.Ticket, m TicketMail) (candor.Ticket, error) {
	for range 10 {
		if t.Same == "" {
			break
		}
		var err error
		if t, err = h.Store.Ticket(ctx, candor.Everything, t.Same); err != nil {
			return t, err
		}
	}
	if m.Automatic {
		return h.changeTicket(ctx, candor.Everything, t.ID, func(tx *store.Tx, t *candor.Ticket) error {
			_, err := h.addLine(ctx, tx, candor.Entry{Ticket: t.ID, Kind: candor.EntryNote, Actor: person(*t), Text: m.Text, MessageID: m.MessageID}, nil)
			return err
		})
	}
	return h.say(ctx, candor.Everything, spoken{ticket: t.ID, text: m.Text, messageID: m.MessageID})
}

// clip cuts a text to so many bytes of valid UTF-8.
func clip(text string, most int) string {
	return strings.ToValidUTF8(text[:min(len(text), most)], "")
}
