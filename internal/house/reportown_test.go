package house_test

import (
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/house"
	"candor/internal/intake"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// TestReporterIsBound has a reporter's program hand in mails that say they are from
// others: they are that reporter's, teach its profile alone, and answer nothing.
func TestReporterIsBound(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w, _ := reports(t, s)
		ctx := t.Context()
		program := candor.Principal{Name: "soc@cert.example", Reporter: "soc@cert.example", Role: candor.RoleReporter, Token: candor.NewID(w.Clock()), Scopes: []string{"report"}}
		hand := func(text string) candor.Report {
			t.Helper()
			id, err := w.TakeReport(ctx, program, "", "", strings.NewReader(text))
			if err == nil {
				err = w.ReadReport(ctx, id)
			}
			if err != nil {
				t.Fatal(err)
			}
			r, err := w.Report(ctx, ada, id)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		teach := func(r candor.Report, attacker string) {
			t.Helper()
			all := []house.ComplaintDecision{{State: candor.ComplaintForeign, Kind: "address", Value: attacker}}
			for _, c := range w.complaints(t, r) {
				if c.State == candor.ComplaintPerson || c.State == candor.ComplaintForeign {
					d := house.ComplaintDecision{Complaint: c.ID, State: candor.ComplaintDismissed}
					if c.Value == attacker {
						d.State, all = candor.ComplaintForeign, all[1:]
					}
					all = append(all, d)
				}
			}
			if err := w.DecideReport(ctx, ada, r.ID, r.Version, all); err != nil {
				t.Fatal(err, candor.Hint(err))
			}
			if err := w.LearnReport(ctx, r.ID); err != nil {
				t.Fatal(err)
			}
		}
		r := hand(odd("1", "mx.evil.example", "192.0.2.11", "203.0.113.11"))
		v, err := w.ReportVouch(ctx, ada, r.ID)
		if err != nil || r.Reporter != "soc@cert.example" || v.By != candor.VouchToken || v.Sender != r.Reporter || r.Answerable {
			t.Fatalf("%+v, %+v, %v", r, v, err)
		}
		teach(r, "203.0.113.11")
		teach(hand(odd("2", "mx.evil.example", "192.0.2.22", "203.0.113.22")), "203.0.113.22")
		taught, err := w.Taught(ctx, ada, "soc@cert.example")
		if err != nil || taught.Reports != 2 {
			t.Fatalf("%+v, %v", taught, err)
		}
		if _, err := w.Taught(ctx, ada, "ops@odd.example"); err == nil {
			t.Error("the sender that the mail names was taught")
		}
		if all := w.complaints(t, hand(odd("3", "mx.evil.example", "192.0.2.33", "203.0.113.33"))); len(all) != 1 || all[0].Value != "203.0.113.33" {
			t.Errorf("its profile has no say: %+v", all)
		}

		// A bounce, an answer: a person looks, and nobody is heard.
		for name, text := range map[string]string{
			"bounce":  "From: MAILER-DAEMON@mx.example\r\nSubject: Undelivered\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nno\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n--b--\r\n",
			"absence": "From: a@b.example\r\nSubject: Out of office\r\nAuto-Submitted: auto-replied\r\n\r\nI am away.\r\n",
		} {
			if r := hand(text); r.State != candor.ReportPerson || r.Why != "a reporter's program handed in what is no report" {
				t.Errorf("%s: %s, %s", name, r.State, r.Why)
			}
		}

		page, err := w.OwnReports(ctx, program, candor.Cut{})
		if err != nil || page.Count != 5 {
			t.Errorf("%d, %v", page.Count, err)
		}
		for _, who := range []candor.Principal{ada, {Name: "b", Reporter: "b@cert.example", Role: candor.RoleReporter, Token: "t", Scopes: []string{"report"}}} {
			if _, err := w.OwnReport(ctx, who, r.ID); err == nil {
				t.Errorf("%s reads what is not theirs", who.Name)
			}
		}
		if _, err := w.ReportList(ctx, program, candor.ReportFilter{Way: string(intake.API)}, candor.Cut{}); err == nil {
			t.Error("a program of a reporter lists reports")
		}
		if err := w.ForgetReports(ctx, w.Clock().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if r, err = w.Report(ctx, ada, r.ID); err != nil || r.Source != "reporter:" || r.Reporter != "" {
			t.Errorf("what is forgotten tells whose it was: %+v, %v", r, err)
		}
	})
}

// TestReporterTwins has two reporters' programs, and somebody without one, hand in the
// same: each is heard and has its own outcome, and what one hands in twice is a duplicate.
func TestReporterTwins(t *testing.T) {
	for name, text := range map[string]string{
		"content":   "From: x@y.example\r\nSubject: list\r\n\r\nabusive-content/spam domain shop.example",
		"reference": listed("x@y.example", "1", "abusive-content/spam domain shop.example"),
		"mail":      "From: x@y.example\r\nSubject: list\r\nMessage-ID: <1@y.example>\r\n\r\nabusive-content/spam domain shop.example",
		"person":    "From: x@y.example\r\nSubject: list\r\n\r\nabusive-content/spam domain both.example",
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) { reporterTwins(t, s, text) })
		})
	}
}

func reporterTwins(t *testing.T, s *store.Store, text string) {
	w, _ := reports(t, s)
	w.Reports.Thresholds = map[candor.Class]house.Threshold{candor.Spam: {Reporters: 3, Within: 24 * time.Hour}}
	ctx := t.Context()
	people := []candor.Principal{ada}
	for _, mail := range []string{"a@cert.example", "b@cert.example"} {
		people = append(people, candor.Principal{Name: mail, Reporter: mail, Role: candor.RoleReporter, Token: candor.NewID(w.Clock()), Scopes: []string{"report"}})
	}
	var firsts []candor.Report
	for round := range 2 {
		for i, who := range []candor.Principal{people[1], people[2], people[0]} {
			id, err := w.TakeReport(ctx, who, "", "", strings.NewReader(text))
			if err == nil {
				err = w.ReadReport(ctx, id)
			}
			if err != nil {
				t.Fatal(err)
			}
			r, err := w.Store.Report(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			if round > 0 {
				if r.State != candor.ReportDuplicate || r.Same != firsts[i].ID {
					t.Errorf("%s's second: %s of %s, not of %s", who.Name, r.State, r.Same, firsts[i].ID)
				}
				continue
			}
			firsts = append(firsts, r)
			if r.State == candor.ReportDuplicate || r.Same != "" || len(w.complaints(t, r)) != 1 {
				t.Errorf("%s's first: %s of %q, %+v", who.Name, r.State, r.Same, w.complaints(t, r))
			}
			if who.Reporter == "" {
				continue
			}
			if own, err := w.OwnReport(ctx, who, id); err != nil || own.Outcome.Open != 1 || !own.Outcome.Received.Equal(r.Received) {
				t.Errorf("%s's outcome: %+v, %v", who.Name, own.Outcome, err)
			}
		}
		w.now = w.now.Add(time.Minute)
	}
	// All three count for the threshold.
	for i, c := range w.complaints(t, firsts[0]) {
		if c.State != candor.ComplaintWaiting {
			continue
		}
		if err := w.Ripen(ctx, c.Asset, c.Class); err != nil {
			t.Fatal(err)
		}
		for _, r := range firsts {
			if c := w.complaints(t, r)[i]; c.State != candor.ComplaintFiled {
				t.Errorf("%+v", c)
			}
		}
	}
}
