package house_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/evidence"
	"candor/internal/house"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// finds looks for a word in contents; which one depends on the definitions.
type finds struct {
	generation string
	word       map[string]string
}

func (f *finds) Generation() (string, error) { return f.generation, nil }

func (f *finds) Look(_ context.Context, _ string, content []byte) (string, []candor.Finding, error) {
	if w := f.word[f.generation]; w != "" && strings.Contains(string(content), w) {
		return f.generation, []candor.Finding{{Rule: "bad." + w, Class: candor.MalwareDistribution, Severity: candor.High}}, nil
	}
	return f.generation, nil, nil
}

func (w *world) customer() candor.Principal {
	return candor.Principal{User: "0190a000-0000-7000-8000-00000000000c", Name: "Cy", Role: candor.RoleCustomer, Party: w.party.ID}
}

func isErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%v, want %v", err, want)
	}
}

func kinds(v house.TicketView) string {
	var all []string
	for _, e := range v.Entries {
		all = append(all, string(e.Kind))
	}
	return strings.Join(all, " ")
}

func TestTicket(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		ctx, cy := t.Context(), w.customer()
		tk, err := w.OpenTicket(ctx, cy, house.NewTicket{Kind: candor.TicketQuestion, Subject: "Why?", Text: "My site is slow."})
		if err != nil || tk.Party != w.party.ID || tk.Due.IsZero() || tk.State != candor.TicketNew || tk.Way != candor.TicketByPortal {
			t.Fatalf("%+v, %v", tk, err)
		}
		_, err = w.OpenTicket(ctx, eve, house.NewTicket{Kind: candor.TicketQuestion, Way: candor.TicketByPhone, Subject: "x", Text: "y"})
		isErr(t, err, candor.ErrDenied)
		_, err = w.OpenTicket(ctx, cy, house.NewTicket{Kind: candor.TicketQuestion, Subject: "x"})
		isErr(t, err, candor.ErrInvalid)
		if _, err := w.NoteTicket(ctx, ada, tk.ID, "secret"); err != nil {
			t.Fatal(err)
		}
		w.now = w.now.Add(time.Hour)
		if tk, err = w.AnswerTicket(ctx, ada, tk.ID, "Here is why.", candor.TicketSolved); err != nil || tk.State != candor.TicketSolved || !tk.Due.IsZero() || tk.Answered.IsZero() {
			t.Fatalf("%+v, %v", tk, err)
		}
		v, err := w.Ticket(ctx, cy, tk.ID)
		if err != nil || kinds(v) != "said answer state" || v.Entries[1].Actor != house.Provider || v.Ticket.Assignee != "" {
			t.Errorf("the person sees %s, %v", kinds(v), err)
		}
		if err := w.RateTicket(ctx, cy, tk.ID, 5, "quick"); err != nil {
			t.Fatal(err)
		}
		isErr(t, w.RateTicket(ctx, cy, tk.ID, 1, ""), candor.ErrExists)
		if tk, err = w.SayTicket(ctx, cy, tk.ID, "It is back.", nil); err != nil || tk.State != candor.TicketOpen || tk.Due.IsZero() {
			t.Errorf("a solved one that is answered: %+v, %v", tk, err)
		}
		other := candor.Principal{User: "u", Role: candor.RoleCustomer, Party: candor.NewID(w.now)}
		_, err = w.Ticket(ctx, other, tk.ID)
		isErr(t, err, candor.ErrNotFound)
		_, err = w.SayTicket(ctx, other, tk.ID, "x", nil)
		isErr(t, err, candor.ErrNotFound)
		f, err := w.TicketFigures(ctx, ada)
		if err != nil || f.First != time.Hour || f.Rated != 1 || f.Rating != 5 || f.Ages[0] != 1 {
			t.Errorf("%+v, %v", f, err)
		}
		_, err = w.TicketFigures(ctx, cy)
		isErr(t, err, candor.ErrDenied)
	})
}

