package web

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/phrase"
	"candor/internal/web/ui"
)

// policy is the content security policy of every answer: nothing from
// elsewhere, nothing inline (Content Security Policy Level 3).
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// strange is the policy of documents of others: they are shown, and do nothing.
const strange = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"

// visit is what becomes known of a request while it is served, for the log.
type visit struct {
	http.ResponseWriter
	status int
	bytes  int64
	route  string
	who    candor.ID
}

func (v *visit) WriteHeader(status int) {
	if v.status == 0 {
		v.status = status
	}
	v.ResponseWriter.WriteHeader(status)
}

func (v *visit) Write(b []byte) (int, error) {
	if v.status == 0 {
		v.status = http.StatusOK
	}
	n, err := v.ResponseWriter.Write(b)
	v.bytes += int64(n)
	return n, err
}

// Unwrap is for http.ResponseController.
func (v *visit) Unwrap() http.ResponseWriter { return v.ResponseWriter }

type visitKey struct{}

// Handler serves all pages. Add them first.
func (s *Site) Handler() http.Handler {
	inside := s.Access.Identify(s.mux)
	outer := http.NewServeMux()
	outer.Handle(ui.Prefix, ui.Static())
	outer.HandleFunc("GET "+scripts, serveScript)
	outer.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok\n") })
	outer.HandleFunc("GET /readyz", s.ready)
	outer.HandleFunc("GET /robots.txt", func(w http.ResponseWriter, _ *http.Request) {
		plain(w, http.StatusOK, "User-agent: *\nDisallow: /\n")
	})
	outer.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, ui.Path("mark.svg"), http.StatusFound)
	})
	outer.Handle("/", inside)
	return s.watched(outer)
}

// watched sets what every answer has, keeps a panic to its request, and writes
// a line of the log.
func (s *Site) watched(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now() // of work, not of the desk: the clock may stand still
		v := &visit{ResponseWriter: w}
		r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
		s.harden(w.Header())
		defer func() {
			if p := recover(); p != nil {
				s.panicked(v, r, p)
			}
			s.note(r, v, time.Since(began))
		}()
		next.ServeHTTP(v, r)
	})
}

func (s *Site) harden(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY") // for browsers older than frame-ancestors
	// Not "no-referrer": with that, browsers send forms as if from nowhere.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=(), publickey-credentials-get=(self), publickey-credentials-create=(self)")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store") // all pages are somebody's; what is not sets its own
	if s.secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

func (s *Site) panicked(v *visit, r *http.Request, p any) {
	if p == http.ErrAbortHandler {
		panic(p) // the server ends the connection without a word
	}
	err := fmt.Errorf("panic: %v", p)
	s.Log.ErrorContext(r.Context(), "a page panicked", "route", v.route, "error", err, "stack", string(debug.Stack()))
	if v.status != 0 {
		panic(http.ErrAbortHandler) // half an answer is out: it must not look whole
	}
	s.fail(v, s.request(v, r), err)
}

func (s *Site) note(r *http.Request, v *visit, took time.Duration) {
	route := v.route
	if route == "" { // nothing of a path that nobody knows is written: it may be a secret
		route, _, _ = strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		route = "/" + bounded(route, 40)
	}
	s.Log.InfoContext(r.Context(), "request", "method", r.Method, "route", route, "status", v.status, "bytes", v.bytes,
		"ms", float64(took.Microseconds())/1000, "user", v.who)
}

func (s *Site) ready(w http.ResponseWriter, r *http.Request) {
	if err := s.House.Ready(r.Context()); err != nil {
		s.Log.WarnContext(r.Context(), "not ready", "error", err)
		plain(w, http.StatusServiceUnavailable, "not ready\n")
		return
	}
	plain(w, http.StatusOK, "ready\n")
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // whoever asked has gone
}

// request gathers what is known of whoever sends a request.
func (s *Site) request(w http.ResponseWriter, req *http.Request) *Request {
	r := &Request{Request: req, Who: access.From(req.Context()), Now: s.Clock().UTC(), Zone: s.Zone, site: s, writer: w}
	if v, ok := req.Context().Value(visitKey{}).(*visit); ok {
		v.route, v.who = req.Pattern, r.Who.User
	}
	if r.Who.User != "" {
		u, err := s.House.Store.Access().User(req.Context(), r.Who.User)
		if err == nil { // without, the page is drawn as for somebody who chose nothing
			r.User = u
			r.Zone = zoneOf(u.TimeZone, s.Zone)
		}
	}
	r.Printer = s.printer(r)
	r.Theme = oneOf(cookieValue(req, s.cookieName(themeCookie)), "light", "dark")
	s.rememberLanguage(w, r)
	return r
}

func (r *Request) route() string { return r.Pattern }

// printer chooses the language: of the address, the profile, the cookie, then
// what the page suggests, then what the browser prefers.
func (s *Site) printer(r *Request, suggested ...string) phrase.Printer {
	tags := append([]string{r.URL.Query().Get("language"), r.User.Language, cookieValue(r.Request, s.cookieName(languageCookie))}, suggested...)
	tags = append(tags, r.Header.Get("Accept-Language"))
	if r.Who.Role.Staff() {
		return s.Phrases.ForConsole(tags...)
	}
	return s.Phrases.For(tags...)
}
