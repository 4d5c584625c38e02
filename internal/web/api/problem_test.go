package api_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"candor"
	"candor/internal/store"
	"candor/internal/store/storetest"
	"candor/internal/web/api"
)

func TestProblems(t *testing.T) {
	w := full(t, storetest.SQLite(t))
	w.bounce = func(context.Context, io.Reader) error { return errSecret }
	broken := person{token: "candor_x"}
	nobody := person{}
	admin := w.people["admin"]
	aCase := "/api/v1/cases/" + string(w.a.cases[0].ID)
	for _, x := range []struct {
		who          person
		method, path string
		body         any
		status       int
		says         string // in the problem
		headers      []string
	}{
		{nobody, "GET", "/api/v1/cases", nil, 401, "not signed in", nil},
		{broken, "GET", "/api/v1/cases", nil, 401, "token does not work", nil},
		{w.people["auditor"], "PATCH", aCase, object{"state": "triaged"}, 403, "as auditor", nil},
		{w.people["admin/read"], "PATCH", aCase, object{"state": "triaged"}, 403, "wider scope", nil},
		{admin, "GET", "/api/v1/nothing", nil, 404, "/api/v1/nothing", nil},
		{admin, "GET", "/api/v1/cases/" + string(candor.NewID(w.now)), nil, 404, "not found", nil},
		{admin, "GET", "/api/v1/cases/1", nil, 422, "path.id", nil},
		{admin, "POST", "/api/v1/cases", object{}, 405, "Use GET", nil},
		{admin, "DELETE", aCase, nil, 405, "PATCH", nil},
		{admin, "GET", "/api/v1/cases?colour=red", nil, 422, "query.colour", nil},
		{admin, "GET", "/api/v1/cases?limit=0", nil, 422, "query.limit", nil},
		{admin, "GET", "/api/v1/cases?limit=501", nil, 422, "query.limit", nil},
		{admin, "GET", "/api/v1/cases?state=new,old", nil, 422, "query.state", nil},
		{admin, "GET", "/api/v1/cases?min_severity=5", nil, 422, "query.min_severity", nil},
		{admin, "GET", "/api/v1/cases?due_before=yesterday", nil, 422, "query.due_before", nil},
		{admin, "GET", "/api/v1/cases?text=a%00b", nil, 422, "zero byte", nil},
		{admin, "GET", "/api/v1/cases?text=a&text=b", nil, 422, "more than once", nil},
		{admin, "GET", "/api/v1/cases?text=%zz", nil, 400, "cannot be read", nil},
		{admin, "POST", "/api/v1/parties", "{", 400, "body", nil},
		{admin, "POST", "/api/v1/parties", "", 400, "body", nil},
		{admin, "POST", "/api/v1/parties", `{"kind":"customer","name":"a","colour":"red"}`, 422, "body.colour", nil},
		{admin, "POST", "/api/v1/parties", `{"kind":"enemy","name":"a"}`, 422, "body.kind", nil},
		{admin, "POST", "/api/v1/parties", `{"kind":"customer","name":"a\u0000"}`, 400, "zero byte", nil},
		{admin, "POST", "/api/v1/parties", object{"kind": "customer", "name": "a", "language": "none such"}, 422, "BCP 47", nil},
		{admin, "POST", "/api/v1/parties", "<xml/>", 415, "", []string{"Content-Type", "text/xml"}},
		{admin, "POST", "/api/v1/parties", `"` + strings.Repeat("a", 1<<20) + `"`, 413, "Send less", nil},
		{admin, "PATCH", aCase, object{}, 422, "state or an assignee", nil},
		{admin, "PATCH", aCase, object{"state": "new"}, 422, "cannot become", nil},
		{admin, "POST", "/api/v1/bounces", "x", 500, "instance", []string{"Content-Type", "message/rfc822"}},
		{admin, "POST", "/api/v1/import", "x", 415, "Content-Type", []string{"Content-Type", "image/png"}},
	} {
		what := fmt.Sprintf("%s %.60s", x.method, x.path)
		rec := w.ask(x.who, x.method, x.path, x.body, x.headers...)
		if rec.Code != x.status {
			t.Errorf("%s: %d, want %d: %s", what, rec.Code, x.status, rec.Body)
			continue
		}
		p := read[api.Problem](t, rec, x.status)
		if rec.Header().Get("Content-Type") != "application/problem+json" || p.Status != x.status || p.Title != http.StatusText(x.status) || !strings.HasPrefix(p.Instance, "urn:uuid:") {
			t.Errorf("%s: %v %+v", what, rec.Header(), p)
		}
		if !strings.Contains(rec.Body.String(), x.says) || strings.Contains(rec.Body.String(), errSecret.Error()) {
			t.Errorf("%s: %s", what, rec.Body)
		}
		if !strings.Contains(w.log.String(), strings.TrimPrefix(p.Instance, "urn:uuid:")) {
			t.Errorf("%s: the log knows nothing of %s", what, p.Instance)
		}
		if x.status == 401 && rec.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%s: no WWW-Authenticate", what)
		}
	}
	if !strings.Contains(w.log.String(), errSecret.Error()) {
		t.Error("the log does not tell what went wrong")
	}
}

