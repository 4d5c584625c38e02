package storetest

import (
	"testing"
	"time"

	"candor"
	"candor/internal/store"
)

func newTicket(at time.Time, party candor.ID) candor.Ticket {
	return candor.Ticket{ID: candor.NewID(at), Kind: candor.TicketSoftware, State: candor.TicketNew, Way: candor.TicketByForm, Party: party, Name: "Ada", Mail: "ada@example.org",
		Language: "en", Subject: "A game", Suspect: candor.Suspect{What: "game.exe", Device: "windows", Seen: at, Share: true}, Opened: at, Updated: at, Due: at.Add(time.Hour)}
}

func testTickets(t *testing.T, s *store.Store) {
	ctx := t.Context()
	p, _ := Sample(t, s, "helped")
	mine := candor.Scope{Party: p.ID}
	own, nobodys := newTicket(noon, p.ID), newTicket(noon.Add(time.Minute), "")
	do(t, s, func(tx *store.Tx) error { return tx.AddTicket(ctx, &own) })
	do(t, s, func(tx *store.Tx) error { return tx.AddTicket(ctx, &nobodys) })
	same(t, []int64{own.Number, nobodys.Number}, []int64{1, 2})
	same(t, must(s.Ticket(ctx, mine, own.ID))(t), own)
	_, err := s.Ticket(ctx, mine, nobodys.ID)
	isKind(t, err, candor.ErrNotFound)
	_, err = s.Ticket(ctx, candor.Scope{}, nobodys.ID) // the zero scope sees nothing, also not what is nobody's
	isKind(t, err, candor.ErrNotFound)
	list := func(sc candor.Scope, f candor.TicketFilter) []candor.Ticket {
		return must(s.Tickets(ctx, sc, f, candor.Cut{}))(t).Items
	}
	same(t, len(list(candor.Scope{}, candor.TicketFilter{})), 0)
	same(t, list(mine, candor.TicketFilter{}), []candor.Ticket{own})
	same(t, list(candor.Everything, candor.TicketFilter{}), []candor.Ticket{nobodys, own})
	same(t, list(candor.Everything, candor.TicketFilter{DueBefore: noon.Add(time.Hour + time.Second), Unassigned: true, Kind: candor.TicketSoftware}), []candor.Ticket{own})

	stale := own
	own.State, own.Assignee, own.Due, own.Answered, own.Rating = candor.TicketSolved, "u", time.Time{}, noon.Add(10*time.Minute), 4
	do(t, s, func(tx *store.Tx) error { return tx.ChangeTicket(ctx, &own) })
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.ChangeTicket(ctx, &stale) }), candor.ErrChanged)
	same(t, list(candor.Everything, candor.TicketFilter{Assignee: "u", States: []candor.TicketState{candor.TicketSolved}}), []candor.Ticket{own})
	f := must(s.TicketFigures(ctx, noon.AddDate(0, 0, 2), noon.AddDate(0, 0, -1)))(t)
	same(t, f, candor.TicketFigures{Ages: []int64{0, 1, 0, 0}, Unassigned: 1, Overdue: 1, Answered: 1, First: 10 * time.Minute, Rated: 1, Rating: 4})

	e := candor.Entry{ID: candor.NewID(noon), Ticket: own.ID, At: noon, Kind: candor.EntrySaid, Actor: "person", Public: true, Text: "help", Details: []byte(`{"a":1}`), MessageID: "x@y"}
	again := e
	again.ID = candor.NewID(noon)
	do(t, s, func(tx *store.Tx) error { return tx.AddTicketEntry(ctx, &e) })
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.AddTicketEntry(ctx, &again) }), candor.ErrExists)
	same(t, must(s.TicketEntries(ctx, own.ID))(t), []candor.Entry{e})
	same(t, must(s.EntryOfMail(ctx, "x@y"))(t), e)
	_, err = s.EntryOfMail(ctx, "")
	isKind(t, err, candor.ErrNotFound)

	u := candor.Upload{ID: candor.NewID(noon), Ticket: own.ID, Party: p.ID, At: noon, Name: "game.exe", SHA256: "ab", Size: 3, State: candor.UploadWaiting}
	do(t, s, func(tx *store.Tx) error { return tx.AddUploads(ctx, u) })
	same(t, must(s.StaleUploads(ctx, "g1", noon, 9))(t), []candor.Upload{u})
	was := u
	u.State, u.Rules, u.Class, u.Severity, u.Generation, u.Scanned = candor.UploadFound, []string{"bad"}, candor.Test, candor.High, "g1", noon
	do(t, s, func(tx *store.Tx) error { return tx.JudgeUpload(ctx, was, u) })
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.JudgeUpload(ctx, was, u) }), candor.ErrChanged) // somebody looked meanwhile
	same(t, len(must(s.StaleUploads(ctx, "g1", noon, 9))(t)), 0)
	same(t, must(s.UploadsOfTicket(ctx, own.ID))(t), []candor.Upload{u})
	u.Case = candor.NewID(noon)
	do(t, s, func(tx *store.Tx) error { return tx.PlaceUploads(ctx, own.ID, u.Case, p.ID) })
	same(t, must(s.UploadsOfCase(ctx, u.Case))(t), []candor.Upload{u})
	same(t, must(s.UploadsWith(ctx, "ab"))(t), []candor.Upload{u})
	for _, of := range []struct {
		what store.UploadsOf
		id   candor.ID
	}{{store.OfTicket, own.ID}, {store.OfCase, u.Case}, {store.OfParty, p.ID}} {
		files, bytes, err := s.UploadsTake(ctx, of.what, of.id)
		same(t, []any{files, bytes, err}, []any{int64(1), int64(3), error(nil)})
	}
	same(t, must(s.Holds(ctx, "ab"))(t), true)

	do(t, s, func(tx *store.Tx) error {
		digests, err := tx.EraseTicket(ctx, own.ID)
		same(t, digests, []string{"ab"})
		return err
	})
	erased := must(s.Ticket(ctx, mine, own.ID))(t)
	same(t, []any{erased.Name, erased.Mail, erased.Subject, erased.Suspect, erased.Erased}, []any{"", "", store.Erased, candor.Suspect{}, true})
	same(t, must(s.TicketEntries(ctx, own.ID))(t)[0].Text, "")
	same(t, must(s.Holds(ctx, "ab"))(t), false)
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.JudgeUpload(ctx, u, u) }), candor.ErrChanged)
	same(t, len(must(s.TicketsOf(ctx, ""))(t)), 0)
	testAnswers(t, s)
	testMailOf(t, s)
}

