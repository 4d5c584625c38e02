package web

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/access"
	"candor/internal/phrase"
	"candor/internal/web/ui"
)

// nothing is what htmx gets where only the status and the message matter.
var nothing = templ.ComponentFunc(func(context.Context, io.Writer) error { return nil })

// failure is an error as a reader meets it.
type failure struct {
	status int
	key    string        // of the texts: error.<key>.title, error.<key>.text
	retry  time.Duration // when to try again; 0 if that is not known
}

// judge finds the failure of an error. What nobody foresaw is ours.
func judge(err error) failure {
	var wait *access.Wait
	var later *candor.LaterError
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &wait):
		return failure{http.StatusTooManyRequests, "wait", wait.For}
	case errors.Is(err, access.ErrSignedOut):
		return failure{http.StatusUnauthorized, "signed-out", 0}
	case errors.Is(err, access.ErrCrossOrigin):
		return failure{http.StatusForbidden, "cross", 0}
	case errors.Is(err, candor.ErrNotFound):
		return failure{http.StatusNotFound, "missing", 0}
	case errors.Is(err, candor.ErrDenied):
		return failure{http.StatusForbidden, "denied", 0}
	case errors.Is(err, candor.ErrChanged), errors.Is(err, candor.ErrExists):
		return failure{http.StatusConflict, "changed", 0}
	case errors.As(err, &large):
		return failure{http.StatusRequestEntityTooLarge, "large", 0}
	case errors.Is(err, candor.ErrInvalid):
		return failure{http.StatusUnprocessableEntity, "invalid", 0}
	case errors.As(err, &later):
		return failure{http.StatusServiceUnavailable, "unavailable", later.After}
	case errors.Is(err, candor.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		return failure{http.StatusServiceUnavailable, "unavailable", 0}
	}
	return failure{http.StatusInternalServerError, "internal", 0}
}

// fail answers with the page for an error. What an error says inside stays in
// the log, under a name that the page shows.
func (s *Site) fail(w http.ResponseWriter, r *Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		w.WriteHeader(499) // the reader has gone: nginx's word for it, seen in the log only
		return
	}
	f := judge(err)
	if f.status == http.StatusUnauthorized && s.askToSignIn(w, r) {
		return
	}
	if f.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((f.retry+time.Second-1)/time.Second)))
	}
	name := ""
	if f.status >= http.StatusInternalServerError {
		name = rand.Text()[:8]
		s.Log.ErrorContext(r.Context(), "a request failed", "id", name, "method", r.Method, "route", r.route(), "user", r.Who.User, "error", err)
	} else if f.status != http.StatusUnauthorized {
		s.Log.DebugContext(r.Context(), "a request was refused", "method", r.Method, "route", r.route(), "user", r.Who.User, "error", err)
	}
	if r.Part() {
		w.Header().Set("HX-Reswap", "none")
		s.draw(w, r, View{Status: f.status, Partial: nothing, Trigger: map[string]any{"toast": map[string]string{"text": f.words(r, err), "tone": "bad"}}})
		return
	}
	s.page(w, r, View{Status: f.status, Page: ui.Page{Title: r.T("error." + f.key + ".title")}, Body: errorPage(f, r, candor.Hint(err), name)})
}

// words are the failure in one line.
func (f failure) words(r *Request, err error) string {
	title := r.Printer.T("error." + f.key + ".title")
	if hint, known := r.Printer.Hint(candor.Hint(err)); known {
		return r.Printer.T("console.hint.joined", phrase.Args{"title": title, "hint": hint})
	}
	return title
}

// askToSignIn leads to the page for that, and back afterwards, where nothing is
// lost by it: not from a form of somebody whom nobody knows, which says so
// first. Programs with a token that does not work get the status.
func (s *Site) askToSignIn(w http.ResponseWriter, r *Request) bool {
	if r.Header.Get("Authorization") != "" {
		w.Header().Set("WWW-Authenticate", `Bearer realm="candor"`)
		return false
	}
	back := r.URL.RequestURI()
	if r.Method != http.MethodGet || r.Part() {
		back = cameFrom(r)
	}
	if r.Method != http.MethodGet && r.Who.User == "" && !r.Part() {
		return false
	}
	q := url.Values{"back": {back}}
	if r.Who.User != "" {
		q.Set("again", "yes")
	}
	s.lead(w, r, View{To: SignIn + "?" + q.Encode()})
	return true
}

// cameFrom is the page of this site from which a request was sent.
func cameFrom(r *Request) string {
	for _, name := range []string{"HX-Current-URL", "Referer"} {
		u, err := url.Parse(r.Header.Get(name))
		if err == nil && strings.EqualFold(u.Host, r.Host) && access.LocalPath(u.RequestURI()) != "" {
			return u.RequestURI()
		}
	}
	return Home
}
