package portal_test

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/access/link"
	"candor/internal/intake"
	"candor/internal/intake/format/form"
	"candor/internal/intake/message"
	"candor/internal/store"
	"candor/internal/web/portal"
)

// reports are all that came in.
func (w *world) reports(t *testing.T) []candor.Report {
	t.Helper()
	page, err := w.House.Store.Reports(t.Context(), candor.ReportFilter{}, candor.Cut{})
	if err != nil {
		t.Fatal(err)
	}
	return page.Items
}

// filled opens a report, and gives what was filled in.
func (w *world) filled(t *testing.T, r candor.Report) (form.Form, *message.Message) {
	t.Helper()
	_, body, err := w.House.ReportMessage(t.Context(), w.Who(candor.RoleAnalyst), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	m, err := message.Read(body, message.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	f, ok := form.Find(m)
	if !ok {
		t.Fatal("the report carries no form")
	}
	return f, m
}

// TestAbuse reports abuse as anybody does: what is wrong comes back with what was
// typed, and what is right is durable before it is answered.
func TestAbuse(t *testing.T) {
	w := supportWorld(t)
	c := w.Stranger()
	for _, language := range []string{"ar", "en", "es", "fr", "ru", "zh"} {
		page := w.Get(t, c, "/abuse?language="+language)
		if page.Status != http.StatusOK || strings.Contains(page.Text(), "[abuse.") || strings.Contains(page.Text(), "{size}") {
			t.Errorf("%s: %d", language, page.Status)
		}
	}
	good := func() url.Values {
		return url.Values{"kind": {"login"}, "about": {"81.1.0.1\nhxxp://evil[.]example/<script>\n"}, "port": {"4711"}, "when": {"2026-02-28T12:00"}, "zone": {"+02:00"},
			"text": {"<script>alert(1)</script>"}, "mail": {"anne@victim.example"}, "pass": {"yes"}, "named": {"yes"}}
	}
	for name, bad := range map[string]string{"kind": "", "about": "the page there", "port": "70000", "when": "2027-01-01T00:00", "mail": "anne", "website": "http://spam.example"} {
		f := good()
		f.Set(name, bad)
		a := w.Post(t, c, "/abuse?language=en", f)
		if a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Text(), `href="#`+name+`"`) || strings.Contains(a.Text(), "<script>alert") || !strings.Contains(a.Text(), "&lt;script&gt;alert(1)") {
			t.Errorf("%s = %q: %d, %s", name, bad, a.Status, a.Text())
		}
	}
	long := good() // many short lines: none is bad, and together they are cut
	long.Set("about", strings.Repeat("http://evil.example/"+strings.Repeat("x", 880)+"\n", 30))
	if a := w.Post(t, c, "/abuse?language=en", long); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Text(), "longer than we can take") {
		t.Errorf("too long: %d", a.Status)
	}
	for name, many := range map[string]string{"about": strings.Repeat("81.1.0.1\n", form.MostAbout+1), "mail": "", "text": strings.Repeat("x", 101<<10)} {
		f := good()
		f.Set(name, many)
		if a := w.Post(t, c, "/abuse", f); a.Status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", name, a.Status)
		}
	}
	if n := len(w.reports(t)); n != 0 {
		t.Fatalf("%d reports were kept of forms that came back", n)
	}
	status, at, text := w.sends(t, c, "/abuse?language=en", good(), "file", "auth\".log", []byte("Failed password"))
	all := w.reports(t)
	if status != http.StatusSeeOther || !strings.HasPrefix(at, "/r/") || len(all) != 1 || all[0].Way != string(intake.Form) || all[0].State != candor.ReportNew {
		t.Fatal(status, at, text, all)
	}
	f, m := w.filled(t, all[0])
	if f.Class != "intrusion-attempts/brute-force" || len(f.About) != 2 || f.About[1].Value != "http://evil.example/<script" || f.About[0].Port != 4711 || !f.First.Equal(time.Date(2026, 2, 28, 10, 0, 0, 0, time.UTC)) || !f.Pass || !f.Named || f.Account || f.Language != "en" {
		t.Errorf("%+v", f)
	}
	if m.From[0].Address != "anne@victim.example" || !bytes.Equal(m.Parts[len(m.Parts)-1].Bytes, []byte("Failed password")) && m.Parts[len(m.Parts)-1].Text != "Failed password" {
		t.Errorf("%+v", m)
	}
	if page := w.Get(t, c, at); page.Status != http.StatusOK || !strings.Contains(page.Text(), "Your report has arrived") || !strings.Contains(page.Text(), "We are looking at it") {
		t.Error(page.Status, page.Text())
	}
	without := good()
	without.Del("zone")
	without.Del("pass")
	w.At(w.Clock().Add(time.Second))
	if a := w.Post(t, c, "/abuse", without); a.Status != http.StatusSeeOther {
		t.Fatal(a.Status, a.Text())
	}
	if f, _ := w.filled(t, w.reports(t)[0]); !f.First.IsZero() || f.Told != "2026-02-28 12:00:00" || f.Pass || f.Named {
		t.Errorf("a zone was guessed, or a consent made up: %+v", f)
	}
}

