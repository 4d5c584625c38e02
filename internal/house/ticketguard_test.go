package house_test

import (
	"testing"

	"candor"
	"candor/internal/house"
	"candor/internal/respond/submit"
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
