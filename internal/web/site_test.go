package web_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/access"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/portal"
	"candor/internal/web/ui"
	"candor/internal/web/webtest"
)

type advice struct{}

func (advice) For(c candor.Case, _ phrase.Printer, _ string) portal.Told {
	return portal.Told{Seen: "We saw " + string(c.Class), Means: "It means", Steps: []string{"One", "Two"}, Next: []string{"Then"}}
}

// everybody is nobody and all roles.
func everybody() []candor.Role { return append([]candor.Role{""}, candor.Roles()...) }

// who may use which route; "*" is everybody, "+" whoever is signed in.
var table = map[string]string{
	"GET /{$}": "*", "POST /theme": "*", "POST /language": "*",
	"GET /sign-in": "*", "POST /sign-in": "*", "POST /sign-out": "*", "POST /sign-in/passkey/begin": "*", "POST /sign-in/passkey": "*",
	"GET /sign-in/oidc": "*", "GET /sign-in/oidc/{provider}": "*",
	"GET /first/{secret}": "*", "POST /first/{secret}": "*", "GET /invited/{secret}": "*", "POST /invited/{secret}": "*",
	"GET /reset/{secret}": "*", "POST /reset/{secret}": "*", "GET /reset": "*", "POST /reset": "*",
	"GET /account": "+", "POST /account/profile": "+", "POST /account/password": "+", "POST /account/passkeys/begin": "+",
	"POST /account/passkeys": "+", "POST /account/passkeys/{id}/rename": "+", "GET /account/passkeys/{id}/remove": "+",
	"POST /account/passkeys/{id}/remove": "+", "POST /account/sessions/{id}/end": "+", "POST /account/sessions/end": "+",
	"POST /account/tokens": "admin analyst auditor customer", "GET /account/tokens/{id}/revoke": "admin analyst auditor customer",
	"POST /account/tokens/{id}/revoke": "admin analyst auditor customer",
	"GET /design":                      "admin analyst auditor", "GET /design/letter": "admin analyst auditor",
	"GET /c/{token}": "*", "POST /c/{token}/fixed": "*", "POST /c/{token}/question": "*", "POST /c/{token}/contest": "*", "POST /c/{token}/renew": "*", "GET /r/{token}": "*", "GET /b/{token}": "*", "POST /b/{token}/read": "*", "POST /r/{token}/consent": "*", "GET /abuse": "*", "POST /abuse": "*", "GET /.well-known/security.txt": "*",
	"GET /my/tickets": "customer subscriber", "GET /my/tickets/new": "customer subscriber", "POST /my/tickets/new": "customer subscriber", "GET /my/tickets/{id}": "customer subscriber",
	"POST /my/tickets/{id}/say": "customer subscriber", "POST /my/tickets/{id}/rate": "customer subscriber",
	"GET /t/{token}": "*", "POST /t/{token}/say": "*", "POST /t/{token}/rate": "*", "GET /report": "*", "POST /report": "*", "GET /help": "*", "GET /help/{slug}": "*",
	"GET /my": "customer subscriber", "GET /my/cases/{id}": "customer subscriber", "POST /my/cases/{id}/fixed": "customer subscriber",
	"POST /my/cases/{id}/question": "customer subscriber", "POST /my/cases/{id}/contest": "customer subscriber",
	"GET /my/sites/{id}": "customer subscriber", "POST /my/sites/{id}/ask": "customer subscriber", "POST /my/sites/{id}/check": "customer subscriber",
	"POST /my/sites/{id}/take-back": "customer subscriber", "GET /my/notices": "customer subscriber", "POST /my/notices": "customer subscriber",
	"GET /my/notices/{id}": "customer subscriber", "GET /my/notices/{id}/edit/{step}": "customer subscriber",
	"POST /my/notices/{id}/edit/{step}": "customer subscriber", "GET /my/notices/{id}/export": "customer subscriber",
	"POST /my/notices/{id}/import": "customer subscriber", "POST /my/notices/{id}/pin": "customer subscriber",
	"POST /my/notices/{id}/prove": "customer subscriber", "POST /my/notices/{id}/publish": "customer subscriber",
	"POST /my/notices/{id}/remove": "customer subscriber", "POST /my/notices/{id}/sites": "customer subscriber",
	"GET /my/agreements": "customer subscriber", "GET /my/agreements/export": "customer subscriber",
	"GET /my/agreements/terms/{id}": "customer subscriber", "GET /my/agreements/changes/{id}": "customer subscriber",
	"GET /my/agreements/receipts/{id}": "customer subscriber", "GET /my/agreements/receipts/{id}/file": "customer subscriber", "GET /my/agreements/scans/{id}": "customer subscriber",
	"POST /my/agreements/terms/{id}": "customer subscriber", "POST /my/agreements/withdraw/{id}": "customer subscriber",
	"POST /my/agreements/question": "customer subscriber", "GET /a/{token}": "*", "GET /a/{token}/export": "*", "GET /a/{token}/terms/{id}": "*",
	"GET /a/{token}/changes/{id}": "*", "GET /a/{token}/receipts/{id}": "*", "GET /a/{token}/receipts/{id}/file": "*", "POST /a/{token}/terms/{id}": "*",
	"POST /a/{token}/withdraw/{id}": "*", "POST /a/{token}/question": "*", "GET /receipts": "*", "POST /receipts": "*", "POST /receipts/link": "*", "GET /receipts/keys.json": "*",
}

