package house

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"

	"candor"
	"candor/internal/access"
	"candor/internal/store"
)

// Bounds of what people hand in.
const (
	MostTicketText = 20_000   // bytes
	MostUpload     = 25 << 20 // bytes of a file
	mostTickets    = 20       // open ones of a party, or of an address
)

// Attachment is a file that comes with what somebody writes.
type Attachment struct {
	Name    string
	Content []byte
}

// NewTicket is what somebody asks or reports.
type NewTicket struct {
	Kind     candor.TicketKind
	Way      candor.TicketWay // of what the staff writes down: phone or mail
	Party    candor.ID        // whom the staff writes it down for; empty if that is not known
	Name     string
	Mail     string
	Language string // BCP 47
	Subject  string
	Text     string
	Suspect  candor.Suspect
	File     *Attachment
	Silent   bool // that it came is not answered: a program sent it
}

// OpenTicket opens a ticket: of the party that whoever asks belongs to, or, by
// the staff, of the party that it names. When it gives nil all of it is durable.
func (h *House) OpenTicket(ctx context.Context, who candor.Principal, n NewTicket) (candor.Ticket, error) {
	if who.Role.Staff() {
		if err := may(who, access.ActCases); err != nil {
			return candor.Ticket{}, err
		}
		if n.Way != candor.TicketByPhone && n.Way != candor.TicketByMail {
			return candor.Ticket{}, notAsked("it does not say how it came", "Choose phone or mail.")
		}
		if n.Party != "" {
			if _, err := h.Store.Party(ctx, who.Scope(), n.Party); err != nil {
				return candor.Ticket{}, err
			}
		}
		return h.openTicket(ctx, who, n, "")
	}
	if err := may(who, access.ActOwn); err != nil {
		return candor.Ticket{}, err
	}
	n.Party, n.Way = who.Party, candor.TicketByPortal
	if who.Token != "" {
		n.Way = candor.TicketByAPI
	}
	u, err := h.Store.Access().User(ctx, who.User)
	switch {
	case err == nil:
		n.Name, n.Mail, n.Language = u.Name, u.Mail, firstWord(n.Language, u.Language)
	case errors.Is(err, candor.ErrNotFound):
		n.Name, n.Mail = "", ""
	default:
		return candor.Ticket{}, err
	}
	return h.openTicket(ctx, who, n, "")
}

// ReportSoftware opens a ticket of anybody, by the public form: it is nobody's
// until the staff says whose. Whoever calls it has bounded how often that is.
func (h *House) ReportSoftware(ctx context.Context, n NewTicket) (candor.Ticket, error) {
	n.Kind, n.Way, n.Party = candor.TicketSoftware, candor.TicketByForm, ""
	return h.openTicket(ctx, candor.Principal{}, n, "")
}

func firstWord(all ...string) string {
	for _, w := range all {
		if w != "" {
			return w
		}
	}
	return ""
}

func (n *NewTicket) check() error {
	n.Subject, n.Text, n.Mail, n.Name = strings.TrimSpace(n.Subject), strings.TrimSpace(n.Text), strings.TrimSpace(n.Mail), strings.TrimSpace(n.Name)
	n.Suspect.What, n.Suspect.Origin = strings.TrimSpace(n.Suspect.What), strings.TrimSpace(n.Suspect.Origin)
	if err := n.File.check(); err != nil {
		return err
	}
	software := n.Kind == candor.TicketSoftware
	if software && n.Subject == "" {
		n.Subject = firstWord(n.Suspect.What, n.Suspect.Origin)
		if n.Subject == "" && n.File != nil {
			n.Subject = n.File.Name
		}
		n.Subject = clip(n.Subject, 500)
	}
	switch {
	case !slices.Contains(candor.TicketKinds(), n.Kind):
		return notAsked(fmt.Sprintf("there is no kind of ticket %.40q", n.Kind), "Choose question or software.")
	case software && n.Suspect.What == "" && n.Suspect.Origin == "" && n.File == nil:
		return notAsked("it does not say which software", "Hand in a file, or give an address or a name.")
	case n.Subject == "" || len(n.Subject) > 500:
		return notAsked("the subject is missing or too long", "Write at most 500 bytes.")
	case !software && n.Text == "" || len(n.Text) > MostTicketText:
		return notAsked("the text is missing or too long", fmt.Sprintf("Write at most %d bytes.", MostTicketText))
	case len(n.Name) > 200 || len(n.Suspect.What) > 1000 || len(n.Suspect.Origin) > 2000 || len(n.Suspect.Device) > 200 || len(n.Language) > 35:
		return notAsked("a field is too long", "Write less into it.")
	}
	if n.Mail != "" {
		if a, err := mail.ParseAddress(n.Mail); err != nil || a.Address != n.Mail || len(n.Mail) > 320 {
			return notAsked("that is no mail address", "Write it as name@example.net, or leave it out.")
		}
	}
	return nil
}

func (a *Attachment) check() error {
	switch {
	case a == nil:
		return nil
	case len(a.Content) == 0:
		return notAsked("the file is empty", "Choose another one.")
	case len(a.Content) > MostUpload:
		return notAsked("the file is too large", fmt.Sprintf("Hand in at most %d MB.", MostUpload>>20))
	}
	a.Name = strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f || c == '/' || c == '\\' {
			return '_'
		}
		return c
	}, strings.ToValidUTF8(a.Name, "_"))
	if letters := []rune(a.Name); len(letters) > 200 {
		a.Name = string(letters[:200])
	}
	if a.Name == "" {
		a.Name = "file"
	}
	return nil
}

