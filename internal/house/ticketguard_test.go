package house_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"candor"
	"candor/internal/house"
	"candor/internal/respond/submit"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// reportsFile reports a file as anybody does, and hands the report over to a case of
// the party.
func (w *world) reportsFile(t *testing.T, share bool, content string) candor.Ticket {
	t.Helper()
	ctx := t.Context()
	tk, err := w.ReportSoftware(ctx, house.NewTicket{Suspect: candor.Suspect{Share: share}, File: &house.Attachment{Name: "tax return.exe", Content: []byte(content)}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.GiveTicket(ctx, ada, tk.ID, w.party.ID); err != nil {
		t.Fatal(err)
	}
	if tk, err = w.HandTicket(ctx, ada, tk.ID, house.HandOver{Asset: w.site.ID, Class: candor.InfectedSystem, Severity: candor.Medium}); err != nil {
		t.Fatal(err)
	}
	return tk
}

// TestShare: what somebody handed in goes to nobody if the person said no, and not
// if the next person with the same file does, after it was approved.
func TestShare(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	ctx := t.Context()
	mails, e := w.vendors(t)
	kept := w.reportsFile(t, false, "my own")
	if all, err := w.SamplesOf(ctx, ada, kept.Case); len(all) > 0 || err != nil {
		t.Errorf("of one who said no: %v, %v", all, err)
	}
	basis := candor.Basis{Kind: candor.ByLaw, Terms: "NIS2", Clause: "23"}
	if _, err := w.SendSamples(ctx, ada, house.Sending{Case: kept.Case, Entry: e.ID, Basis: basis}); err == nil {
		t.Error("it is proposed to be sent")
	}
	given := w.reportsFile(t, true, "a game")
	all, err := w.SamplesOf(ctx, ada, given.Case)
	if len(all) != 1 || err != nil {
		t.Fatalf("of one who said yes: %v, %v", all, err)
	}
	r, err := w.SendSamples(ctx, ada, house.Sending{Case: given.Case, Entry: e.ID, Samples: all, Basis: basis})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Approve(ctx, ada, r.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.ReportSoftware(ctx, house.NewTicket{File: &house.Attachment{Name: "x", Content: []byte("a game")}}); err != nil {
		t.Fatal(err)
	}
	isErr(t, w.MaySend(ctx, given.Case, all[0]), candor.ErrDenied)
	_ = w.Runner.Apply(ctx, r.ID)
	v, err := w.Submission(ctx, ada, r.ID)
	if err != nil || len(mails.sent) > 0 || v.Message == nil || v.Message.State != candor.MessageFailed || v.Response.Method != submit.Name {
		t.Errorf("%d mails, %+v, %v", len(mails.sent), v.Message, err)
	}
}

// TestGuestEnds: the link of the public form ends when the ticket is given to a
// party, and what its holder did is not the party's.
func TestGuestEnds(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	ctx := t.Context()
	tk, err := w.ReportSoftware(ctx, house.NewTicket{Suspect: candor.Suspect{What: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	g := house.Guest{Ticket: tk.ID}
	if err := w.GuestSay(ctx, g, "more", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := w.GiveTicket(ctx, ada, tk.ID, w.party.ID); err != nil {
		t.Fatal(err)
	}
	_, err = w.GuestTicket(ctx, g)
	isErr(t, err, candor.ErrNotFound)
	isErr(t, w.GuestSay(ctx, g, "the party says", nil), candor.ErrNotFound)
	isErr(t, w.GuestRate(ctx, g, 1, ""), candor.ErrNotFound)
	g.Party = w.party.ID
	if err := w.GuestSay(ctx, g, "by mail", nil); err != nil {
		t.Fatal(err)
	}
	seen, err := w.GuestTicket(ctx, g)
	if err != nil || seen.Party.Name != "" || seen.Party.ID != "" {
		t.Errorf("the holder of a link sees of the party %+v, %v", seen.Party, err)
	}
	v, err := w.Ticket(ctx, ada, tk.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range v.Entries[1:] {
		if want := "guest:" + string(tk.ID); e.Kind == candor.EntrySaid && e.Actor != want {
			t.Errorf("%q is said by %s, want %s", e.Text, e.Actor, want)
		}
	}
}

// looks is what looks at files.
type looks func(name string) (string, []candor.Finding, error)

func (looks) Generation() (string, error) { return "now", nil }

func (f looks) Look(_ context.Context, name string, _ []byte) (string, []candor.Finding, error) {
	return f(name)
}

// TestVerdictKeepsPlace: what is found in a file changes nothing of whose it is,
// and the other way round.
func TestVerdictKeepsPlace(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	ctx := t.Context()
	tk, err := w.ReportSoftware(ctx, house.NewTicket{File: &house.Attachment{Name: "x", Content: []byte("x")}})
	if err != nil {
		t.Fatal(err)
	}
	w.Samples = looks(func(string) (string, []candor.Finding, error) {
		_, err := w.GiveTicket(ctx, ada, tk.ID, w.party.ID)
		return "now", []candor.Finding{{Rule: "bad", Class: candor.InfectedSystem, Severity: candor.High}}, err
	})
	u := w.upload(t, tk)
	if err := w.LookAtUpload(ctx, u.ID); err != nil {
		t.Fatal(err)
	}
	if u = w.upload(t, tk); u.Party != w.party.ID || u.State != candor.UploadFound {
		t.Errorf("%+v", u)
	}
}

func (w *world) upload(t *testing.T, tk candor.Ticket) candor.Upload {
	t.Helper()
	all, err := w.Store.UploadsOfTicket(t.Context(), tk.ID)
	if err != nil || len(all) == 0 {
		t.Fatal(all, err)
	}
	return all[0]
}

func (w *world) jobs(t *testing.T) (n int64) {
	t.Helper()
	all, err := w.Store.QueueState(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range all {
		n += x
	}
	return n
}

// TestVerdictMails: a mail goes if something else is seen, and to an address of
// the public form once.
func TestVerdictMails(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	ctx := t.Context()
	generation, found := "1", []candor.Finding(nil)
	w.Samples = looks(func(string) (string, []candor.Finding, error) { return generation, found, nil })
	tk, err := w.ReportSoftware(ctx, house.NewTicket{Mail: "x@y.example", File: &house.Attachment{Name: "x", Content: []byte("x")}})
	if err != nil {
		t.Fatal(err)
	}
	u := w.upload(t, tk)
	bad := func(rule string) []candor.Finding {
		return []candor.Finding{{Rule: rule, Class: candor.InfectedSystem}}
	}
	for _, s := range []struct {
		name  string
		found []candor.Finding
		mails int64
	}{{"1", nil, 0}, {"2", bad("a"), 1}, {"3", bad("b"), 0}, {"4", nil, 0}, {"5", bad("a"), 0}} {
		before := w.jobs(t)
		w.now = w.now.Add(time.Minute)
		generation, found = s.name, s.found
		if err := w.LookAtUpload(ctx, u.ID); err != nil {
			t.Fatal(err)
		}
		if n := w.jobs(t) - before; n != s.mails {
			t.Errorf("at look %s %d mails go, want %d", s.name, n, s.mails)
		}
	}
}

// TestRoom: a ticket, and a party, take so many files and no more.
func TestRoom(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	ctx, cy := t.Context(), w.customer()
	open := func() candor.Ticket {
		tk, err := w.OpenTicket(ctx, cy, house.NewTicket{Kind: candor.TicketQuestion, Subject: "x", Text: "y"})
		if err != nil {
			t.Fatal(err)
		}
		return tk
	}
	tk, file := open(), &house.Attachment{Name: "x", Content: []byte("x")}
	for range 20 {
		if _, err := w.SayTicket(ctx, cy, tk.ID, "", file); err != nil {
			t.Fatal(err)
		}
	}
	_, err := w.SayTicket(ctx, cy, tk.ID, "", file)
	isErr(t, err, candor.ErrDenied)
	other := open()
	if _, err := w.SayTicket(ctx, cy, other.ID, "", file); err != nil {
		t.Error(err)
	}
	big := candor.Upload{ID: candor.NewID(w.now), Party: w.party.ID, At: w.now, Name: "x", SHA256: "00", State: candor.UploadQuiet, Size: 1 << 30}
	if err := w.Store.Tx(ctx, func(tx *store.Tx) error { return tx.AddUploads(ctx, big) }); err != nil {
		t.Fatal(err)
	}
	_, err = w.SayTicket(ctx, cy, other.ID, "", file)
	isErr(t, err, candor.ErrDenied)
	isErr(t, w.ProveFixed(ctx, cy, w.kase, house.Proof{File: file}), candor.ErrDenied)
}

// TestRefusedStays: what is refused takes nothing from who hands in the same, and
// goes later if nobody does.
func TestRefusedStays(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	ctx, cy := t.Context(), w.customer()
	tk, err := w.OpenTicket(ctx, cy, house.NewTicket{Kind: candor.TicketQuestion, Subject: "x", Text: "y"})
	if err != nil {
		t.Fatal(err)
	}
	content := []byte("on its way")
	digest, _, err := w.Vault.Put(strings.NewReader(string(content))) // somebody else's, whose row comes next
	if err != nil {
		t.Fatal(err)
	}
	if err := w.EraseTicket(ctx, ada, tk.ID); err != nil {
		t.Fatal(err)
	}
	before := w.jobs(t)
	_, err = w.SayTicket(ctx, cy, tk.ID, "", &house.Attachment{Name: "x", Content: content})
	isErr(t, err, candor.ErrInvalid)
	job := house.ForgetJob{Digests: []string{digest.String()}, Refused: true}
	if err := w.Forget(ctx, job); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Vault.Stat(digest); err != nil || w.jobs(t) != before+2 {
		t.Errorf("%v, %d jobs", err, w.jobs(t)-before)
	}
	w.now = w.now.Add(2 * time.Hour)
	if err := w.Forget(ctx, job); err != nil {
		t.Fatal(err)
	}
	_, err = w.Vault.Stat(digest)
	isErr(t, err, candor.ErrNotFound)
}

// TestEraseHanded: what people wrote is nowhere after their ticket was erased,
// though it was handed over to a case.
func TestEraseHanded(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	ctx := t.Context()
	tk := w.reportsFile(t, false, "private")
	if _, err := w.AnswerTicket(ctx, ada, tk.ID, "secret words", candor.TicketSolved); err != nil {
		t.Fatal(err)
	}
	records, err := w.Store.Records(ctx, candor.RecordFilter{Subject: tk.ID}, candor.Cut{Limit: 50})
	if err != nil || len(records.Items) == 0 {
		t.Fatal(records, err)
	}
	entries, err := w.Store.TicketEntries(ctx, tk.ID)
	if err != nil {
		t.Fatal(err)
	}
	m := candor.Message{ID: entries[0].ID, To: "x@y.example", MessageID: "m@x", State: candor.MessageFailed, Error: "550 x@y.example", Created: w.now}
	if err := w.Store.Tx(ctx, func(tx *store.Tx) error { return tx.AddMessage(ctx, m) }); err != nil {
		t.Fatal(err)
	}
	if err := w.EraseTicket(ctx, ada, tk.ID); err != nil {
		t.Fatal(err)
	}
	for _, r := range records.Items {
		if left, err := w.Store.PersonalOf(ctx, r.ID); len(left) > 0 || err != nil {
			t.Errorf("record %s holds %v, %v", r.Body, left, err)
		}
	}
	if m, err = w.Store.Message(ctx, m.ID); err != nil || m.Error != "" {
		t.Errorf("the mail tells %q, %v", m.Error, err)
	}
	c, err := w.Case(ctx, ada, tk.Case)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range c.Events {
		if strings.Contains(e.Text, "tax") {
			t.Errorf("the timeline tells %q", e.Text)
		}
	}
	for _, f := range c.Findings {
		if strings.Contains(f.Path, "tax") {
			t.Errorf("a finding tells %q", f.Path)
		}
	}
}

// TestUnreadableUpload: one file that cannot be looked at stops no other.
func TestUnreadableUpload(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	ctx := t.Context()
	var all []candor.Ticket
	for _, name := range []string{"broken", "good"} {
		tk, err := w.ReportSoftware(ctx, house.NewTicket{File: &house.Attachment{Name: name, Content: []byte(name)}})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, tk)
	}
	w.Samples = looks(func(name string) (string, []candor.Finding, error) {
		if name == "broken" {
			return "", nil, errors.New("it breaks")
		}
		return "now", nil, nil
	})
	if n, err := w.RescanUploads(ctx); n != 1 || err == nil {
		t.Errorf("%d, %v", n, err)
	}
	if u := w.upload(t, all[1]); u.State != candor.UploadQuiet {
		t.Errorf("%+v", u)
	}
	if u := w.upload(t, all[0]); u.State != candor.UploadWaiting || u.Scanned.IsZero() {
		t.Errorf("the broken one does not come last: %+v", u)
	}
}

// TestLongAddress: an address that is too long for a subject is reported.
func TestLongAddress(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	long := "https://x.example/" + strings.Repeat("é", 450)
	tk, err := w.ReportSoftware(t.Context(), house.NewTicket{Suspect: candor.Suspect{Origin: long}})
	if err != nil || len(tk.Subject) > 500 || tk.Suspect.Origin != long {
		t.Errorf("%+v, %v", tk, err)
	}
}

// TestCapOfAddress: letters of an address make no other of it.
func TestCapOfAddress(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	for i := range 21 {
		mail := "x@y.example"
		if i%2 == 1 {
			mail = "X@y.Example"
		}
		_, err := w.ReportSoftware(t.Context(), house.NewTicket{Mail: mail, Suspect: candor.Suspect{What: "x"}})
		if denied := errors.Is(err, candor.ErrDenied); denied != (i == 20) {
			t.Errorf("report %d: %v", i+1, err)
		}
	}
}

// TestMergeAtOnce: of two tickets that are merged into each other one goes on.
func TestMergeAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		ctx := t.Context()
		for range 10 {
			var ids [2]candor.ID
			for i := range ids {
				tk, err := w.OpenTicket(ctx, ada, house.NewTicket{Kind: candor.TicketQuestion, Way: candor.TicketByPhone, Party: w.party.ID, Subject: "x", Text: "y"})
				if err != nil {
					t.Fatal(err)
				}
				ids[i] = tk.ID
			}
			var errs [2]error
			var all sync.WaitGroup
			for i := range ids {
				all.Go(func() { _, errs[i] = w.MergeTicket(ctx, ada, ids[i], ids[1-i]) })
			}
			all.Wait()
			if (errs[0] == nil) == (errs[1] == nil) {
				t.Fatal(errs)
			}
		}
	})
}
