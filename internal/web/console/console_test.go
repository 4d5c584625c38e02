package console_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/house"
	"candor/internal/respond"
	"candor/internal/store"
	"candor/internal/web"
	"candor/internal/web/console"
	"candor/internal/web/webtest"
)

// world is a site with the pages of this package and responses that do nothing.
type world struct {
	*webtest.World
	quarantine *act
}

type respondStore struct{ s *store.Store }

func (a respondStore) Tx(ctx context.Context, f func(respond.Tx) error) error {
	return a.s.Tx(ctx, func(tx *store.Tx) error { return f(tx) })
}

func (a respondStore) ExpiredResponses(ctx context.Context, at time.Time, limit int) ([]candor.Response, error) {
	return a.s.ExpiredResponses(ctx, at, limit)
}

func (a respondStore) StandingResponses(ctx context.Context, method string, after candor.ID, limit int) ([]candor.Response, error) {
	return a.s.StandingResponses(ctx, method, after, limit)
}

// act is a response that says what it would do, and fails if it is told to.
type act struct {
	name    string
	lasting bool
	err     error
}

func (a *act) Name() string       { return a.name }
func (a *act) TouchesAsset() bool { return !a.lasting }

func (a *act) Plan(_ context.Context, req respond.Request, t respond.Target) (respond.Plan, error) {
	return respond.Plan{Effects: []respond.Line{{Key: "none", Text: "Something happens to " + t.Asset.Name + "."}},
		Warnings: []respond.Line{{Key: "none", Text: "It is <b>only</b> a test."}}, Undo: respond.Line{Key: "none", Text: "It is put back."}, Lasting: a.lasting, Data: req.Options}, nil
}

func (a *act) Apply(ctx context.Context, _ candor.Response, j respond.Journal) (json.RawMessage, error) {
	return json.RawMessage(`{"done":"<script>"}`), errors.Join(j.Save(ctx, json.RawMessage(`{"done":"begun"}`)), a.err)
}
func (a *act) Verify(context.Context, candor.Response) error { return nil }
func (a *act) Revert(context.Context, candor.Response, respond.Journal) (json.RawMessage, error) {
	return json.RawMessage(`{"done":"undone"}`), nil
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{quarantine: &act{name: "quarantine"}}
	w.World = webtest.New(t, func(s *web.Site) { console.Register(s, s.House) })
	w.House.Runner = respond.New(respond.Config{Store: respondStore{w.House.Store}, Now: w.Clock, Methods: []respond.Method{&act{name: "notify", lasting: true}, w.quarantine}})
	return w
}