// openTicket keeps a ticket with its first line, its file and the jobs that
// follow. messageID is that of the mail that it came by.
func (h *House) openTicket(ctx context.Context, who candor.Principal, n NewTicket, messageID string) (t candor.Ticket, err error) {
	if err := n.check(); err != nil {
		return t, err
	}
	if !who.Role.Staff() { // before a file is kept
		if err := h.fewTickets(ctx, h.Store, n); err != nil {
			return t, err
		}
	}
	upload, err := h.keepFile(n.File)
	if err != nil {
		return t, err
	}
	now := h.now()
	err = h.tx(ctx, func(tx *store.Tx) error {
		t = candor.Ticket{ID: candor.NewID(now), Kind: n.Kind, State: candor.TicketNew, Way: n.Way, Party: n.Party, Name: n.Name, Mail: n.Mail, Language: n.Language,
			Subject: n.Subject, Suspect: n.Suspect, Opened: now, Updated: now, Due: h.Desk.AnswerDue(now)}
		if !who.Role.Staff() {
			if err := h.fewTickets(ctx, tx, n); err != nil {
				return err
			}
		}
		if err := tx.AddTicket(ctx, &t); err != nil {
			return err
		}
		e := candor.Entry{Ticket: t.ID, Kind: candor.EntrySaid, Actor: person(t), Public: true, Text: n.Text, MessageID: messageID}
		if e, err = h.addLine(ctx, tx, e, nil); err != nil {
			return err
		}
		if err := h.addUpload(ctx, tx, t, upload); err != nil {
			return err
		}
		if !n.Silent {
			if err := h.mailTicket(ctx, tx, t, e.ID, MailReceived); err != nil {
				return err
			}
		}
		personal := map[string]string{"subject": n.Subject, "text": n.Text}
		if upload != nil {
			personal["file"] = upload.SHA256
		}
		body := map[string]any{"event": "ticket.opened", "kind": t.Kind, "way": t.Way}
		if t.Kind == candor.TicketSoftware {
			body["share"] = t.Suspect.Share // what the person said of the sample going on
		}
		return h.recordTicket(ctx, tx, t, actorOf(who, t), body, personal)
	})
	if err != nil {
		err = errors.Join(err, h.refuseFile(ctx, upload))
	}
	return t, err
}

// ticketLister lists tickets, in a transaction or outside.
type ticketLister interface {
	Tickets(context.Context, candor.Scope, candor.TicketFilter, candor.Cut) (candor.Page[candor.Ticket], error)
}

// fewTickets refuses to open ever more for one party or one address.
func (h *House) fewTickets(ctx context.Context, in ticketLister, t NewTicket) error {
	if t.Way == candor.TicketByMail {
		return nil // it is here already, and must not be lost
	}
	f := candor.TicketFilter{States: []candor.TicketState{candor.TicketNew, candor.TicketOpen, candor.TicketWaiting}, Party: t.Party}
	if t.Party == "" {
		if f.Mail = t.Mail; t.Mail == "" {
			return nil // whoever calls bounds it
		}
	}
	open, err := in.Tickets(ctx, candor.Everything, f, candor.Cut{Limit: 1})
	if err == nil && open.Count >= mostTickets {
		err = candor.WithHint(fmt.Errorf("%d tickets are open: %w", open.Count, candor.ErrDenied), "Write into one of them, or call us.")
	}
	return err
}

// person is who says what the person says in a ticket.
func person(t candor.Ticket) string {
	if t.Party != "" {
		return "customer:" + string(t.Party)
	}
	return "anonymous"
}

func actorOf(who candor.Principal, t candor.Ticket) string {
	if who.User == "" {
		return person(t)
	}
	return who.Actor()
}

func (h *House) addLine(ctx context.Context, tx *store.Tx, e candor.Entry, details any) (candor.Entry, error) {
	e.At = h.now()
	if e.ID == "" {
		e.ID = candor.NewID(e.At)
	}
	if details != nil {
		text, err := json.Marshal(details)
		if err != nil {
			return e, err
		}
		e.Details = text
	}
	err := tx.AddTicketEntry(ctx, &e)
	return e, err
}

// recordTicket keeps what happened for the evidence log. What is personal is
// about the party, or the ticket while it is nobody's.
func (h *House) recordTicket(ctx context.Context, tx *store.Tx, t candor.Ticket, actor string, body map[string]any, personal map[string]string) error {
	about := t.Party
	if about == "" {
		about = t.ID
	}
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	now := h.now()
	for name, value := range personal {
		if value == "" {
			delete(personal, name)
		}
	}
	return tx.AddRecords(ctx, about, candor.Record{ID: candor.NewID(now), Kind: candor.RecordDecision, At: now, Subject: t.ID, Case: t.Case, Actor: actor, Body: text, Personal: personal})
}

// changeTicket changes a ticket in a transaction, and again if somebody else
// changed it meanwhile.
func (h *House) changeTicket(ctx context.Context, scope candor.Scope, id candor.ID, do func(*store.Tx, *candor.Ticket) error) (t candor.Ticket, err error) {
	for range 5 {
		err = h.tx(ctx, func(tx *store.Tx) error {
			if t, err = tx.Ticket(ctx, scope, id); err != nil {
				return err
			}
			if t.Erased {
				return candor.WithHint(fmt.Errorf("ticket %s was erased: %w", t.Label(), candor.ErrInvalid), "Open another one.")
			}
			if err := do(tx, &t); err != nil {
				return err
			}
			t.Updated = h.now()
			return tx.ChangeTicket(ctx, &t)
		})
		if !errors.Is(err, candor.ErrChanged) {
			break
		}
	}
	return t, err
}
