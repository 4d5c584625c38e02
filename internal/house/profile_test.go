package house_test

import (
	"errors"
	"strings"
	"testing"

	"candor"
	"candor/internal/house"
	"candor/internal/intake/sender"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// odd is a mail that names two addresses, of which the first, the reporter's own,
// looks worse.
func odd(id, relay, victim, attacker string) string {
	return "Authentication-Results: " + relay + "; dkim=pass header.d=odd.example\r\nFrom: ops@odd.example\r\nSubject: incident " + id + "\r\nMessage-ID: <" + id + "@odd.example>\r\n\r\n" +
		"Hello,\r\n\r\nan attack was seen.\r\n\r\nSystem: " + victim + "\r\nGegenstelle: " + attacker + "\r\n\r\nRegards\r\n"
}

// TestProfileLearns teaches the profile of a sender who is vouched for, once a
// report, and nobody else's.
func TestProfileLearns(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w, _ := reports(t, s)
		ctx := t.Context()
		w.Reports.Senders = sender.New(sender.Options{Relays: []string{"mx.desk.example"}, Now: w.Clock})
		decide := func(text, attacker string) candor.Report {
			t.Helper()
			r := w.take(t, text)
			var all []house.ComplaintDecision
			right := false
			for _, c := range w.complaints(t, r) {
				if c.State != candor.ComplaintPerson && c.State != candor.ComplaintForeign {
					continue
				}
				d := house.ComplaintDecision{Complaint: c.ID, State: candor.ComplaintDismissed}
				if c.Value == attacker {
					d.State, right = candor.ComplaintForeign, true
				}
				all = append(all, d)
			}
			if !right {
				all = append(all, house.ComplaintDecision{State: candor.ComplaintForeign, Kind: "address", Value: attacker})
			}
			if err := w.DecideReport(ctx, ada, r.ID, r.Version, all); err != nil {
				t.Fatal(err, candor.Hint(err))
			}
			for range 2 { // the job may be done twice
				if err := w.LearnReport(ctx, r.ID); err != nil {
					t.Fatal(err)
				}
			}
			return r
		}
		r := decide(odd("1", "mx.desk.example", "192.0.2.11", "203.0.113.11"), "203.0.113.11")
		v, err := w.ReportVouch(ctx, eve, r.ID)
		if err != nil || v.By != candor.VouchRelay || v.Sender != "ops@odd.example" || v.Domain != "odd.example" || !v.Learned {
			t.Fatalf("%+v, %v", v, err)
		}
		decide(odd("2", "mx.desk.example", "192.0.2.22", "203.0.113.22"), "203.0.113.22")
		taught, err := w.Taught(ctx, eve, "ops@odd.example")
		if err != nil || taught.Reports != 2 || taught.Right != 2 || taught.Wrong != 2 || len(taught.Marks) == 0 {
			t.Fatalf("%+v, %v", taught, err)
		}
		named := ""
		for _, m := range taught.Marks {
			named += m.Mark + "\n"
		}
		if !strings.Contains(named, "gegenstelle") {
			t.Errorf("the marks do not name the word in front: %s", named)
		}

		// Its next mail is read rightly; that of somebody who is not vouched for as before.
		values := func(text string) (all []string) {
			for _, c := range w.complaints(t, w.take(t, text)) {
				all = append(all, c.Value)
			}
			return all
		}
		if got := values(odd("3", "mx.desk.example", "192.0.2.33", "203.0.113.33")); len(got) != 1 || got[0] != "203.0.113.33" {
			t.Errorf("after it was taught it complains about %q", got)
		}
		stranger := odd("4", "mx.evil.example", "192.0.2.44", "203.0.113.44")
		m, before, err := w.ReportReading(ctx, ada, w.take(t, stranger).ID)
		if err != nil || m == nil {
			t.Fatal(err)
		}
		for _, x := range before.Why {
			if len(x.Marks) > 0 {
				t.Errorf("the profile had a say in a mail for which nobody vouches: %+v", x)
			}
		}
		decide(odd("5", "mx.evil.example", "192.0.2.55", "203.0.113.55"), "203.0.113.55")
		if taught, err = w.Taught(ctx, eve, "ops@odd.example"); err != nil || taught.Reports != 2 {
			t.Errorf("a stranger taught: %+v, %v", taught, err)
		}

		if err := w.ForgetTaught(ctx, eve, "ops@odd.example"); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("an auditor had it forgotten: %v", err)
		}
		if err := w.ForgetTaught(ctx, ada, "ops@odd.example"); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Taught(ctx, ada, "ops@odd.example"); !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("it is still known: %v", err)
		}
	})
}

// TestUnvouchedReply has a person look at an answer that anybody may have sent in
// the name of a party.
func TestUnvouchedReply(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w, _ := reports(t, s)
		w.Reports.Senders = sender.New(sender.Options{Relays: []string{"mx.desk.example"}, Now: w.Clock})
		ctx := t.Context()
		address := w.party.Contacts[0].Address
		domain := address[strings.IndexByte(address, '@')+1:]
		sent := candor.Message{ID: candor.NewID(w.now), Case: w.kase, To: address, Subject: "Notice", MessageID: "01980000000070008000000000000001@desk.example", State: candor.MessageSent, Created: w.now}
		if err := s.Tx(ctx, func(tx *store.Tx) error { return tx.AddMessage(ctx, sent) }); err != nil {
			t.Fatal(err)
		}
		reply := func(id, relay string) candor.Report {
			return w.take(t, "Authentication-Results: "+relay+"; dkim=pass header.d="+domain+"\r\nFrom: "+address+"\r\nSubject: Re: Notice\r\nMessage-ID: <"+id+"@"+domain+">\r\nIn-Reply-To: <01980000000070008000000000000001@desk.example>\r\nReferences: <01980000000070008000000000000001@desk.example>\r\n\r\nWhat is it?\r\n")
		}
		if r := reply("1", "mx.evil.example"); r.State != candor.ReportPerson || !strings.Contains(r.Why, "nobody vouches") || r.Case != w.kase {
			t.Errorf("%+v", r)
		}
		if r := reply("2", "mx.desk.example"); r.State != candor.ReportReply || r.Case != w.kase {
			t.Errorf("%+v", r)
		}
	})
}

// TestEraseSender forgets the address of an erased party as a sender of reports, also of
// one that names its reporter otherwise.
func TestEraseSender(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		address := strings.ToLower(w.party.Contacts[0].Address)
		r := candor.Report{ID: candor.NewID(w.now), Way: "smtp", Received: w.now, SHA256: strings.Repeat("e", 64), State: candor.ReportFiled, Reporter: "Acme Abuse Team", Updated: w.now}
		w.must(t, func(tx *store.Tx) error {
			return errors.Join(tx.AddReports(ctx, store.NewReport{Report: r}), tx.KeepVouch(ctx, candor.Vouch{Report: r.ID, Sender: address, By: candor.VouchDKIM, Checked: w.now}))
		})
		if err := w.ErasePerson(ctx, ada, w.party.ID); err != nil {
			t.Fatal(err)
		}
		if v, err := w.Store.Vouch(ctx, r.ID); !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("%+v, %v", v, err)
		}
	})
}