// TestAbuseSignedIn: of somebody with an account it is known who reports.
func TestAbuseSignedIn(t *testing.T) {
	w := supportWorld(t)
	for role, account := range map[candor.Role]bool{candor.RoleCustomer: true, candor.RoleSubscriber: true, candor.RoleAnalyst: false} {
		c := w.As(role)
		w.At(w.Clock().Add(time.Second))
		if page := w.Get(t, c, "/abuse?language=en"); page.Status != http.StatusOK || strings.Contains(page.Text(), `name="mail"`) == account {
			t.Errorf("%s: %d, it asks who they are: %v", role, page.Status, !account)
		}
		a := w.Post(t, c, "/abuse", url.Values{"kind": {"spam"}, "about": {"81.1.0.1"}, "pass": {"yes"}, "named": {"yes"}, "mail": {"other@victim.example"}})
		if a.Status != http.StatusSeeOther {
			t.Fatal(role, a.Status, a.Text())
		}
		r := w.reports(t)[0]
		f, m := w.filled(t, r)
		if f.Account != account || account && (m.From[0].Address != string(role)+"@example.net" || !strings.HasPrefix(r.Source, "customer:")) || !account && m.From[0].Address != "other@victim.example" {
			t.Errorf("%s: %+v, from %v, by %s", role, f, m.From, r.Source)
		}
	}
}

// TestAbuseIsLimited: a network reports five times at once, and no larger than
// reports may be.
func TestAbuseIsLimited(t *testing.T) {
	w := newWorld(t, portal.Config{MostReport: 2 << 20})
	w.House.Vault = supportWorld(t).House.Vault
	c := w.Stranger()
	f := url.Values{"kind": {"spam"}, "about": {"81.1.0.1"}}
	if status, _, text := w.sends(t, c, "/abuse", f, "file", "x", bytes.Repeat([]byte("x"), 900<<10)); status != http.StatusUnprocessableEntity || !strings.Contains(text, `href="#file"`) {
		t.Errorf("a file that is too large: %d", status)
	}
	if status, _, text := w.sends(t, c, "/abuse", f, "file", "x", bytes.Repeat([]byte("x"), 700<<10)); status != http.StatusSeeOther {
		t.Errorf("a file of the largest size: %d, %s", status, text)
	}
	last := 0
	for range 5 {
		last = w.Post(t, c, "/abuse", f).Status
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the sixth report: %d", last)
	}
	if a := w.Post(t, w.elsewhere(), "/abuse", f); a.Status != http.StatusSeeOther {
		t.Errorf("a report from elsewhere: %d", a.Status)
	}
}

