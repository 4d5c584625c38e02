package access_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/access/accesstest"
)

func serve(h http.Handler, method string, cookies ...*http.Cookie) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, origin+"/", nil)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestCrossOrigin(t *testing.T) {
	d := open(t, options(), access.Deps{})
	c := d.cookies(d.in())
	token, _, err := d.MakeToken(t.Context(), d.admin(), "ci", []string{"write"}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, method string
		header       http.Header
		code         int
	}{
		{"same origin", "POST", http.Header{"Sec-Fetch-Site": {"same-origin"}, "Origin": {origin}}, 200},
		{"another site", "POST", http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}}, 403},
		{"another port", "POST", http.Header{"Sec-Fetch-Site": {"same-site"}, "Origin": {origin + ":444"}}, 403},
		{"old browser", "POST", http.Header{"Origin": {"https://evil.example"}}, 403},
		{"sandbox", "POST", http.Header{"Origin": {"null"}}, 403},
		{"delete", "DELETE", http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}}, 403},
		{"a link", "GET", http.Header{"Sec-Fetch-Site": {"cross-site"}}, 200},
		{"a program", "POST", nil, 200},
		{"a program with a token", "POST", http.Header{"Authorization": {"Bearer " + token}, "Origin": {"https://tool.example"}}, 200},
		{"another kind of token", "POST", http.Header{"Authorization": {"Basic x"}, "Origin": {"https://evil.example"}}, 403},
	} {
		if _, code := d.get(tt.method, tt.header, c...); code != tt.code {
			t.Errorf("%s: %d", tt.name, code)
		}
	}
}

func TestTokenBeatsCookie(t *testing.T) {
	d := open(t, options(), access.Deps{})
	c := d.cookies(d.in())
	text, made, err := d.MakeToken(t.Context(), d.admin(), "ci", []string{"read"}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, _ := d.get(http.MethodGet, http.Header{"Authorization": {"bearer  " + text}}, c...)
	if p := access.From(ctx); p.Token != made.ID || access.Allowed(p, access.ManagePeople) {
		t.Errorf("%+v", p)
	}
	if _, ok := access.SessionFrom(ctx); ok {
		t.Error("a token has a session")
	}
	if _, code := d.get(http.MethodGet, http.Header{"Authorization": {"Bearer " + text[1:]}}, c...); code != http.StatusUnauthorized {
		t.Errorf("a broken token falls back on the cookie: %d", code)
	}
}

func TestNeed(t *testing.T) {
	d := open(t, options(), access.Deps{})
	h := d.Identify(d.Need(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), access.ManagePeople, access.ReadOwn))
	party := candor.NewID(d.clock.now())
	analyst := d.cookies(d.invited("b@example.net", candor.RoleAnalyst, ""))
	customer := d.cookies(d.invited("c@example.net", candor.RoleCustomer, party))
	for name, tt := range map[string]struct {
		cookies []*http.Cookie
		code    int
	}{
		"nobody": {nil, 401}, "admin": {d.cookies(d.in()), 200}, "analyst": {analyst, 403}, "customer": {customer, 200},
	} {
		if w := serve(h, http.MethodGet, tt.cookies...); w.Code != tt.code {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	var refused error
	d = open(t, options(), access.Deps{Refuse: func(_ http.ResponseWriter, _ *http.Request, err error) { refused = err }})
	serve(d.Identify(d.Need(http.NotFoundHandler(), access.ReadCases)), http.MethodGet)
	wants(t, refused, access.ErrSignedOut)
	serve(d.Identify(d.Need(http.NotFoundHandler())), http.MethodGet, d.cookies(d.in())...)
	if refused == nil {
		t.Error("no permission named, and everybody gets in")
	}
}

func TestBodyIsBounded(t *testing.T) {
	o := options()
	o.MaxBody = 10
	d := open(t, o, access.Deps{})
	var err error
	h := d.Identify(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, err = io.ReadAll(r.Body) }))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, origin, strings.NewReader(strings.Repeat("x", 11))))
	var tooLarge *http.MaxBytesError
	if !errors.As(err, &tooLarge) {
		t.Error(err)
	}
}

func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ok(access.New(options(), access.Deps{Store: accesstest.NewStore()}))(t)
		h := s.Throttle(5, 2, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		codes := func(n int) (refused int) {
			for range n {
				w := serve(h, http.MethodGet)
				if w.Code == http.StatusTooManyRequests && w.Header().Get("Retry-After") == "1" {
					refused++
				}
			}
			return refused
		}
		if n := codes(8); n != 3 {
			t.Errorf("%d of 8 were refused", n)
		}
		time.Sleep(time.Second)
		if n := codes(5); n != 3 {
			t.Errorf("%d of 5 were refused a second later", n)
		}
	})
}

func TestAddress(t *testing.T) {
	o := options()
	o.Proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	d := open(t, o, access.Deps{})
	for _, tt := range []struct{ peer, forwarded, want string }{
		{"198.51.100.1:99", "", "198.51.100.1"},
		{"198.51.100.1:99", "203.0.113.1", "198.51.100.1"}, // a stranger says anything
		{"10.0.0.1:99", "203.0.113.1", "203.0.113.1"},
		{"10.0.0.1:99", "192.0.2.66, 203.0.113.1", "203.0.113.1"}, // a client says anything
		{"10.0.0.1:99", "203.0.113.1, 10.1.1.1", "203.0.113.1"},
		{"10.0.0.1:99", "203.0.113.1, rubbish", "10.0.0.1"},
		{"[::ffff:10.0.0.1]:99", "2001:db8::1", "2001:db8::1"},
		{"[fd00::1]:99", "::ffff:203.0.113.1", "203.0.113.1"},
		{"@", "", "invalid IP"},
	} {
		r := httptest.NewRequest(http.MethodGet, origin, nil)
		r.RemoteAddr = tt.peer
		if tt.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tt.forwarded)
		}
		if got := d.Client(r).Address.String(); got != tt.want {
			t.Errorf("%s, forwarded %q: %s, want %s", tt.peer, tt.forwarded, got, tt.want)
		}
	}
}
