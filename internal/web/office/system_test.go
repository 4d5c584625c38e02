package office_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/x1207"
)

func TestDefinitions(t *testing.T) {
	w := newWorld(t)
	first := w.House.Definitions.Health().Generation.ID
	w.At(w.Clock().Add(time.Minute))
	w.write(t, "second.yar", `rule other { strings: $a = "gzinflate(" condition: $a }`)
	w.check(t)
	has(t, w.Get(t, w.As(candor.RoleAuditor), "/definitions"), http.StatusOK, "New generations are used by themselves", "Current", "a folder", "Was used", first[:12])
	use := "/definitions/" + first + "/use"
	has(t, w.Get(t, w.As(candor.RoleAdmin), use), http.StatusOK, "Use generation "+first[:12]+" and pin it?", "by its 1 rules", "Unpin it")
	has(t, w.led(t, candor.RoleAdmin, use, nil), http.StatusOK, "is used and pinned", "Pinned: updates wait", "Unpin")
	if h := w.House.Definitions.Health(); h.Generation.ID != first || !h.Pinned {
		t.Errorf("in use is %+v", h)
	}
	has(t, w.Get(t, w.As(candor.RoleAdmin), "/definitions/unpin"), http.StatusOK, "Let updates replace")
	has(t, w.led(t, candor.RoleAdmin, "/definitions/unpin", nil), http.StatusOK, "Updates are used by themselves again")
	has(t, w.led(t, candor.RoleAdmin, "/definitions/check", nil), http.StatusOK, "The sources are being checked")
	if n, err := w.House.Store.QueueState(t.Context()); err != nil || n["available"] < 1 {
		t.Errorf("jobs: %v, %v", n, err)
	}

	// What does not pass is shown with its reason; what fails is said.
	w.write(t, "second.yar", `rule broken { condition: nothing_like_that }`)
	w.check(t)
	has(t, w.Get(t, w.As(candor.RoleAuditor), "/definitions"), http.StatusOK, "Rejected")
	w.At(w.Clock().Add(60 * 24 * time.Hour))
	h := w.House.Definitions.Health()
	if !h.Stale {
		t.Fatal("the definitions are not stale after two months")
	}
}

func TestSettings(t *testing.T) {
	w := newWorld(t)
	admin := w.As(candor.RoleAdmin)
	has(t, w.Get(t, w.As(candor.RoleAuditor), "/settings"), http.StatusOK, "password: (set)", "No program is told of anything", `href="/api"`)
	f := url.Values{"url": {"http://" + evil}, "kinds": {"case.opened", "moon.landing"}}
	a := w.Post(t, admin, "/settings/webhooks/new", f)
	has(t, a, http.StatusUnprocessableEntity, "It begins with https://", `value="case.opened" checked`)
	inert(t, a, "the form that came back")
	f.Set("url", "https://hooks.example.net/in?token=hush")
	a = w.Post(t, admin, "/settings/webhooks/new", f)
	has(t, a, http.StatusOK, "whsec_", "shown only this once", "Case opened")
	all, err := w.House.Webhooks(t.Context(), w.Who(candor.RoleAdmin))
	if err != nil || len(all) != 1 || len(all[0].Kinds) != 1 {
		t.Fatal(all, err)
	}
	path := "/settings/webhooks/" + string(all[0].ID)
	page := w.led(t, candor.RoleAdmin, path+"/test", nil)
	has(t, page, http.StatusOK, "A test is on its way", "Waiting", "hooks.example.net/in?…")
	if strings.Contains(page.Text(), "whsec_") || strings.Contains(page.Text(), "hush") {
		t.Error("a secret is shown again")
	}
	has(t, w.Get(t, admin, path+"/remove"), http.StatusOK, "Remove the webhook hooks.example.net", "another secret")
	has(t, w.led(t, candor.RoleAdmin, path+"/remove", nil), http.StatusOK, "The webhook was removed", "No program is told of anything")
}

func TestHealth(t *testing.T) {
	w := newWorld(t)
	page := w.Get(t, w.As(candor.RoleAuditor), "/health")
	has(t, page, http.StatusOK, "1 part does not work", "Database", "Works", "Not up to date", "Does not work", "187 GB", "Name a mail server", w.House.Store.Kind(), "desk.example.net/evidence", "<b>Look</b>")
	if strings.Contains(page.Text(), "<b>Look") {
		t.Error("a hint became markup")
	}
}

func TestCatalogue(t *testing.T) {
	w := newWorld(t)
	page := w.Get(t, w.As(candor.RoleAnalyst), "/x1207")
	has(t, page, http.StatusOK, "Not yet", "Partly", "Clause 11.2", "candor scan")
	for _, q := range x1207.Requirements() {
		if !strings.Contains(page.Text(), `id="x1207-`+q.ID+`"`) {
			t.Errorf("%s is missing", q.ID)
		}
	}
	few := w.Get(t, w.As(candor.RoleAnalyst), "/x1207?state=partly")
	has(t, few, http.StatusOK, "Show all", "2.2f")
	if strings.Contains(few.Text(), `id="x1207-1.1a"`) {
		t.Error("the filter shows what it should leave out")
	}
}

// TestTexts looks for texts that are missing in either language on every page
// that an address alone leads to.
func TestTexts(t *testing.T) {
	w := newWorld(t)
	paths := w.paths(t)
	for _, route := range w.routes {
		if route.Method != http.MethodGet {
			continue
		}
		for _, tag := range []string{"en", "zh"} {
			a := w.Get(t, w.As(candor.RoleAdmin), paths(route.Pattern)+"?language="+tag)
			if i := strings.Index(a.Text(), "[office."); i >= 0 {
				t.Errorf("%s in %s: %.60s", route.Pattern, tag, a.Text()[i:])
			}
		}
	}
	if n, unknown := w.Site.Phrases.Missing(); n != 0 {
		t.Errorf("%d texts are missing: %v", n, unknown)
	}
}