// agree records that a party accepted terms that allow everything.
func (w *world) agree(t testing.TB, party candor.ID) {
	t.Helper()
	_, err := w.House.AddAgreement(t.Context(), w.Who(candor.RoleAdmin), candor.Agreement{Party: party, Terms: "Acceptable use", Version: "3",
		Allows: []string{"notify", "quarantine"}, Accepted: w.Clock().Add(-24 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
}

// get asks for a page as an analyst, and expects it.
func (w *world) get(t testing.TB, path string) string {
	t.Helper()
	a := w.Get(t, w.As(candor.RoleAnalyst), path)
	if a.Status != http.StatusOK {
		t.Fatalf("GET %s: %d %s", path, a.Status, a.Location())
	}
	return a.Text()
}

// post sends a form as an analyst, expects that it was acted upon, and gives
// the page that it leads to.
func (w *world) post(t testing.TB, path string, pairs ...string) string {
	t.Helper()
	a := w.Post(t, w.As(candor.RoleAnalyst), path, form(pairs...))
	if a.Status != http.StatusSeeOther {
		t.Fatalf("POST %s: %d %s", path, a.Status, a.Text())
	}
	return w.get(t, a.Location())
}

func form(pairs ...string) url.Values {
	f := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Add(pairs[i], pairs[i+1])
	}
	return f
}

func has(t testing.TB, page string, all ...string) {
	t.Helper()
	for _, s := range all {
		if !strings.Contains(page, s) {
			t.Errorf("the page lacks %q", s)
		}
	}
}

func hasNot(t testing.TB, page string, all ...string) {
	t.Helper()
	for _, s := range all {
		if strings.Contains(page, s) {
			t.Errorf("the page holds %q", s)
		}
	}
}

func (w *world) theCase(t testing.TB, id candor.ID) candor.Case {
	t.Helper()
	c, err := w.House.Store.Case(t.Context(), candor.Everything, id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// evil is a name as somebody writes it who hopes that we do not look.
const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>`

// TestRoutes asks for every route with every role: who may not must not.
func TestRoutes(t *testing.T) {
	w := newWorld(t)
	c := w.File(t, w.PartyAsset, webtest.Shell(w.PartyAsset, "a.php"))
	ids := strings.NewReplacer("{id}", string(c.ID), "{sha256}", webtest.Shell(w.PartyAsset, "a.php").SHA256)
	for _, route := range w.Site.Routes() {
		mine := false
		for _, prefix := range []string{"/today", "/cases", "/findings", "/responses", "/search", "/views", "/estate"} {
			mine = mine || strings.HasPrefix(route.Pattern, prefix)
		}
		if !mine {
			continue
		}
		for _, role := range append(candor.Roles(), "") {
			met := route.Needs.Met(w.Who(role)) == nil
			var a webtest.Answer
			if route.Method == http.MethodPost {
				a = w.Post(t, w.As(role), ids.Replace(route.Pattern), nil)
			} else {
				a = w.Get(t, w.As(role), ids.Replace(route.Pattern))
			}
			refused := a.Status == http.StatusForbidden || a.Status == http.StatusUnauthorized || a.Status == http.StatusSeeOther && strings.HasPrefix(a.Location(), web.SignIn)
			if refused == met {
				t.Errorf("%s %s as %q: %d", route.Method, route.Pattern, role, a.Status)
			}
			if met && a.Status >= 500 {
				t.Errorf("%s %s as %q: %d", route.Method, route.Pattern, role, a.Status)
			}
		}
	}
}

// TestAuditor sees everything and is offered nothing that changes it.
func TestAuditor(t *testing.T) {
	w := newWorld(t)
	w.agree(t, w.Party.ID)
	c := w.File(t, w.PartyAsset, webtest.Shell(w.PartyAsset, "a.php"))
	x, err := w.House.ProposeFor(t.Context(), w.Who(candor.RoleAnalyst), house.Proposal{Case: c.ID, Method: "quarantine", Reason: "why"})
	if err != nil {
		t.Fatal(err)
	}
	v, err := w.House.Case(t.Context(), w.Who(candor.RoleAuditor), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/cases", "/cases/" + string(c.ID), "/responses", "/responses/" + string(x.ID), "/findings/" + string(v.Findings[0].ID)} {
		a := w.Get(t, w.As(candor.RoleAuditor), path)
		if a.Status != http.StatusOK {
			t.Fatalf("%s: %d", path, a.Status)
		}
		page := a.Text()
		for _, part := range strings.Split(page, "<form")[1:] {
			action := part[:strings.Index(part, ">")]
			for _, allowed := range []string{"/search", "/theme", "/language", "/sign-out", "/views", `method="get"`, `method="dialog"`} {
				if strings.Contains(action, allowed) {
					action = ""
				}
			}
			if action != "" {
				t.Errorf("%s offers an auditor the form %s", path, action)
			}
		}
		hasNot(t, page, "/dismiss", "/propose", "/approve", "/state\"")
	}
}

func TestToday(t *testing.T) {
	w := newWorld(t)
	has(t, w.get(t, "/today"), "Nothing is known to need you now", "not measured", "2 never")
	w.scanned(t)
	page := w.get(t, "/today")
	has(t, page, "Nothing needs you now", "No new findings in 30 days", "All 2 sites were scanned")
	hasNot(t, page, "not measured")
	w.agree(t, w.Party.ID)
	c := w.File(t, w.PartyAsset, webtest.Shell(w.PartyAsset, "a.php"))
	if _, err := w.House.ProposeFor(t.Context(), w.Who(candor.RoleAnalyst), house.Proposal{Case: c.ID, Method: "quarantine"}); err != nil {
		t.Fatal(err)
	}
	w.At(w.Clock().Add(3*time.Hour + 30*time.Minute))
	w.scans(t)
	page = w.get(t, "/today")
	has(t, page, "Overdue, or due within the hour", "Nobody has looked", "Waiting for approval", c.Label(), "Scan of acme.example", `hx-get="/today/scans/`, "25%", "about 1 min 30 s left")
	hasNot(t, page, "Nothing needs you now")
	if at, due := strings.Index(page, "Overdue"), strings.Index(page, "Waiting for approval"); at > due {
		t.Error("what is overdue does not come first")
	}
	if a := w.Get(t, w.Stranger(), "/"); a.Status != http.StatusSeeOther {
		t.Errorf("/: %d", a.Status)
	}
	if a := w.Get(t, w.As(candor.RoleAnalyst), "/"); a.Location() != "/today" {
		t.Errorf("the front page leads to %q", a.Location())
	}
}

// scanned notes that both sites were looked at as a whole.
func (w *world) scanned(t testing.TB) {
	t.Helper()
	for _, a := range []candor.Asset{w.PartyAsset, w.OtherAsset} {
		a.Scanned = w.Clock()
		check(t, w.House.Store.Tx(t.Context(), func(tx *store.Tx) error { return tx.ChangeAsset(t.Context(), a, time.Time{}) }))
	}
}

// scans adds a scan that runs, a quarter of the way.
func (w *world) scans(t testing.TB) candor.Scan {
	t.Helper()
	now := w.Clock()
	s := candor.Scan{ID: candor.NewID(now), Asset: w.PartyAsset.ID, Party: w.Party.ID, State: candor.ScanRunning, Cause: "demand", By: "system",
		Files: 1200, Bytes: 25_000_000, Total: 100_000_000, Errors: 2, Queued: now.Add(-time.Minute), Started: now.Add(-30 * time.Second)}
	if err := w.House.Store.Tx(t.Context(), func(tx *store.Tx) error { return tx.AddScan(t.Context(), s) }); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestProgress polls a scan until it has ended.
func TestProgress(t *testing.T) {
	w := newWorld(t)
	s := w.scans(t)
	part := func() string {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL+"/today/scans/"+string(s.ID), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("HX-Request", "true")
		return w.Do(t, w.As(candor.RoleAnalyst), r).Text()
	}
	page := part()
	has(t, page, "hx-trigger", "2 files could not be read")
	hasNot(t, page, "<html")
	s.State, s.Ended = candor.ScanPartial, w.Clock()
	if err := w.House.Store.Tx(t.Context(), func(tx *store.Tx) error { return tx.ChangeScan(t.Context(), s, candor.ScanRunning) }); err != nil {
		t.Fatal(err)
	}
	page = part()
	has(t, page, "not everything could be looked at")
	hasNot(t, page, "hx-trigger")
}

// TestFilters narrows, sorts and pages the list of cases.
func TestFilters(t *testing.T) {
	w := newWorld(t)
	shell, phish := webtest.Shell(w.PartyAsset, "a.php"), webtest.Shell(w.OtherAsset, "bb.php")
	phish.Class, phish.Severity = candor.Phishing, candor.Critical
	one, two := w.File(t, w.PartyAsset, shell), w.File(t, w.OtherAsset, phish)
	if err := w.House.Assign(t.Context(), w.Who(candor.RoleAdmin), two.ID, w.People[candor.RoleAnalyst].ID); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string][]candor.Case{
		"": {one, two}, "open=yes": {one, two}, "open=no": {}, "state=new": {one, two}, "state=closed": {}, "state=new&state=closed": {one, two},
		"severity=critical": {two}, "severity=low": {one, two}, "severity=nonsense": {one, two}, "class=fraud/phishing": {two}, "assignee=me": {two},
		"party=" + string(w.Party.ID): {one}, "asset=" + string(w.OtherAsset.ID): {two}, "due=week": {one, two}, "due=now": {}, "opened=2026-03-03": {},
		"opened=2026-03-02": {one, two}, "opened=2026-03-02&zone=utc": {one, two}, "q=phishing": {two}, "limit=1&sort=-severity": {two}, "limit=1&sort=severity": {one},
		"sort=nonsense": {one, two},
	} {
		page := w.get(t, "/cases?"+query)
		for _, c := range []candor.Case{one, two} {
			wanted := false
			for _, x := range want {
				wanted = wanted || x.ID == c.ID
			}
			if got := strings.Contains(page, `value="`+string(c.ID)+`"`); got != wanted {
				t.Errorf("%s: shows %s: %t", query, c.Label(), got)
			}
		}
	}
	first := w.get(t, "/cases?limit=1&sort=severity")
	next := between(first, `rel="next" href="`, `"`)
	has(t, w.get(t, strings.ReplaceAll(next, "&amp;", "&")), string(two.ID), `rel="prev"`)
	if a := w.Get(t, w.As(candor.RoleAnalyst), "/cases?after=rubbish"); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("a cursor that is none: %d", a.Status)
	}
	has(t, w.get(t, "/cases?q=zzz"), "Nothing fits these filters")
	// By the number that people say.
	if a := w.Get(t, w.As(candor.RoleAnalyst), "/cases/"+two.Label()); a.Location() != "/cases/"+string(two.ID) {
		t.Errorf("%s leads to %q", two.Label(), a.Location())
	}
	for _, missing := range []string{"/cases/C-999", "/cases/rubbish", "/cases/" + string(candor.NewID(w.Clock())), "/findings/x", "/responses/x"} {
		if a := w.Get(t, w.As(candor.RoleAnalyst), missing); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d", missing, a.Status)
		}
	}
}

func between(s, before, after string) string {
	_, rest, ok := strings.Cut(s, before)
	if !ok {
		return fmt.Sprintf("no %q", before)
	}
	out, _, _ := strings.Cut(rest, after)
	return out
}

// TestViews keeps, shows and forgets a view.
func TestViews(t *testing.T) {
	w := newWorld(t)
	page := w.post(t, "/views", "page", "cases", "query", "severity=high&after=x", "view-name", evil)
	has(t, page, "was saved", "Delete this view", "&lt;script&gt;")
	hasNot(t, page, "<script>alert")
	id := between(page, `action="/views/`, "/delete")
	if a := w.Post(t, w.As(candor.RoleAdmin), "/views/"+id+"/delete", nil); a.Status != http.StatusNotFound {
		t.Errorf("somebody else's view: %d", a.Status)
	}
	hasNot(t, w.post(t, "/views/"+id+"/delete", "back", "/cases"), "Delete this view")
	has(t, w.post(t, "/views", "page", "cases", "query", "", "view-name", " "), "The view was not saved")
	if a := w.Post(t, w.As(candor.RoleAnalyst), "/views", form("page", "people", "view-name", "x")); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("a view of no list: %d", a.Status)
	}
}