// TestMerge: only duplicates of the same party are joined.
func TestMerge(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	ctx := t.Context()
	stranger, _ := storetest.Sample(t, w.Store, "stranger")
	open := func(party candor.ID) candor.Ticket {
		tk, err := w.OpenTicket(ctx, ada, house.NewTicket{Kind: candor.TicketQuestion, Way: candor.TicketByPhone, Party: party, Subject: "x", Text: "y"})
		if err != nil {
			t.Fatal(err)
		}
		return tk
	}
	a, b, foreign, none := open(w.party.ID), open(w.party.ID), open(stranger.ID), open("")
	for _, other := range []candor.ID{foreign.ID, none.ID} {
		_, err := w.MergeTicket(ctx, ada, a.ID, other)
		isErr(t, err, candor.ErrDenied)
	}
	_, err := w.MergeTicket(ctx, ada, none.ID, open("").ID)
	isErr(t, err, candor.ErrDenied)
	_, err = w.MergeTicket(ctx, ada, a.ID, a.ID)
	isErr(t, err, candor.ErrInvalid)
	if a, err = w.MergeTicket(ctx, ada, a.ID, b.ID); err != nil || a.State != candor.TicketClosed || a.Same != b.ID {
		t.Fatalf("%+v, %v", a, err)
	}
	v, err := w.GuestTicket(ctx, house.Guest{Ticket: a.ID, Party: w.party.ID})
	if err != nil || v.Into.Number != b.Number || v.Into.ID != "" {
		t.Errorf("the holder of the link sees of the other one %+v, %v", v.Into, err)
	}
	isErr(t, w.GuestSay(ctx, house.Guest{Ticket: a.ID, Party: w.party.ID}, "x", nil), candor.ErrInvalid)
	_, err = w.MergeTicket(ctx, ada, b.ID, a.ID)
	isErr(t, err, candor.ErrInvalid)
	_, err = w.GiveTicket(ctx, ada, foreign.ID, w.party.ID)
	isErr(t, err, candor.ErrInvalid)
}

// TestMail: what answers is known by its references and its sender, and never by
// its subject.
func TestMail(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	ctx := t.Context()
	w.party.Contacts = []candor.Contact{{Channel: candor.Mail, Address: "cy@acme.example"}}
	if err := w.Store.Tx(ctx, func(tx *store.Tx) error { return tx.ChangeParty(ctx, w.party) }); err != nil {
		t.Fatal(err)
	}
	take := func(m house.TicketMail) (candor.Ticket, bool) {
		t.Helper()
		tk, reply, err := w.TakeMail(ctx, m)
		if err != nil {
			t.Fatal(err)
		}
		return tk, reply
	}
	first, reply := take(house.TicketMail{MessageID: "1@acme.example", From: "Cy@acme.example", Subject: "Help", Text: "Please."})
	if reply || first.Party != w.party.ID {
		t.Errorf("%+v, %v", first, reply)
	}
	if again, _ := take(house.TicketMail{MessageID: "1@acme.example", From: "cy@acme.example", Subject: "Help", Text: "Please."}); again.ID != first.ID {
		t.Error("the same mail opens another ticket")
	}
	if _, err := w.AnswerTicket(ctx, ada, first.ID, "Yes?", candor.TicketWaiting); err != nil {
		t.Fatal(err)
	}
	v, err := w.Ticket(ctx, ada, first.ID)
	if err != nil {
		t.Fatal(err)
	}
	answer := v.Entries[slices.IndexFunc(v.Entries, func(e candor.Entry) bool { return e.Kind == candor.EntryAnswer })]
	if l, err := w.TicketLetter(ctx, answer.ID); err != nil || l.Ticket.ID != first.ID || l.Party.ID != w.party.ID {
		t.Errorf("%+v, %v", l, err)
	}
	sent := candor.Message{ID: answer.ID, Party: w.party.ID, To: "cy@acme.example", MessageID: "a@desk", State: candor.MessageSent, Created: w.now}
	if err := w.Store.Tx(ctx, func(tx *store.Tx) error { return tx.AddMessage(ctx, sent) }); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		mail  house.TicketMail
		reply bool
	}{
		"by reference":       {house.TicketMail{MessageID: "2@x", References: []string{"a@desk"}, From: "CY@acme.example", Subject: "else", Text: "more"}, true},
		"of somebody else":   {house.TicketMail{MessageID: "3@x", References: []string{"a@desk"}, From: "mallory@evil.example", Subject: "Re: Help", Text: "more"}, false},
		"by subject alone":   {house.TicketMail{MessageID: "4@x", From: "cy@acme.example", Subject: "Re: Help " + first.Label(), Text: "more"}, false},
		"unknown references": {house.TicketMail{MessageID: "5@x", References: []string{"none@x"}, From: "cy@acme.example", Subject: "Re: Help", Text: "more"}, false},
	} {
		tk, reply := take(c.mail)
		if reply != c.reply || (tk.ID == first.ID) != c.reply {
			t.Errorf("%s: %v, %s", name, reply, tk.Label())
		}
	}
	if tk, err := w.Store.Ticket(ctx, candor.Everything, first.ID); err != nil || tk.State != candor.TicketOpen {
		t.Errorf("after the reply it is %s, %v", tk.State, err)
	}
}