func TestMethods(t *testing.T) {
	w := full(t, storetest.SQLite(t))
	admin := w.people["admin"]
	get, head := w.ask(admin, http.MethodGet, "/api/v1/me", nil), w.ask(admin, http.MethodHead, "/api/v1/me", nil)
	if get.Code != http.StatusOK || head.Code != http.StatusOK {
		t.Errorf("GET %d, HEAD %d", get.Code, head.Code)
	}
	for name, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Access-Control-Allow-Origin": "", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"} {
		if got := get.Header().Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	options := w.ask(person{}, http.MethodOptions, "/api/v1/cases", nil, "Origin", "https://elsewhere.example", "Access-Control-Request-Method", "GET")
	if options.Code != http.StatusNoContent || options.Header().Get("Allow") != "GET, HEAD, OPTIONS" || options.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("OPTIONS: %d %v", options.Code, options.Header())
	}
	cross := w.ask(admin, http.MethodPost, "/api/v1/parties", object{"kind": "customer", "name": "x"}, "Sec-Fetch-Site", "cross-site")
	if cross.Code != http.StatusForbidden || cross.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("from another site: %d %s", cross.Code, cross.Body)
	}
}

func TestTooOften(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t), func(c *api.Config) { c.Burst, c.PerSecond = 3, 1 })
	w.staff()
	for i := range 5 {
		rec := w.ask(w.people["admin"], http.MethodGet, "/api/v1/me", nil)
		if limited := i >= 3; limited != (rec.Code == http.StatusTooManyRequests) || limited != (rec.Header().Get("Retry-After") == "1") {
			t.Errorf("request %d: %d %v", i+1, rec.Code, rec.Header())
		}
	}
	if rec := w.ask(w.people["analyst"], http.MethodGet, "/api/v1/me", nil); rec.Code != http.StatusOK {
		t.Errorf("somebody else: %d", rec.Code)
	}
}

func TestETags(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := full(t, s)
		analyst, path := w.people["analyst"], "/api/v1/cases/"+string(w.a.cases[1].ID)
		tag := w.ask(analyst, http.MethodGet, path, nil).Header().Get("ETag")
		first := w.ask(analyst, http.MethodPatch, path, object{"state": "triaged"}, "If-Match", tag)
		if first.Code != http.StatusOK || first.Header().Get("ETag") == tag || tag == "" {
			t.Fatalf("%d %v %s", first.Code, first.Header(), first.Body)
		}
		for _, body := range []object{{"state": "closed"}, {"assignee": analyst.who.User}} {
			for _, match := range []string{tag, `W/"3"`, "3", `"x"`} {
				if rec := w.ask(analyst, http.MethodPatch, path, body, "If-Match", match); rec.Code != http.StatusPreconditionFailed {
					t.Errorf("%v with %s: %d %s", body, match, rec.Code, rec.Body)
				}
			}
		}
		assigned := w.ask(analyst, http.MethodPatch, path, object{"assignee": analyst.who.User}, "If-Match", first.Header().Get("ETag"))
		if got := read[struct{ Case candor.Case }](t, assigned, http.StatusOK); got.Case.Assignee != analyst.who.User {
			t.Errorf("%+v", got)
		}
		if got := read[struct{ Case candor.Case }](t, w.ask(analyst, http.MethodPatch, path, object{"assignee": ""}, "If-Match", "*"), http.StatusOK); got.Case.Assignee != "" {
			t.Errorf("%+v", got)
		}
	})
}
