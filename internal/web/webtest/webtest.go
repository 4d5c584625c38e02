// Package webtest tests pages on a real house over SQLite: people of every role
// who are signed in, and what every page has to have.
package webtest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/access/link"
	"candor/internal/access/password"
	"candor/internal/consent"
	"candor/internal/consent/receipt"
	"candor/internal/desk"
	"candor/internal/desk/calendar"
	"candor/internal/house"
	"candor/internal/intel"
	"candor/internal/phrase"
	"candor/internal/store"
	"candor/internal/store/storetest"
	"candor/internal/web"
)

// Password is everybody's.
const Password = "violet anchors hum at noon"

// World is a site that listens, with two customers of a site each and a
// person of every role.
type World struct {
	Site   *web.Site
	House  *house.House
	Links  *link.Links
	URL    string
	Resets chan string // addresses that would have been mailed

	// The person of role customer belongs to Party, that of role subscriber to Other.
	Party, Other           candor.Party
	PartyAsset, OtherAsset candor.Asset
	People                 map[candor.Role]candor.User
	First                  string // the secret that makes the first administrator, used up
	clock                  atomic.Pointer[time.Time]
	clients                map[candor.Role]*http.Client
	server                 *httptest.Server
}

type adapter struct{ s *store.Store }

func (a adapter) Tx(ctx context.Context, f func(desk.Tx) error) error {
	return a.s.Tx(ctx, func(tx *store.Tx) error { return f(tx) })
}

// New starts a site with the pages that mount adds, on SQLite.
func New(t testing.TB, mount ...func(*web.Site)) *World {
	t.Helper()
	return NewOn(t, storetest.SQLite(t), mount...)
}