// TestSample: a file that anybody hands in is looked at, looked at again by newer
// definitions, handed over to a case of its party, and erased with it.
func TestSample(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	ctx := t.Context()
	look := &finds{"g1", map[string]string{"g2": "evil"}}
	w.Samples = look
	tk, err := w.ReportSoftware(ctx, house.NewTicket{Mail: "x@y.example", Suspect: candor.Suspect{Device: "windows", Share: true}, File: &house.Attachment{Name: "../a/game.exe", Content: []byte("so evil")}})
	if err != nil || tk.Party != "" || tk.Subject != ".._a_game.exe" {
		t.Fatalf("%+v, %v", tk, err)
	}
	guest := house.Guest{Ticket: tk.ID}
	view := func() house.TicketView {
		t.Helper()
		v, err := w.GuestTicket(ctx, guest)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	u := view().Uploads[0]
	if err := w.LookAtUpload(ctx, u.ID); err != nil {
		t.Fatal(err)
	}
	if v := view(); v.Uploads[0].State != candor.UploadQuiet || kinds(v) != "said verdict" {
		t.Errorf("by the first definitions: %+v, %s", v.Uploads, kinds(v))
	}
	if n, err := w.RescanUploads(ctx); n != 0 || err != nil {
		t.Errorf("with the same definitions %d are looked at again: %v", n, err)
	}
	look.generation = "g2"
	if n, err := w.RescanUploads(ctx); n != 1 || err != nil {
		t.Fatalf("with others %d are looked at again: %v", n, err)
	}
	if v := view(); v.Uploads[0].State != candor.UploadFound || !slices.Equal(v.Uploads[0].Rules, []string{"bad.evil"}) || kinds(v) != "said verdict verdict" {
		t.Errorf("by others: %+v, %s", v.Uploads, kinds(v))
	}
	to := house.HandOver{Asset: w.site.ID, Class: candor.InfectedSystem, Severity: candor.Medium}
	_, err = w.HandTicket(ctx, ada, tk.ID, to)
	isErr(t, err, candor.ErrInvalid) // it is nobody's
	if _, err := w.GiveTicket(ctx, ada, tk.ID, w.party.ID); err != nil {
		t.Fatal(err)
	}
	_, foreign := storetest.Sample(t, w.Store, "stranger")
	_, err = w.HandTicket(ctx, ada, tk.ID, house.HandOver{Asset: foreign.ID, Class: candor.InfectedSystem})
	isErr(t, err, candor.ErrDenied)
	if tk, err = w.HandTicket(ctx, ada, tk.ID, to); err != nil {
		t.Fatal(err)
	}
	c, err := w.Case(ctx, ada, tk.Case)
	if err != nil || c.Case.Class != candor.InfectedSystem || c.Findings[0].SHA256 != u.SHA256 || c.Findings[0].Rule != "bad.evil" || c.Findings[0].Sensor != house.SensorSupport {
		t.Errorf("%+v, %v", c.Findings, err)
	}
	if files, err := w.CaseUploads(ctx, ada, tk.Case); len(files) != 1 || err != nil {
		t.Errorf("files of the case: %v, %v", files, err)
	}
	if err := w.ErasePerson(ctx, ada, w.party.ID); err != nil {
		t.Fatal(err)
	}
	digest, err := evidence.ParseDigest(u.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Vault.Get(digest); !errors.Is(err, candor.ErrNotFound) {
		t.Errorf("the file of who was erased: %v", err)
	}
	_, err = w.GuestTicket(ctx, guest)
	isErr(t, err, candor.ErrNotFound)
}

// TestProof: what a customer gives to show that it is mended is on the timeline,
// in the records, and looked at.
func TestProof(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		ctx, cy := t.Context(), w.customer()
		w.now = w.now.Add(time.Minute)
		p := house.Proof{Guide: "php", Steps: []string{"Changed the passwords"}, Of: 7, Text: "Done.", File: &house.Attachment{Name: "log.txt", Content: []byte("cleaned")}}
		if err := w.ProveFixed(ctx, cy, w.kase, p); err != nil {
			t.Fatal(err)
		}
		isErr(t, w.ProveFixed(ctx, ada, w.kase, p), candor.ErrDenied)
		v, err := w.Case(ctx, cy, w.kase)
		if err != nil {
			t.Fatal(err)
		}
		last := v.Events[len(v.Events)-1]
		if last.Kind != candor.EventFixed || last.Text != "✓ Changed the passwords\nDone." || !strings.Contains(string(last.Details), `"of":7`) {
			t.Errorf("%+v, %s", last, last.Details)
		}
		files, err := w.CaseUploads(ctx, cy, w.kase)
		if err != nil || len(files) != 1 || files[0].Name != "log.txt" {
			t.Errorf("%+v, %v", files, err)
		}
		page, err := s.Records(ctx, candor.RecordFilter{Case: w.kase}, candor.Cut{Limit: 50})
		if err != nil || !slices.ContainsFunc(page.Items, func(r candor.Logged) bool {
			return r.Concealed["file"] != "" && strings.Contains(string(r.Body), `"says":"fixed"`)
		}) {
			t.Errorf("no record tells of the file: %v", err)
		}
	})
}