// TestBulk assigns and moves several cases, and tells honestly what became of each.
func TestBulk(t *testing.T) {
	w := newWorld(t)
	one, two := w.File(t, w.PartyAsset, webtest.Shell(w.PartyAsset, "a.php")), w.File(t, w.OtherAsset, webtest.Shell(w.OtherAsset, "bb.php"))
	both := []string{"id", string(one.ID), "id", string(two.ID), "back", "/cases"}
	has(t, w.post(t, "/cases/bulk", append(both, "do", "me")...), "2 cases were assigned")
	if c := w.theCase(t, two.ID); c.Assignee != w.People[candor.RoleAnalyst].ID {
		t.Errorf("assigned to %q", c.Assignee)
	}
	has(t, w.post(t, "/cases/bulk", append(both, "do", "assign")...), "Assign 2 cases?", one.Label(), "Nobody")
	has(t, w.post(t, "/cases/bulk", append(both, "do", "state")...), "Change the state of 2 cases?")
	w.post(t, "/cases/bulk", append(both, "do", "assign-to", "assignee", "")...)
	if c := w.theCase(t, one.ID); c.Assignee != "" {
		t.Errorf("assigned to %q", c.Assignee)
	}
	if err := w.House.SetState(t.Context(), w.Who(candor.RoleAdmin), one.ID, 0, candor.CaseClosed, ""); err != nil {
		t.Fatal(err)
	}
	page := w.post(t, "/cases/bulk", append(both, "do", "set-state", "state", "contained")...)
	has(t, page, "1 case was changed", "1 was left as it was", one.Label()+":")
	has(t, w.post(t, "/cases/bulk", "do", "me", "back", "/cases"), "Nothing is selected")
	for _, bad := range [][]string{append(both, "do", "explode"), append(both, "do", "set-state", "state", "x"), {"id", "rubbish", "do", "me"}} {
		if a := w.Post(t, w.As(candor.RoleAnalyst), "/cases/bulk", form(bad...)); a.Status != http.StatusUnprocessableEntity {
			t.Errorf("%v: %d", bad, a.Status)
		}
	}
	// Nobody is led away from this site.
	if a := w.Post(t, w.As(candor.RoleAnalyst), "/cases/bulk", form("do", "me", "back", "//evil.example")); a.Location() != "/cases?open=yes" {
		t.Errorf("led to %q", a.Location())
	}
}
