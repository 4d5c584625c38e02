package access_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/access/accesstest"
	"candor/internal/access/password"
)

const (
	origin = "https://desk.example.net"
	pass   = "umbrella kettle 42 fog"
	other  = "lantern pebble 17 cloud"
)

// clock is a time that a test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// desk is a service with its store.
type desk struct {
	*access.Service
	t     *testing.T
	store *accesstest.Store
	clock *clock
	first candor.User // an administrator with the password pass
}

func options() access.Options {
	return access.Options{
		URL: origin, Secrets: [][]byte{[]byte(strings.Repeat("s", 32))}, Provider: "Northern Hosting",
		Hash: password.Params{Memory: 64, Time: 1, Threads: 1}, HashAtOnce: 4,
	}
}

// open makes a desk with one administrator.
func open(t *testing.T, o access.Options, d access.Deps) *desk {
	t.Helper()
	out := &desk{t: t, store: accesstest.NewStore(), clock: &clock{at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}}
	d.Store, d.Clock = out.store, out.clock.now
	out.Service = ok(access.New(o, d))(t)
	secret := ok(out.FirstAdmin(t.Context()))(t)
	out.first = ok(out.BeginAdmin(t.Context(), secret, candor.User{Name: "Ada Admin", Mail: "Ada@Example.net"}, pass, out.from("198.51.100.1")))(t).User
	return out
}

// ok fails the test if there is an error.
func ok[V any](v V, err error) func(t *testing.T) V {
	return func(t *testing.T) V {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func wants(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

// from is a browser at an address, with cookies.
func (d *desk) from(address string, cookies ...*http.Cookie) access.Client {
	r := httptest.NewRequest(http.MethodPost, origin, nil)
	r.RemoteAddr = address + ":4711"
	if strings.Contains(address, ":") {
		r.RemoteAddr = "[" + address + "]:4711"
	}
	r.Header.Set("User-Agent", "Browser/1")
	for _, c := range cookies {
		r.AddCookie(c)
	}
	return d.Client(r)
}

// cookies are what a browser has after a sign-in.
func (d *desk) cookies(e access.Entry) []*http.Cookie {
	w := httptest.NewRecorder()
	d.Enter(w, e)
	return w.Result().Cookies()
}

// get sends a request and gives the context in which it is served, or the
// status if it is refused.
func (d *desk) get(method string, header http.Header, cookies ...*http.Cookie) (context.Context, int) {
	var ctx context.Context
	h := d.Identify(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { ctx = r.Context() }))
	r := httptest.NewRequest(method, origin+"/", nil)
	for name, values := range header {
		r.Header[name] = values
	}
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return ctx, w.Code
}

// as gives the context of somebody who has signed in.
func (d *desk) as(e access.Entry) context.Context {
	d.t.Helper()
	ctx, code := d.get(http.MethodGet, nil, d.cookies(e)...)
	if ctx == nil || access.From(ctx).User != e.User.ID {
		d.t.Fatalf("not signed in: %d", code)
	}
	return ctx
}

// in signs the administrator in.
func (d *desk) in() access.Entry {
	d.t.Helper()
	return ok(d.SignIn(d.t.Context(), "ada@example.net", pass, d.from("198.51.100.1")))(d.t)
}

// invited adds a user who chose the password pass.
func (d *desk) invited(mail string, r candor.Role, party candor.ID) access.Entry {
	d.t.Helper()
	_, secret, err := d.Invite(d.t.Context(), d.admin(), candor.User{Name: "Somebody New", Mail: mail, Role: r, Party: party})
	if err != nil {
		d.t.Fatal(err)
	}
	return ok(d.Redeem(d.t.Context(), secret, pass, d.from("198.51.100.2")))(d.t)
}

func (d *desk) admin() candor.Principal {
	return candor.Principal{User: d.first.ID, Name: d.first.Name, Role: candor.RoleAdmin}
}

// events are the events and reasons in the evidence log.
func (d *desk) events() []string {
	var out []string
	for _, r := range d.store.Records() {
		var body struct{ Event, Reason string }
		if err := json.Unmarshal(r.Body, &body); err != nil || r.Kind != candor.RecordAccess || r.Actor == "" {
			d.t.Errorf("record %+v: %v", r, err)
		}
		out = append(out, strings.TrimSuffix(body.Event+": "+body.Reason, ": "))
	}
	return out
}

func (d *desk) last() string {
	all := d.events()
	return all[len(all)-1]
}

func TestOptions(t *testing.T) {
	for name, spoil := range map[string]func(*access.Options){
		"no address":        func(o *access.Options) { o.URL = "" },
		"address of a file": func(o *access.Options) { o.URL = "file:///x" },
		"no secret":         func(o *access.Options) { o.Secrets = nil },
		"short secret":      func(o *access.Options) { o.Secrets = append(o.Secrets, []byte("short")) },
		"plain issuer": func(o *access.Options) {
			o.OIDC = []access.OIDCProvider{{ID: "x", Issuer: "http://id.example.net", ClientID: "c", Roles: []access.RoleRule{{Group: "g", Role: "admin"}}}}
		},
		"no rules": func(o *access.Options) {
			o.OIDC = []access.OIDCProvider{{ID: "x", Issuer: "https://id.example.net", ClientID: "c"}}
		},
		"role of customers": func(o *access.Options) {
			o.OIDC = []access.OIDCProvider{{ID: "x", Issuer: "https://id.example.net", ClientID: "c", Roles: []access.RoleRule{{Group: "g", Role: "customer"}}}}
		},
	} {
		o := options()
		spoil(&o)
		if _, err := access.New(o, access.Deps{Store: accesstest.NewStore()}); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