func TestCannedAndArticles(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	ctx := t.Context()
	c, err := w.SetCanned(ctx, ada, candor.Canned{Name: "hello", Texts: map[string]string{"en": "Hello {name}, {ticket}. {provider}", "zh": "您好,{name}", "fr": " "}})
	if err != nil || len(c.Texts) != 2 {
		t.Fatal(c, err)
	}
	for lang, want := range map[string]string{"zh-Hans": "您好,Bo", "ru": "Hello Bo, T-7. Us"} {
		if got := house.Fill(c, candor.Ticket{Number: 7, Name: "Bo", Language: lang}, "Us"); got != want {
			t.Errorf("in %s: %s", lang, got)
		}
	}
	_, err = w.SetCanned(ctx, eve, c)
	isErr(t, err, candor.ErrDenied)
	all, err := w.Guides(ctx)
	if err != nil {
		t.Fatal(err)
	}
	a := candor.Article{Slug: "router", Titles: map[string]string{"en": "Ours"}, Texts: map[string]string{"en": "1. Call us"}, Hidden: true}
	if a, err = w.SetArticle(ctx, ada, a); err != nil {
		t.Fatal(err)
	}
	now, err := w.Guides(ctx)
	if err != nil || len(now) != len(all)-1 {
		t.Errorf("with one hidden there are %d of %d, %v", len(now), len(all), err)
	}
	a.Slug = "../x"
	_, err = w.SetArticle(ctx, ada, a)
	isErr(t, err, candor.ErrInvalid)
	if err := w.DeleteArticle(ctx, ada, "router"); err != nil {
		t.Fatal(err)
	}
	if now, err = w.Guides(ctx); err != nil || len(now) != len(all) {
		t.Errorf("the one of the program is not back: %d, %v", len(now), err)
	}
}
