package office_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/web/webtest"
)

// evil is what must come out as text and nothing else.
const evil = `"><script>alert(1)</script><img src=x onerror=alert(2)>`

// inert checks that a page shows evil as text.
func inert(t *testing.T, a webtest.Answer, what string) {
	t.Helper()
	if strings.Contains(a.Text(), "<script>alert") || strings.Contains(a.Text(), "<img src=x") {
		t.Errorf("%s: a text became markup", what)
	}
	if !strings.Contains(a.Text(), "&lt;script&gt;alert(1)") {
		t.Errorf("%s: the text is not shown", what)
	}
}

// has checks that a page holds texts.
func has(t *testing.T, a webtest.Answer, status int, texts ...string) {
	t.Helper()
	if a.Status != status {
		t.Errorf("status %d, want %d: %.600s", a.Status, status, a.Text())
	}
	page := strings.ReplaceAll(html.UnescapeString(a.Text()), "\u00a0", " ") // numbers and units do not part
	for _, text := range texts {
		if !strings.Contains(page, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
}

// led checks that a form led to a page, and gives that page.
func (w *world) led(t *testing.T, role candor.Role, path string, f url.Values) webtest.Answer {
	t.Helper()
	a := w.Post(t, w.As(role), path, f)
	if a.Status != http.StatusSeeOther {
		t.Fatalf("POST %s: %d %.800s", path, a.Status, a.Text())
	}
	return w.Get(t, w.As(role), a.Location())
}

func TestPartyForm(t *testing.T) {
	w := newWorld(t)
	analyst := w.As(candor.RoleAnalyst)
	f := url.Values{"kind": {"customer"}, "name": {evil}, "reference": {"K-9"}, "language": {"zh"}, "zone": {"Asia/Shanghai"}, "note": {evil + "\nsecond line"},
		"contact-0-address": {"not an address"}, "contact-0-channel": {"mail"}, "contact-0-purpose": {"abuse"}, "contact-0-name": {evil}, "contact-0-language": {""},
		"contact-1-address": {"+86 10 5555"}, "contact-1-channel": {"phone"}, "contact-1-purpose": {""}, "contact-1-name": {""}, "contact-1-language": {"en"}}
	a := w.Post(t, analyst, "/parties/new", f)
	has(t, a, http.StatusUnprocessableEntity, "Write the address as name@example.com.", `value="not an address"`, `href="#contact-0-address"`, "second line")
	inert(t, a, "the form that came back")

	f.Set("more", "yes")
	has(t, w.Post(t, analyst, "/parties/new", f), http.StatusOK, `name="contact-3-address"`, `value="+86 10 5555"`)
	f.Del("more")
	f.Set("contact-0-address", "abuse@evil.example")
	f.Set("zone", "Mars/Olympus")
	has(t, w.Post(t, analyst, "/parties/new", f), http.StatusUnprocessableEntity, "There is no such time zone")
	f.Set("zone", "")
	page := w.led(t, candor.RoleAnalyst, "/parties/new", f)
	inert(t, page, "the party's page")
	has(t, page, http.StatusOK, "abuse@evil.example", "Phone · Everything · English", "was added")
	inert(t, w.Get(t, analyst, "/parties"), "the list")

	// Its number is taken now; a row that was emptied goes.
	taken := w.Post(t, analyst, "/parties/new", f)
	has(t, taken, http.StatusUnprocessableEntity, "There is another one with this number")
	p, err := w.House.Store.PartyByReference(t.Context(), candor.Customer, "K-9")
	if err != nil {
		t.Fatal(err)
	}
	f.Set("contact-1-address", "")
	w.led(t, candor.RoleAnalyst, "/parties/"+string(p.ID)+"/edit", f)
	if p, err = w.House.Store.Party(t.Context(), candor.Everything, p.ID); err != nil || len(p.Contacts) != 1 || p.Contacts[0].Purpose != "abuse" || p.Kind != candor.Customer {
		t.Errorf("the party is %+v, %v", p, err)
	}
	inert(t, w.Get(t, analyst, "/parties/"+string(p.ID)+"/edit"), "the form")
	has(t, w.Get(t, analyst, "/parties?q=nobody-of-that-name"), http.StatusOK, "Nothing matches")
}

func TestAssetForm(t *testing.T) {
	w := newWorld(t)
	analyst := w.As(candor.RoleAnalyst)
	f := url.Values{"kind": {"site"}, "name": {evil}, "owner": {"nobody"}, "hosts": {"a.example\n\n" + evil}, "roots": {"relative/path"}, "every": {"24h0m0s"}, "software": {"WordPress"}, "observe": {"yes"}}
	a := w.Post(t, analyst, "/assets/new", f)
	has(t, a, http.StatusUnprocessableEntity, "There is no party with this name", "relative/path is no plain absolute path", `href="#owner"`)
	inert(t, a, "the form that came back")
	f.Set("owner", "acme (K-acme)")
	f.Set("roots", "/etc")
	has(t, w.Post(t, analyst, "/assets/new", f), http.StatusUnprocessableEntity, "It has to lie in a folder that may be scanned: "+w.scanned+", /srv.")
	f.Set("roots", w.scanned)
	f.Set("every", "1s")
	has(t, w.Post(t, analyst, "/assets/new", f), http.StatusUnprocessableEntity, "scanned more than once a minute", `<option value="1s" selected>`)
	f.Set("every", "24h0m0s")
	page := w.led(t, candor.RoleAnalyst, "/assets/new", f)
	inert(t, page, "the page")
	has(t, page, http.StatusOK, "Observe only", "No response ever touches it", "Never", "Nobody has looked yet", "1 d, set for this asset", "Scan now")
	inert(t, w.Get(t, analyst, "/sites"), "the list")
	has(t, w.Get(t, analyst, "/assets?kind=product"), http.StatusOK, "Nothing here yet")

	for _, owner := range []string{"acme", "K-acme", string(w.party.ID), "ACME"} {
		f.Set("owner", owner)
		f.Set("name", "site of "+owner)
		w.led(t, candor.RoleAnalyst, "/assets/new", f)
	}
	if _, err := w.House.SaveParty(t.Context(), w.Who(candor.RoleAdmin), candor.Party{Kind: candor.Partner, Name: "acme"}); err != nil {
		t.Fatal(err)
	}
	f.Set("owner", "acme")
	has(t, w.Post(t, analyst, "/assets/new", f), http.StatusUnprocessableEntity, "Several parties have this name")

	edit := "/assets/" + string(w.asset.ID) + "/edit"
	has(t, w.Get(t, analyst, edit), http.StatusOK, "acme (K-acme)", "/srv/acme", `name="retired"`)
	page = w.led(t, candor.RoleAnalyst, edit, url.Values{"name": {"acme.example"}, "owner": {"K-acme"}, "retired": {"yes"}, "every": {""}})
	has(t, page, http.StatusOK, "It is not scanned any more")
	if strings.Contains(page.Text(), "Scan now") {
		t.Error("a retired site can be scanned")
	}
	if list := w.Get(t, analyst, "/sites?retired=no"); strings.Contains(list.Text(), ">acme.example<") {
		t.Error("a retired site is in the list")
	}
	has(t, w.Get(t, analyst, "/sites?retired=yes"), http.StatusOK, "acme.example")
}

func TestScanProgress(t *testing.T) {
	w := newWorld(t)
	ctx, path := t.Context(), "/assets/"+string(w.asset.ID)
	page := w.Get(t, w.As(candor.RoleAnalyst), path)
	has(t, page, http.StatusOK, "Waiting for its turn", `hx-get="`+path+"/scans/"+string(w.scan.ID)+`"`)
	s := w.scan
	s.State, s.Started, s.Files, s.Bytes, s.Total, s.Errors = candor.ScanRunning, w.Clock().Add(-100*time.Second), 1200, 50_000_000, 200_000_000, 2
	w.change(t, s, candor.ScanQueued)
	part := w.part(t, path+"/scans/"+string(s.ID))
	has(t, part, http.StatusOK, "1,200 files, 50.0 MB", "200 MB", "500 kB/s", "about 5 min left", "25%", "2 files could not be read", `value="250"`)
	if strings.Contains(part.Text(), "<html") {
		t.Error("htmx got a whole page")
	}
	has(t, w.Get(t, w.As(candor.RoleAnalyst), path+"/scans/"+string(s.ID)), http.StatusOK, "<html", "Back to the asset")
	s.State, s.Ended = candor.ScanComplete, w.Clock()
	w.change(t, s, candor.ScanRunning)
	if done := w.part(t, path+"/scans/"+string(s.ID)); done.Header.Get("HX-Redirect") != path {
		t.Errorf("a scan that ended leads to %q", done.Header.Get("HX-Redirect"))
	}
	has(t, w.Get(t, w.As(candor.RoleAnalyst), path), http.StatusOK, "Complete", "1 min 40 s", "Asked for by Ada Admin")
	has(t, w.led(t, candor.RoleAnalyst, path+"/scan", nil), http.StatusOK, "It was scanned a moment ago")
	w.At(w.Clock().Add(time.Minute))
	page = w.led(t, candor.RoleAnalyst, path+"/scan", nil)
	has(t, page, http.StatusOK, "A scan was asked for", "Waiting for its turn")
	if all, err := w.House.Store.Scans(ctx, candor.Everything, candor.ScanFilter{Asset: w.asset.ID}, candor.Cut{}); err != nil || len(all.Items) != 2 {
		t.Errorf("%d scans, %v", len(all.Items), err)
	}
}

func TestAgreements(t *testing.T) {
	w := newWorld(t)
	path := "/parties/" + string(w.party.ID)
	f := url.Values{"terms": {evil}, "version": {"2"}, "digest": {"zz"}, "accepted": {"2999-01-01"}, "how": {"telepathy"}, "allows": {"notify", "explode"}}
	a := w.Post(t, w.As(candor.RoleAnalyst), path+"/agreements/new", f)
	has(t, a, http.StatusUnprocessableEntity, "A digest has 64 digits", "not one to come", "Choose one of the list", `value="notify" checked`)
	inert(t, a, "the form that came back")
	f.Set("digest", strings.Repeat("ab", 32))
	f.Set("accepted", "2026-01-31")
	f.Set("how", "paper")
	page := w.led(t, candor.RoleAnalyst, path+"/agreements/new", f)
	inert(t, page, "the party's page")
	all, err := w.House.Store.Agreements(t.Context(), candor.Everything, w.party.ID)
	if err != nil || len(all) != 2 {
		t.Fatal(all, err)
	}
	for _, made := range all {
		if made.Version == "2" && (len(made.Allows) != 1 || made.Allows[0] != "notify") {
			t.Errorf("it allows %v", made.Allows)
		}
	}
	withdraw := path + "/agreements/" + string(w.terms.ID) + "/withdraw"
	has(t, w.Get(t, w.As(candor.RoleAnalyst), withdraw), http.StatusOK, "Withdraw Terms of hosting 2026-01 of acme?", "no new response rests on it")
	has(t, w.led(t, candor.RoleAnalyst, withdraw, nil), http.StatusOK, "Terms of hosting 2026-01 was withdrawn", "Withdrawn")
	if a := w.Post(t, w.As(candor.RoleAnalyst), withdraw, nil); a.Status != http.StatusConflict {
		t.Errorf("withdrawn twice: %d", a.Status)
	}
}

// TestPaper enters what a party said on paper: that it agrees to terms and to one
// of two clauses, months ago, by its guardian; and that it takes that back.
func TestPaper(t *testing.T) {
	w := newWorld(t)
	at := w.Clock().AddDate(0, -3, 0)
	w.At(at)
	v := w.publish(t, "hosting-terms", "7")
	w.At(at.AddDate(0, 3, 0))
	path := "/parties/" + string(w.party.ID) + "/consents/new"
	c := w.As(candor.RoleAnalyst)
	has(t, w.Get(t, c, path), http.StatusOK, "Hosting terms 7", "Withdrew", "Next")
	has(t, w.Get(t, c, path+"?act=agreed&terms="+string(v.ID)), http.StatusOK, "Samples for security vendors", "guardian of a minor", "They said no", v.Digest[:8])
	f := url.Values{"terms": {string(v.ID)}, "act": {"agreed"}, "at": {"2999-01-01"}, "how": {"portal"}, "behalf": {"guardian"}, "language": {"fr"}}
	a := w.Post(t, c, path, f)
	has(t, a, http.StatusUnprocessableEntity, "not one to come", "Choose one of the list", "Say what the paper says: yes or no.", "Name who spoke for the party", `value="guardian" checked`)
	f.Set("at", at.AddDate(0, 1, 0).Format(time.DateOnly))
	f.Set("how", "paper")
	f.Set("note", evil)
	f.Set("clause-samples", "yes")
	page := w.led(t, candor.RoleAnalyst, path, f)
	has(t, page, http.StatusOK, "What was said of Hosting terms 7 was recorded", "samples", "on paper")
	inert(t, page, "the party's page")
	if b, _, err := w.House.Basis(t.Context(), w.Who(candor.RoleAdmin), w.party.ID, "submit", at.AddDate(0, 2, 0)); err != nil || b.Clause != "samples" {
		t.Errorf("two months ago the basis was %+v, %v", b, err)
	}
	account, err := w.House.Store.Account(t.Context(), w.party.ID)
	if err != nil {
		t.Fatal(err)
	}
	said := account.History[slices.IndexFunc(account.History, func(e consent.Event) bool { return e.Version == v.ID })]
	if said.Behalf != consent.Guardian || said.Note != evil || said.Language != "fr" || said.How != consent.ByPaper || !said.Recorded.After(said.At) {
		t.Errorf("kept is %+v", said)
	}
	back := url.Values{"terms": {string(v.ID)}, "act": {"withdrawn"}, "at": {w.Clock().Format(time.DateOnly)}, "how": {"mail"}, "behalf": {"self"}, "taken": {"samples"}}
	has(t, w.led(t, candor.RoleAnalyst, path, back), http.StatusOK, "Withdrew")
	w.At(w.Clock().Add(time.Minute))
	if _, _, err := w.House.Basis(t.Context(), w.Who(candor.RoleAdmin), w.party.ID, "submit", time.Time{}); err == nil {
		t.Error("the clause that was taken back still allows something")
	}
	back.Del("taken")
	w.led(t, candor.RoleAnalyst, path, back)
	w.At(w.Clock().Add(time.Minute))
	has(t, w.Post(t, c, path, back), http.StatusUnprocessableEntity, "there is nothing to take back")
}

// TestPaperScan sends the scan of a paper with what it says, and downloads it.
func TestPaperScan(t *testing.T) {
	w := newWorld(t)
	v := w.publish(t, "acceptable-use", "1")
	path := "/parties/" + string(w.party.ID)
	has(t, w.Get(t, w.As(candor.RoleAnalyst), path+"/consents/new?act=agreed&terms="+string(v.ID)), http.StatusOK, `type="file"`, "Scan of the paper")
	fields := map[string]string{"terms": string(v.ID), "act": "agreed", "at": w.Clock().Format(time.DateOnly), "how": "paper", "behalf": "self", "language": "en"}
	has(t, w.send(t, path+"/consents/new", "scan", "<html><script>alert(1)</script>", fields), http.StatusUnprocessableEntity, "no PDF, PNG, JPEG or TIFF")
	const scan = "%PDF-1.4\n<script>\n%%EOF"
	if a := w.send(t, path+"/consents/new", "scan", scan, fields); a.Status != http.StatusSeeOther {
		t.Fatalf("%d: %s", a.Status, a.Text())
	}
	page := w.Get(t, w.As(candor.RoleAuditor), path)
	at := regexp.MustCompile(path + `/scans/[^"]+`).FindString(string(page.Body))
	a := w.Get(t, w.As(candor.RoleAuditor), at)
	if a.Status != http.StatusOK || string(a.Body) != scan || a.Header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%s: %d, %q, %v", at, a.Status, a.Body, a.Header)
	}
	other := "/parties/" + string(candor.NewID(w.Clock())) + "/scans/" + strings.TrimPrefix(at, path+"/scans/")
	if a := w.Get(t, w.As(candor.RoleAuditor), other); a.Status != http.StatusNotFound {
		t.Errorf("of another party: %d", a.Status)
	}
}

func TestErase(t *testing.T) {
	w := newWorld(t)
	path := "/parties/" + string(w.party.ID)
	page := w.Get(t, w.As(candor.RoleAdmin), path+"/erase")
	has(t, page, http.StatusOK, "Erase the personal data of acme?", "This cannot be undone.", "What stays", "Cases, findings and responses", "Write the name")
	has(t, w.Post(t, w.As(candor.RoleAdmin), path+"/erase", url.Values{"name": {"acm"}}), http.StatusUnprocessableEntity, "Write the name exactly: acme")
	if p, err := w.House.Store.Party(t.Context(), candor.Everything, w.party.ID); err != nil || p.Erased {
		t.Fatal("it was erased without its name", err)
	}
	page = w.led(t, candor.RoleAdmin, path+"/erase", url.Values{"name": {" ACME "}})
	has(t, page, http.StatusOK, "The personal data was erased", "(erased)", "Cases and evidence stay")
	if strings.Contains(page.Text(), "li@acme.example") || strings.Contains(page.Text(), "K-acme") {
		t.Error("a contact or the number is still there")
	}
	w.settle(t)
	if r := w.record(t, candor.RecordErasure); r.Subject != w.party.ID {
		t.Errorf("the record is about %s", r.Subject)
	}
	// The customer is signed out, and the record of the finding has lost its path.
	if a := w.Get(t, w.As(candor.RoleCustomer), "/account"); a.Status != http.StatusSeeOther {
		t.Errorf("the customer is still signed in: %d", a.Status)
	}
	has(t, w.Get(t, w.As(candor.RoleAdmin), "/evidence/"+string(w.record(t, candor.RecordFinding).ID)), http.StatusOK, "Erased")
	if a := w.Get(t, w.As(candor.RoleAdmin), path+"/erase"); a.Status != http.StatusSeeOther {
		t.Errorf("it can be erased again: %d", a.Status)
	}
}