func testAnswers(t *testing.T, s *store.Store) {
	ctx := t.Context()
	c := candor.Canned{ID: candor.NewID(noon), Name: "hello", Texts: map[string]string{"en": "Hello {name}"}, Updated: noon}
	do(t, s, func(tx *store.Tx) error { return tx.SetCanned(ctx, &c) })
	twin := candor.Canned{ID: candor.NewID(noon), Name: "hello", Updated: noon}
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.SetCanned(ctx, &twin) }), candor.ErrExists)
	stale := c
	c.Texts = map[string]string{"en": "Hello", "zh": "您好"}
	do(t, s, func(tx *store.Tx) error { return tx.SetCanned(ctx, &c) })
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.SetCanned(ctx, &stale) }), candor.ErrChanged)
	same(t, must(s.CannedAnswers(ctx))(t), []candor.Canned{c})
	a := candor.Article{ID: candor.NewID(noon), Slug: "router", Titles: map[string]string{"en": "A router"}, Texts: map[string]string{"en": "# Do"}, Classes: []candor.Class{candor.Spam}, Platforms: []string{"router"}, Updated: noon}
	do(t, s, func(tx *store.Tx) error { return tx.SetArticle(ctx, &a) })
	same(t, must(s.Articles(ctx))(t), []candor.Article{a})
	do(t, s, func(tx *store.Tx) error {
		if err := tx.DeleteCanned(ctx, c.ID); err != nil {
			return err
		}
		return tx.DeleteArticle(ctx, "router")
	})
	same(t, len(must(s.CannedAnswers(ctx))(t))+len(must(s.Articles(ctx))(t)), 0)
}

// testMailOf looks for whose an address is.
func testMailOf(t *testing.T, s *store.Store) {
	ctx := t.Context()
	p := candor.Party{ID: candor.NewID(noon), Kind: candor.Customer, Name: "Mailed", Contacts: []candor.Contact{{Channel: candor.Mail, Address: "Desk@Mailed.example"}}, Created: noon, Updated: noon}
	do(t, s, func(tx *store.Tx) error { return tx.AddParty(ctx, p) })
	same(t, must(s.PartiesOfMail(ctx, "desk@mailed.example"))(t), []candor.ID{p.ID})
	same(t, len(must(s.PartiesOfMail(ctx, "esk@mailed.example"))(t)), 0)
}
