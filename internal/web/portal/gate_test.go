package portal_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"candor"
	"candor/internal/consent/gate"
	"candor/internal/phrase"
	"candor/internal/store"
	"candor/internal/web"
	"candor/internal/web/browsertest"
	"candor/internal/web/webtest"
)

// sensors say what a test has them say of notices and terms.
type sensors struct {
	lock          sync.Mutex
	notice, terms gate.Reading
}

func (s *sensors) Notice(context.Context, candor.Asset) (gate.Reading, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.notice, nil
}

func (s *sensors) Terms(context.Context, candor.Asset) (gate.Reading, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.terms, nil
}

func (s *sensors) mend(at time.Time) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.notice, s.terms = gate.Reading{Outcome: candor.GatePassed, At: at}, gate.Reading{Outcome: candor.GatePassed, At: at}
}

func (s *sensors) lose() {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.terms = gate.Reading{Outcome: candor.GateFailed, Why: gate.OldTerms}
}

// gated is a world whose site has no notice, no terms, and an open finding.
func gated(t *testing.T) (*world, *sensors, string) {
	t.Helper()
	w, s := newWorld(t), &sensors{notice: gate.Reading{Outcome: candor.GateFailed, Why: gate.NoNotice}, terms: gate.Reading{Outcome: candor.GateFailed, Why: gate.NotAccepted}}
	w.House.Gatekeeping = gate.Sensors{Notices: s, Agreements: s}
	p := gate.DefaultPolicy()
	p.Grace = candor.Period(2 * time.Hour)
	for _, c := range gate.Checks() {
		if !c.Sensor && c.ID != "penetration" {
			p.NotRequired = append(p.NotRequired, gate.Exemption{Check: c.ID, Reason: "looked at by hand once a year"})
		}
	}
	if _, err := w.House.SetGatePolicy(t.Context(), w.Who(candor.RoleAdmin), p); err != nil {
		t.Fatal(err)
	}
	if _, err := w.House.Waive(t.Context(), w.Who(candor.RoleAnalyst), w.PartyAsset.ID, "penetration", "STAFF-ONLY the test is on Friday", w.Clock().Add(30*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	return w, s, "/my/sites/" + string(w.PartyAsset.ID)
}

// clean has a whole scan find nothing, and what was found dismissed.
func (w *world) clean(t *testing.T) {
	t.Helper()
	x := candor.Scan{ID: candor.NewID(w.Clock()), Asset: w.PartyAsset.ID, Party: w.Party.ID, State: candor.ScanComplete, Cause: "fixed", By: "system", Queued: w.Clock(), Started: w.Clock(), Ended: w.Clock()}
	if err := w.House.Store.Tx(t.Context(), func(tx *store.Tx) error { return tx.AddScan(t.Context(), x) }); err != nil {
		t.Fatal(err)
	}
	findings, err := w.House.Store.FindingsOfCase(t.Context(), w.c.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		if err := w.House.Desk.Dismiss(t.Context(), w.Who(candor.RoleAnalyst), f.ID, "mended"); err != nil {
			t.Fatal(err)
		}
	}
}

// TestGateTells has the page say what is in the way, and what to do, in every
// language, and nothing of the staff.
func TestGateTells(t *testing.T) {
	w, _, path := gated(t)
	c := w.As(candor.RoleCustomer)
	a := w.Get(t, c, path+"?language=en")
	at := 0
	for _, want := range []string{"Going live: acme.example", "Your site is not live", "What is missing", "Clear notice on the site", "No notice is published", "Write the notice and publish it.",
		"Terms accepted", "Read the terms and accept them.", "Content scanned", "Something dangerous was found", "Ask to go live", "What happens next", "How to reach a person", "What is met", "waived", "Penetration test", "until 1 Apr 2026"} {
		next := strings.Index(a.Text()[at:], want)
		if next < 0 {
			t.Fatalf("%q is not there, or not in its place: %s", want, a.Text())
		}
		at += next
	}
	if strings.Contains(a.Text(), "STAFF-ONLY") || strings.Contains(a.Text(), "Test analyst") || strings.Contains(a.Text(), "/srv/") {
		t.Error("the page tells what the staff wrote")
	}
	if a := w.Get(t, w.As(candor.RoleSubscriber), path); a.Status != http.StatusNotFound {
		t.Errorf("another's page is %d", a.Status)
	}
	if a := w.Post(t, w.As(candor.RoleSubscriber), path+"/ask", url.Values{"once": {"k"}}); a.Status != http.StatusNotFound {
		t.Errorf("asked for another's site: %d", a.Status)
	}
	if a := w.Get(t, c, "/my?language=en"); !strings.Contains(a.Text(), path) || !strings.Contains(a.Text(), "not asked for") {
		t.Error("the list does not lead there")
	}
}

// TestGateWords has every word that a page of the gate can need in all languages.
func TestGateWords(t *testing.T) {
	texts, err := phrase.Load()
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, s := range candor.GateStates() {
		for _, key := range []string{"gate.state.", "portal.gate.event."} {
			keys = append(keys, key+string(s))
		}
		for _, part := range []string{".title", ".text", ".next"} {
			keys = append(keys, "portal.gate."+string(s)+part)
		}
	}
	for _, o := range candor.GateOutcomes() {
		keys = append(keys, "gate.outcome."+string(o))
	}
	for _, c := range gate.Checks() {
		keys = append(keys, "gate.check."+c.ID)
	}
	for _, x := range gate.Whys() {
		keys = append(keys, "gate.why."+string(x), "gate.do."+string(x))
	}
	for _, tag := range texts.Languages() {
		for _, key := range keys {
			if !texts.For(tag).Has(key) {
				t.Errorf("%s has no %s", tag, key)
			}
		}
	}
}

// TestGateJourney is the customer's way in a real browser: refused with reasons,
// mended, live, lost, mended again, taken down.
func TestGateJourney(t *testing.T) {
	b := browsertest.Open(t, browsertest.Errors)
	w, s, path := gated(t)
	b.Run(t, "sign in", chromedp.Navigate(w.URL+web.SignIn), browsertest.At(web.SignIn), browsertest.Keys("#mail", "customer@example.net"), browsertest.Keys("#password", webtest.Password+"\r"),
		browsertest.Wants(`location.pathname !== "/sign-in" && document.readyState === "complete"`))
	b.Run(t, "find the page", chromedp.Navigate(w.URL+"/my?language=en"), browsertest.Click(`main a[href="`+path+`"]`), browsertest.At(path), browsertest.Says("Your site is not live"))
	gateLook(t, b, w, path, "draft")
	b.Run(t, "ask", browsertest.Click(`form[action$="/ask"] button`), browsertest.Says("something is still missing"), browsertest.Says("Write the notice and publish it."))
	gateLook(t, b, w, path, "refused")
	w.At(w.Clock().Add(time.Minute))
	s.mend(w.Clock())
	w.clean(t)
	b.Run(t, "mended, check again", browsertest.Click(`form[action$="/check"] button`), browsertest.Says("Everything that is asked for is met."))
	gateLook(t, b, w, path, "live")
	w.At(w.Clock().Add(time.Hour))
	s.lose()
	b.Run(t, "lost", chromedp.Navigate(w.URL+path+"?language=en"), browsertest.Says("Read the terms that are in force"), browsertest.Click(`form[action$="/check"] button`), browsertest.Says("Your site is live until"))
	gateLook(t, b, w, path, "grace")
	w.At(w.Clock().Add(2 * time.Hour))
	b.Run(t, "too late", chromedp.Navigate(w.URL+path+"?language=en"), browsertest.Click(`form[action$="/check"] button`), browsertest.Says("Your site is suspended"))
	gateLook(t, b, w, path, "suspended")
	s.mend(w.Clock())
	w.clean(t)
	b.Run(t, "mended", browsertest.Click(`form[action$="/check"] button`), browsertest.Says("Everything that is asked for is met."))
	b.Run(t, "take it down", browsertest.Click("main details > summary"), browsertest.Says("Your files stay as they are."), browsertest.Click(`form[action$="/take-back"] button`), browsertest.Says("Your site is no longer live"))
	v, err := w.House.Gate(t.Context(), w.Who(candor.RoleAnalyst), w.PartyAsset.ID)
	if err != nil || v.Gate.State != candor.GateDraft || len(v.Moves) != 6 {
		t.Errorf("%+v, %v", v, err)
	}
}

// gateLook looks at the page as it is now: on a phone, in Arabic and dark, or in
// more views for pictures; then it is in English again.
func gateLook(t *testing.T, b *browsertest.Browser, w *world, path, name string) {
	t.Helper()
	views := []struct {
		language, scheme string
		width            int64
	}{{"ar", "dark", 390}, {"en", "light", 1280}, {"en", "dark", 1280}, {"zh", "light", 390}, {"en", "light", 390}}
	if !browsertest.Shots() {
		views = views[:1]
	}
	for _, v := range views {
		what := fmt.Sprintf("gate-%s-%s-%s-%d", name, v.language, v.scheme, v.width)
		b.Run(t, what, chromedp.EmulateViewport(v.width, 900), browsertest.Prefers(v.scheme), chromedp.Navigate(w.URL+path+"?language="+v.language), browsertest.Wants(`document.readyState === "complete" && document.querySelector("h1")`))
		b.Fits(t, what)
		b.Accessible(t, what, browsertest.Axe(t))
		b.Picture(t, what)
	}
	b.Run(t, name, chromedp.Navigate(w.URL+path+"?language=en"), browsertest.Wants(`document.readyState === "complete" && document.querySelector("h1")`))
}
