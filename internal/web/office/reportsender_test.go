package office_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"candor"
	"candor/internal/house"
	"candor/internal/intake/sender"
	"candor/internal/web/browsertest"
	"candor/internal/web/webtest"
)

// vouched has a report come in whose sender a relay vouches for, and be decided.
func (w *world) vouched(t testing.TB) candor.Report {
	t.Helper()
	w.reported(t)
	w.House.Reports.Senders = sender.New(sender.Options{Relays: []string{"mx.example.net"}, Now: w.Clock})
	ctx, admin := t.Context(), w.Who(candor.RoleAdmin)
	mail := "Authentication-Results: mx.example.net; dkim=pass header.d=reporter.example; spf=fail smtp.mailfrom=x@evil.example\r\n" + strings.Replace(reportMail, "<p1@", "<p2@", 1)
	id, err := w.House.TakeReport(ctx, admin, "", "", strings.NewReader(mail))
	if err == nil {
		err = w.House.ReadReport(ctx, id)
	}
	if err != nil {
		t.Fatal(err)
	}
	v, err := w.House.ReportView(ctx, admin, id, candor.Cut{})
	if err != nil {
		t.Fatal(err)
	}
	all := make([]house.ComplaintDecision, len(v.Complaints.Items))
	for i, c := range v.Complaints.Items {
		all[i] = house.ComplaintDecision{Complaint: c.ID, State: candor.ComplaintForeign}
	}
	if err := w.House.DecideReport(ctx, admin, id, v.Version, all); err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	if err := w.House.LearnReport(ctx, id); err != nil {
		t.Fatal(err)
	}
	return v.Report
}

// TestSenderCard tells who vouches for a sender and what people taught, and has it
// forgotten.
func TestSenderCard(t *testing.T) {
	w := newWorld(t)
	plain := w.reported(t)
	r := w.vouched(t)
	get := func(id candor.ID, role candor.Role) string {
		t.Helper()
		a := w.Get(t, w.As(role), "/reports/"+string(id))
		if a.Status != http.StatusOK {
			t.Fatalf("%d", a.Status)
		}
		return a.Text()
	}
	if page := get(plain.ID, candor.RoleAnalyst); strings.Contains(page, "ouched for") {
		t.Error("a sender who was not looked at is told of")
	}
	page := get(r.ID, candor.RoleAnalyst)
	for _, text := range []string{"Vouched for", "cert@reporter.example: a mail server of ours checked it, by reporter.example.", "RELAY evil.example: fail", "1 was decided about", "/forget-profile"} {
		if !strings.Contains(page, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
	if strings.Contains(get(r.ID, candor.RoleAuditor), "/forget-profile") {
		t.Error("an auditor is offered to forget")
	}
	if a := w.Post(t, w.As(candor.RoleAnalyst), "/reports/"+string(r.ID)+"/forget-profile", url.Values{}); a.Status != http.StatusSeeOther {
		t.Fatalf("forget: %d", a.Status)
	}
	if page := get(r.ID, candor.RoleAnalyst); strings.Contains(page, "was decided about") || !strings.Contains(page, "Vouched for") {
		t.Error("what was taught is still told, or who vouches no longer")
	}
}

// TestLookRepeat looks at the list of those who offend again and at the sender of a
// report in a real browser.
func TestLookRepeat(t *testing.T) {
	b, w := browsertest.Open(t, "status of 422"), newWorld(t)
	for i, class := range []candor.Class{candor.Phishing, candor.Spam} {
		f := webtest.Shell(w.asset, "x")
		f.Class, f.Rule, f.SHA256 = class, string(class), strings.Repeat(string(rune('a'+i)), 64)
		w.File(t, w.asset, f)
	}
	pages := map[string]string{"repeat": "/repeat", "repeat-asset": "/repeat?by=asset&least=1&days=365", "repeat-empty": "/repeat?least=10", "report-sender": "/reports/" + string(w.vouched(t).ID)}
	signIn(t, b, w)
	turn := 0
	for name, path := range pages {
		for _, v := range views(turn) {
			look(t, b, w, name, path, v)
		}
		turn++
	}
}