// TestReporterSays: who holds the link says whether a report is passed on, and only
// the link that was mailed lets the reporter be named.
func TestReporterSays(t *testing.T) {
	w := newWorld(t)
	ctx, now := t.Context(), w.Clock()
	r := candor.Report{ID: candor.NewID(now), Way: "smtp", Received: now, SHA256: "aa", State: candor.ReportNew, Updated: now}
	f := candor.Forward{ID: candor.NewID(now), Report: r.ID, Holder: "abuse@secret-net.example", State: candor.ForwardPerson, Count: 1, Created: now, Updated: now}
	err := w.House.Store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.AddReports(ctx, store.NewReport{Report: r}); err != nil {
			return err
		}
		r.Version, r.State, r.Reporter = 1, candor.ReportFiled, "anne@victim.example"
		if err := tx.ChangeReport(ctx, &r, ""); err != nil {
			return err
		}
		return tx.AddForward(ctx, f)
	})
	if err != nil {
		t.Fatal(err)
	}
	sign := func(l link.Link) string {
		l.Subject, l.Expires = r.ID, now.Add(time.Hour).Truncate(time.Second)
		token, err := w.Links.Sign(l)
		if err != nil {
			t.Fatal(err)
		}
		return "/r/" + token
	}
	open, mailed := sign(link.Link{Purpose: link.Report}), sign(link.Link{Purpose: link.Report, Contact: link.ContactOf(r.Reporter)})
	c := w.Stranger()
	said := func() candor.ForwardConsent {
		t.Helper()
		w.At(w.Clock().Add(time.Second)) // what is said next comes later
		x, err := w.House.Store.ForwardConsent(ctx, r.ID)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	page := w.Get(t, c, open+"?language=en")
	if !strings.Contains(page.Text(), "Pass it on") || strings.Contains(page.Text(), `name="named"`) || strings.Contains(page.Text(), "secret-net") {
		t.Error(page.Text())
	}
	if a := w.Post(t, c, open+"/consent", url.Values{"pass": {"yes"}, "named": {"yes"}}); a.Status != http.StatusForbidden && a.Status != http.StatusNotFound {
		t.Errorf("named by the other link: %d", a.Status)
	}
	if a := w.Post(t, c, open+"/consent", url.Values{"pass": {"yes"}}); a.Location() != open || !said().Yes || said().Named {
		t.Errorf("%d, %+v", a.Status, said())
	}
	if page := w.Get(t, c, mailed+"?language=en"); !strings.Contains(page.Text(), `name="named"`) || !strings.Contains(page.Text(), "You agreed that we pass it on.") {
		t.Error(page.Text())
	}
	if a := w.Post(t, c, mailed+"/consent", url.Values{"pass": {"yes"}, "named": {"yes"}}); a.Location() != mailed || !said().Named {
		t.Errorf("%d, %+v", a.Status, said())
	}
	for _, want := range []int{http.StatusSeeOther, http.StatusSeeOther, http.StatusTooManyRequests} {
		if a := w.Post(t, c, mailed+"/consent", url.Values{"pass": {"yes"}}); a.Status != want {
			t.Errorf("said again and again: %d", a.Status)
		}
	}
	w.At(w.Clock().Add(13 * time.Minute))
	if a := w.Post(t, c, mailed+"/consent", url.Values{"pass": {"no"}}); a.Location() != mailed || said().Yes {
		t.Errorf("%d, %+v", a.Status, said())
	}
	if err := w.House.ConsiderForwards(ctx, r.ID); err != nil {
		t.Fatal(err)
	}
	if v, err := w.House.ForwardView(ctx, w.Who(candor.RoleAnalyst), f.ID); err != nil || v.Progress() != string(candor.ForwardRefused) {
		t.Errorf("%+v, %v", v, err)
	}
	w.Post(t, c, mailed+"/consent", url.Values{"pass": {"yes"}})
	if said().Yes {
		t.Error("somebody agrees to what waits for nothing")
	}
	if o, err := w.House.ReportOutcome(ctx, r.ID); err != nil || o.Ask.Waiting || o.Ask.Said == nil {
		t.Errorf("%+v, %v", o, err)
	}
	for _, bad := range []string{"/r/x/consent", sign(link.Link{Purpose: link.Case}) + "/consent"} {
		if a := w.Post(t, c, bad, url.Values{"pass": {"yes"}}); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d", bad, a.Status)
		}
	}
}

// TestSecurityText names the form, as RFC 9116 wants it.
func TestSecurityText(t *testing.T) {
	w := newWorld(t)
	a := w.Get(t, w.Stranger(), "/.well-known/security.txt")
	if a.Status != http.StatusOK || !strings.Contains(a.Text(), "Contact: mailto:abuse@example.net\n") || !strings.Contains(a.Text(), "\nExpires: ") || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/plain; charset=utf-8") {
		t.Errorf("%d %s", a.Status, a.Text())
	}
	if strings.HasPrefix(w.URL, "http://") && strings.Contains(a.Text(), "http://") {
		t.Errorf("a web address that is not of https: %s", a.Text())
	}
}