func mountPortal(s *web.Site) { portal.Mount(s, portal.Config{Advice: advice{}}) }

func TestEveryRouteWithEveryRole(t *testing.T) {
	w := webtest.New(t, mountPortal)
	seen := map[string]bool{}
	for _, route := range w.Site.Routes() {
		name := route.Method + " " + route.Pattern
		who, ok := table[name]
		if seen[name] = true; !ok {
			t.Errorf("%s: the test does not know who may use it", name)
			continue
		}
		for _, role := range everybody() {
			if name == "POST /sign-out" && role != "" {
				continue // it would end what the other routes need
			}
			w.At(w.Clock().Add(2 * time.Second)) // so that no limit is met
			a := call(t, w, route, role)
			may := who == "*" || who == "+" && role != "" || role != "" && strings.Contains(who, string(role))
			led := strings.HasPrefix(a.Location(), web.SignIn)
			switch {
			case a.Status >= 500:
				t.Errorf("%s as %q: %d %s", name, role, a.Status, a.Text())
			case may && (a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden || led && who != "*"):
				t.Errorf("%s as %q: %d %s, though it is permitted", name, role, a.Status, a.Location())
			case !may && role == "" && a.Status != http.StatusUnauthorized && !led:
				t.Errorf("%s as nobody: %d", name, a.Status)
			case !may && role != "" && a.Status != http.StatusForbidden:
				t.Errorf("%s as %q: %d", name, role, a.Status)
			}
		}
	}
	for name := range table {
		if !seen[name] {
			t.Errorf("there is no route %s", name)
		}
	}
}

func call(t *testing.T, w *webtest.World, r web.Route, role candor.Role) webtest.Answer {
	t.Helper()
	path := strings.NewReplacer("{$}", "", "{id}", string(candor.NewID(w.Clock())), "{secret}", "x", "{provider}", "x", "{token}", "x").Replace(r.Pattern)
	if r.Method == http.MethodPost {
		return w.Post(t, w.As(role), path, url.Values{})
	}
	return w.Get(t, w.As(role), path)
}

func TestNoRouteWithoutNeeds(t *testing.T) {
	w := webtest.New(t)
	for name, add := range map[string]func(){
		"without needs":  func() { w.Site.Page("GET /open", nil, nil) },
		"a page by POST": func() { w.Site.Page("POST /open", web.Needs{web.Anyone}, nil) },
		"a step by GET":  func() { w.Site.Action("GET /open", web.Needs{web.Anyone}, nil) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s is taken", name)
				}
			}()
			add()
		}()
	}
}

