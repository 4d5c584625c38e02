// Package web is the console and the pages of customers: who may see which
// page, how a page is drawn, and what becomes of errors.
//
// Site holds what all pages share; packages of pages (console, office, portal)
// add theirs with Page, Action and Nav before the first request:
//
//	site.Page("GET /cases", web.Needs{access.ReadCases}, func(r *web.Request) (web.View, error) {
//		page, err := site.House.Cases(r.Context(), r.Who, filter(r), r.Cut("updated", "opened", "due"))
//		if err != nil {
//			return web.View{}, err
//		}
//		return web.View{Page: ui.Page{Title: r.Printer.T(title), Active: "cases"}, Body: casesPage(page)}, nil
//	})
//	site.Action("POST /cases/{id}/state", web.Needs{access.ActCases}, func(r *web.Request) (web.View, error) {
//		…
//		return web.See("/cases/" + string(id)).Say(ui.Good, r.T("account.saved")), nil
//	})
//
// Handlers return views and errors, and write nothing themselves. Every route
// names who may use it; there is no other way to add one, so that Routes is
// the whole table and a test can walk it with every role.
package web

//go:generate go tool -modfile=../../tools/go.mod templ generate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/access/link"
	"candor/internal/house"
	"candor/internal/phrase"
)

// Config is what a Site is made of. House, Access, Phrases, Clock, Secrets and
// PublicURL are needed.
type Config struct {
	House   *house.House
	Access  *access.Service
	Phrases *phrase.Catalogue
	// Provider is whose desk this is, as pages name it.
	Provider Provider
	Log      *slog.Logger // nil stands for silence
	Clock    candor.Clock
	// PublicURL is where browsers reach the site: scheme, host and port.
	PublicURL string
	// Secrets sign what browsers keep for a moment; the same as access.Options.Secrets.
	Secrets [][]byte
	// Links opens the links in mails; without it those pages are not found.
	Links *link.Links
	// Version is shown to the staff.
	Version string
	// Zone is used for people who have not chosen theirs; UTC if nil.
	Zone *time.Location
	// SendReset mails a link to choose another password. nil: the page says
	// whom to ask instead.
	SendReset func(ctx context.Context, to candor.User, address string) error
}

// Provider is whose desk this is.
type Provider struct {
	Name  string // "Candor" if empty
	Mail  string // of a person who answers; may be empty
	Phone string // may be empty
}

// Site is the whole of the pages. Its fields are for pages to read. Page,
// Action, Handle and Nav are called before the first request; after that it is
// safe for concurrent use.
type Site struct {
	Config
	mux    *http.ServeMux
	open   *http.ServeMux // forms that anybody may send
	calm   http.Handler   // open, for so many forms a network and second
	routes []Route
	nav    []NavEntry
	keys   [][]byte // sign messages between two pages
	once   *once
	secure bool // browsers come by TLS
}

// New makes a Site with the pages that belong to no other package: signing in,
// the account, errors. candor.ErrInvalid says what of the configuration is
// missing.
func New(c Config) (*Site, error) {
	base, err := url.Parse(c.PublicURL)
	if err != nil || base.Host == "" {
		return nil, candor.WithHint(fmt.Errorf("the address of the site, %q: %w", c.PublicURL, candor.ErrInvalid), "Write it as https://desk.example.net.")
	}
	if c.House == nil || c.Access == nil || c.Phrases == nil || c.Clock == nil {
		return nil, fmt.Errorf("a site without a house, access, texts or a clock: %w", candor.ErrInvalid)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Zone == nil {
		c.Zone = time.UTC
	}
	if c.Provider.Name == "" {
		c.Provider.Name = "Candor"
	}
	s := &Site{Config: c, mux: http.NewServeMux(), open: http.NewServeMux(), once: newOnce(c.Clock), secure: base.Scheme == "https"}
	if s.keys, err = flashKeys(c.Secrets); err != nil {
		return nil, err
	}
	s.calm = c.Access.Throttle(30, 1, s.open)
	s.addOwn()
	return s, nil
}

// Routes is the table of all routes, in the order in which they were added.
func (s *Site) Routes() []Route { return s.routes }

// Page adds a page that changes nothing: pattern is one of http.ServeMux with
// the method GET.
func (s *Site) Page(pattern string, needs Needs, show func(*Request) (View, error)) {
	s.add(pattern, needs, http.MethodGet, s.handler(needs, show, false, mostForm))
}

// Action adds a step that changes something, with the method POST. A form that
// carries a key (Once, Request.Fields) is acted upon once: the same form again
// leads to where the first one led.
func (s *Site) Action(pattern string, needs Needs, act func(*Request) (View, error)) {
	s.add(pattern, needs, http.MethodPost, s.handler(needs, act, true, mostForm))
}

// Receive is Action for forms that bring a file, of at most so many bytes in
// all. Nothing of them is written to the disk while they are read.
func (s *Site) Receive(pattern string, needs Needs, most int64, act func(*Request) (View, error)) {
	s.add(pattern, needs, http.MethodPost, s.handler(needs, act, true, most))
}

// Handle mounts what answers by itself, such as the API, under a pattern with
// or without a method. It stands inside access.Service.Identify, and the
// headers of all answers are set; needs are checked.
func (s *Site) Handle(pattern string, needs Needs, h http.Handler) {
	s.add(pattern, needs, "", s.guarded(needs, h))
}

// Refuse answers a request that may not go on with the page for that error. It
// is what access.Deps.Refuse is set to.
func (s *Site) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	s.fail(w, s.request(w, r), err)
}

// errMethod is the error for a route added under the wrong function. It is a
// mistake in the program, so adding panics.
var errMethod = errors.New("the method does not suit the function that adds the route")