// NewOn is New on a database, which is empty.
func NewOn(t testing.TB, s *store.Store, mount ...func(*web.Site)) *World {
	t.Helper()
	w := &World{Resets: make(chan string, 10), People: map[candor.Role]candor.User{}, clients: map[candor.Role]*http.Client{}}
	w.At(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	w.Party, w.PartyAsset = storetest.Sample(t, s, "acme")
	w.Other, w.OtherAsset = storetest.Sample(t, s, "other")
	w.server = httptest.NewUnstartedServer(nil)
	w.URL = strings.Replace("http://"+w.server.Listener.Addr().String(), "127.0.0.1", "localhost", 1)
	secrets := [][]byte{[]byte(strings.Repeat("s", 32))}
	accounts := must(access.New(access.Options{URL: w.URL, Secrets: secrets, Hash: password.Params{Memory: 64, Time: 1, Threads: 1}},
		access.Deps{Store: s.Access(), Clock: w.Clock, Refuse: func(a http.ResponseWriter, r *http.Request, err error) { w.Site.Refuse(a, r, err) }}))(t)
	d := desk.New(desk.Config{Store: adapter{s}, Clock: w.Clock, Calendar: calendar.Always(time.UTC), Rules: calendar.Rules(),
		Plays: func(c candor.Class, _ candor.Nature, _ candor.Severity) desk.Play {
			return desk.Play{Title: string(c), Tasks: []desk.PlayTask{{Key: "look", Text: "Look at it", Due: calendar.Hours(2)}},
				Responses: []desk.PlayResponse{{Method: "notify"}, {Method: "quarantine"}}}
		}})
	w.House = &house.House{Store: s, Access: accounts, Desk: d, Clock: w.Clock, Consents: consent.NewRegister(s, w.Clock), Receipts: must(receipt.NewRing(w.Clock()))(t), PublicURL: w.URL, Methods: []string{"notify", "quarantine"}, Producer: intel.Producer{Name: "Example Hosting", Mail: "desk@hosting.example"}, Texts: must(phrase.Load())(t)}
	w.Links = must(link.New(secrets, w.Clock, nil))(t)
	w.Site = must(web.New(web.Config{House: w.House, Access: accounts, Phrases: must(phrase.Load())(t), Clock: w.Clock, PublicURL: w.URL, Secrets: secrets, Links: w.Links,
		Provider:  web.Provider{Name: "Example Hosting", Mail: "abuse@example.net", Phone: "+43 1 2345-0"},
		SendReset: func(_ context.Context, _ candor.User, address string) error { w.Resets <- address; return nil }}))(t)
	for _, m := range mount {
		m(w.Site)
	}
	w.server.Config.Handler = w.Site.Handler()
	w.server.Start()
	t.Cleanup(w.server.Close)
	w.people(t)
	return w
}

// Clock tells the time of the world.
func (w *World) Clock() time.Time { return *w.clock.Load() }

// At sets the time of the world.
func (w *World) At(at time.Time) { w.clock.Store(&at) }

// people makes a person of every role and signs each in.
func (w *World) people(t testing.TB) {
	t.Helper()
	ctx := t.Context()
	w.First = must(w.House.Access.FirstAdmin(ctx))(t)
	admin := w.Stranger()
	w.enter(t, admin, web.FirstPath+w.First, url.Values{"name": {"Ada Admin"}, "mail": {"admin@example.net"}})
	w.clients[candor.RoleAdmin] = admin
	u := must(w.House.Store.Access().UserByMail(ctx, "admin@example.net"))(t)
	w.People[candor.RoleAdmin] = u
	by := candor.Principal{User: u.ID, Name: u.Name, Role: u.Role}
	party := map[candor.Role]candor.ID{candor.RoleCustomer: w.Party.ID, candor.RoleSubscriber: w.Other.ID}
	for _, role := range candor.Roles() {
		if role == candor.RoleAdmin {
			continue
		}
		u, secret, err := w.House.Access.Invite(ctx, by, candor.User{Name: "Test " + string(role), Mail: string(role) + "@example.net", Role: role, Party: party[role], Language: "en"})
		if err != nil {
			t.Fatal(err)
		}
		c := w.Stranger()
		w.enter(t, c, web.InvitedPath+secret, nil)
		w.clients[role], w.People[role] = c, u
	}
}

func (w *World) enter(t testing.TB, c *http.Client, path string, form url.Values) {
	t.Helper()
	if form == nil {
		form = url.Values{}
	}
	form.Set("password", Password)
	if a := w.Post(t, c, path, form); a.Status != http.StatusSeeOther {
		t.Fatalf("POST %s: %d %s", path, a.Status, a.Text())
	}
}

// As is the browser of the person of that role; nobody's for the empty role.
func (w *World) As(role candor.Role) *http.Client {
	if c := w.clients[role]; c != nil {
		return c
	}
	return w.Stranger()
}

// Who is the principal of that role.
func (w *World) Who(role candor.Role) candor.Principal {
	u := w.People[role]
	return candor.Principal{User: u.ID, Name: u.Name, Role: u.Role, Party: u.Party}
}

// Stranger is a browser in which nobody is signed in. It follows no redirects.
func (w *World) Stranger() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err) // it has no way to fail
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// File files findings at an asset as a scan would, and gives the case.
func (w *World) File(t testing.TB, asset candor.Asset, findings ...candor.Finding) candor.Case {
	t.Helper()
	filed, err := w.House.Desk.File(t.Context(), desk.Filing{Asset: asset.ID, Scan: candor.NewID(w.Clock()), Sensor: "scan", Generation: "g1", Findings: findings})
	if err != nil || len(filed.Opened) != 1 {
		t.Fatal(filed, err)
	}
	return must(w.House.Store.Case(t.Context(), candor.Everything, filed.Opened[0]))(t)
}

// Shell is a finding of a web shell below an asset's root.
func Shell(asset candor.Asset, path string) candor.Finding {
	return candor.Finding{Path: asset.Roots[0] + "/" + path, Rule: "webshell_generic", Class: candor.ApplicationCompromise, Nature: candor.Malware, Severity: candor.High,
		SHA256: fmt.Sprintf("%064x", len(path)), Bytes: 10, Language: "yara"}
}

// Link is the path of a signed link to a case, sent to a party's first contact.
func (w *World) Link(t testing.TB, c candor.Case, party candor.Party, lasts time.Duration) string {
	t.Helper()
	text, err := w.Links.Sign(link.Link{Purpose: link.Case, Subject: c.ID, Party: party.ID, Contact: link.ContactOf(party.Contacts[0].Address), Expires: w.Clock().Add(lasts).Truncate(time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	return "/c/" + text
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err = errors.Join(err); err != nil {
			t.Fatal(err)
		}
		return v
	}
}