func TestCrossSite(t *testing.T) {
	w := webtest.New(t, mountPortal)
	for name, header := range map[string]http.Header{
		"cross-site": {"Sec-Fetch-Site": {"cross-site"}},
		"same-site":  {"Sec-Fetch-Site": {"same-site"}},
		"origin":     {"Origin": {"https://evil.example"}},
		"null":       {"Origin": {"null"}},
	} {
		for _, route := range w.Site.Routes() {
			if route.Method != http.MethodPost {
				continue
			}
			path := strings.NewReplacer("{id}", string(candor.NewID(w.Clock())), "{secret}", "x", "{token}", "x").Replace(route.Pattern)
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.URL+path, strings.NewReader(""))
			if err != nil {
				t.Fatal(err)
			}
			r.Header = header.Clone()
			if a := w.Do(t, w.As(candor.RoleAdmin), r); a.Status != http.StatusForbidden {
				t.Errorf("%s, %s: %d", name, path, a.Status)
			}
		}
	}
}

func TestPlainAnswers(t *testing.T) {
	w := webtest.New(t)
	for path, want := range map[string]string{"/healthz": "ok", "/readyz": "ready", "/robots.txt": "Disallow: /"} {
		if a := w.Get(t, w.Stranger(), path); a.Status != http.StatusOK || !strings.Contains(a.Text(), want) {
			t.Errorf("%s: %d %q", path, a.Status, a.Text())
		}
	}
	if a := w.Get(t, w.Stranger(), "/favicon.ico"); a.Status != http.StatusFound || a.Location() != ui.Path("mark.svg") {
		t.Errorf("favicon: %d %s", a.Status, a.Location())
	}
	page := w.Get(t, w.Stranger(), web.SignIn).Text()
	at := strings.Index(page, "/script/")
	if at < 0 {
		t.Fatal("the page to sign in has no script for passkeys")
	}
	script, _, _ := strings.Cut(page[at:], `"`)
	if a := w.Get(t, w.Stranger(), script); a.Status != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/javascript") {
		t.Errorf("%s: %d %v", script, a.Status, a.Header)
	}
	if a := w.Get(t, w.Stranger(), "/script/old/passkey.js"); a.Status != http.StatusNotFound {
		t.Errorf("an old script: %d", a.Status)
	}
}

// odd adds routes that go wrong, each in its own way.
func odd(s *web.Site) {
	open := web.Needs{web.Anyone}
	s.Page("GET /panic", open, func(*web.Request) (web.View, error) { panic("with a secret") })
	for name, err := range errorsByName() {
		s.Page("GET /error/"+name, open, func(*web.Request) (web.View, error) { return web.View{}, err })
	}
	n := 0
	s.Action("POST /count", web.Needs{access.ReadCases}, func(r *web.Request) (web.View, error) {
		if n++; r.Line("fail") != "" {
			return web.View{}, candor.ErrInvalid
		}
		return web.See("/counted/"+strings.Repeat("i", n)).Say(ui.Good, "Counted"), nil
	})
	s.Page("GET /counted/{n}", web.Needs{access.ReadCases}, func(r *web.Request) (web.View, error) {
		return web.View{Page: ui.Page{Title: r.PathValue("n")}, Body: ui.Text("body"), Partial: ui.Text("part")}, nil
	})
}

func errorsByName() map[string]error {
	secret := candor.WithHint(candor.ErrInvalid, "Do this instead.")
	return map[string]error{
		"404": candor.ErrNotFound, "403": candor.ErrDenied, "409": candor.ErrChanged, "422": secret, "503": candor.ErrUnavailable,
		"429": &access.Wait{For: 90 * time.Second}, "500": http.ErrBodyNotAllowed,
	}
}

func TestErrorsBecomePages(t *testing.T) {
	w := webtest.New(t, odd)
	for name := range errorsByName() {
		for _, role := range []candor.Role{"", candor.RoleAnalyst, candor.RoleCustomer} {
			a := w.Get(t, w.As(role), "/error/"+name)
			if strconv.Itoa(a.Status) != name {
				t.Errorf("%s as %q: %d", name, role, a.Status)
			}
			if strings.Contains(a.Text(), http.ErrBodyNotAllowed.Error()) {
				t.Errorf("%s: what went wrong inside reaches the reader", name)
			}
		}
	}
	a := w.Get(t, w.As(candor.RoleAnalyst), "/panic")
	if a.Status != http.StatusInternalServerError || strings.Contains(a.Text(), "secret") {
		t.Errorf("a panic: %d %s", a.Status, a.Text())
	}
	if a := w.Get(t, w.Stranger(), "/error/429"); a.Header.Get("Retry-After") != "90" {
		t.Errorf("Retry-After is %q", a.Header.Get("Retry-After"))
	}
	if a := w.Get(t, w.As(candor.RoleAnalyst), "/error/422"); !strings.Contains(a.Text(), "Do this instead.") {
		t.Error("the hint is not shown")
	}
}

func TestLargeForms(t *testing.T) {
	w := webtest.New(t, odd)
	if a := w.Post(t, w.As(candor.RoleAnalyst), "/count", url.Values{"x": {strings.Repeat("y", 2<<20)}}); a.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("a form of 2 MiB: %d", a.Status)
	}
}

func TestOnce(t *testing.T) {
	w := webtest.New(t, odd)
	c := w.As(candor.RoleAnalyst)
	var places []string
	for _, key := range []string{"a", "a", "b", "", "", "a"} {
		places = append(places, w.Post(t, c, "/count", url.Values{"once": {key}}).Location())
	}
	if diff := cmp.Diff([]string{"/counted/i", "/counted/i", "/counted/ii", "/counted/iii", "/counted/iiii", "/counted/i"}, places); diff != "" {
		t.Error(diff)
	}
	if a := w.Post(t, c, "/count", url.Values{"once": {"c"}, "fail": {"yes"}}); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("a step that fails: %d", a.Status)
	}
	if a := w.Post(t, c, "/count", url.Values{"once": {"c"}}); a.Status != http.StatusSeeOther {
		t.Errorf("the same form after a failure: %d", a.Status)
	}
}

func TestMessagesAndParts(t *testing.T) {
	w := webtest.New(t, odd)
	c := w.As(candor.RoleAnalyst)
	w.Post(t, c, "/count", url.Values{})
	if a := w.Get(t, c, "/counted/i"); !strings.Contains(a.Text(), "Counted") || !strings.Contains(a.Text(), "body") {
		t.Errorf("the message of the last step is missing: %s", a.Text())
	}
	if a := w.Get(t, c, "/counted/i"); strings.Contains(a.Text(), "Counted") {
		t.Error("the message is said twice")
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL+"/counted/i", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("HX-Request", "true")
	if a := w.Do(t, c, r); a.Text() != "part" {
		t.Errorf("htmx gets %q", a.Text())
	}
	r.URL.Path = "/error/409"
	if a := w.Do(t, c, r); a.Status != http.StatusConflict || a.Header.Get("HX-Reswap") != "none" || !strings.Contains(a.Header.Get("HX-Trigger"), "toast") {
		t.Errorf("htmx, an error: %d %v", a.Status, a.Header)
	}
}

func TestLanguageAndTheme(t *testing.T) {
	w := webtest.New(t)
	ask := func(c *http.Client, path, accept string) string {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Language", accept)
		return w.Do(t, c, r).Text()
	}
	c := w.Stranger()
	for accept, want := range map[string]string{"": `lang="en" dir="ltr"`, "ar": `lang="ar" dir="rtl"`, "zh-CN,en;q=0.5": `lang="zh-Hans"`, "tlh": `lang="en"`} {
		if !strings.Contains(ask(w.Stranger(), web.SignIn, accept), want) {
			t.Errorf("Accept-Language %q does not give %s", accept, want)
		}
	}
	if !strings.Contains(ask(c, web.SignIn+"?language=fr", "ar"), `lang="fr"`) || !strings.Contains(ask(c, web.SignIn, "ar"), `lang="fr"`) {
		t.Error("the language that was chosen is not kept")
	}
	admin := w.As(candor.RoleAdmin)
	if a := w.Post(t, admin, "/language", url.Values{"language": {"zh"}, "back": {"/account"}}); a.Location() != "/account" {
		t.Errorf("after the language: %s", a.Location())
	}
	w.Post(t, admin, "/theme", url.Values{"theme": {"dark"}})
	if page := ask(admin, web.Account, "en"); !strings.Contains(page, `lang="zh-Hans"`) || !strings.Contains(page, `data-theme="dark"`) {
		t.Error("language and theme do not stick to the account")
	}
	if a := w.Post(t, admin, "/theme", url.Values{"theme": {"dark"}, "back": {"//evil.example/"}}); a.Location() != "/" {
		t.Errorf("a switch leads to %s", a.Location())
	}
}
