package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"candor"
	"candor/internal/access"
)

// Needs are the permissions of which a visitor must have one.
type Needs []access.Permission

// What stands in Needs where no permission of the table suits. Such a page
// decides for itself what to show.
const (
	Anyone   access.Permission = "anyone"    // also those whom nobody knows
	SignedIn access.Permission = "signed-in" // whoever has a session or a token
)

// Met gives nil if the principal has one of the permissions;
// access.ErrSignedOut or candor.ErrDenied if not.
func (n Needs) Met(who candor.Principal) error {
	err := access.ErrSignedOut
	for _, p := range n {
		switch {
		case p == Anyone, p == SignedIn && who.User != "":
			return nil
		case p == SignedIn:
			continue
		}
		if err = access.Require(who, p); err == nil {
			return nil
		}
	}
	return err
}

// Route is one line of the table of routes.
type Route struct {
	Method  string // GET, POST; empty for all
	Pattern string // of the path
	Needs   Needs
}

// add puts a handler into the table. A route without needs, or under the wrong
// method, is a mistake in the program and panics.
func (s *Site) add(pattern string, needs Needs, method string, h http.Handler) {
	verb, path, ok := strings.Cut(pattern, " ")
	if !ok {
		verb, path = "", pattern
	}
	if method != "" && verb != method {
		panic(fmt.Errorf("%s: %w", pattern, errMethod))
	}
	if len(needs) == 0 {
		panic(fmt.Sprintf("%s says nobody who may use it", pattern))
	}
	s.routes = append(s.routes, Route{verb, path, needs})
	if slices.Contains(needs, Anyone) && verb == http.MethodPost {
		s.open.Handle(pattern, h)
		h = s.calm
	}
	s.mux.Handle(pattern, h)
}

// guarded checks needs in front of a handler that answers by itself.
func (s *Site) guarded(needs Needs, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := needs.Met(access.From(r.Context())); err != nil {
			s.fail(w, s.request(w, r), err)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// handler makes an http.Handler of a function that gives a view, of forms of at
// most so many bytes.
func (s *Site) handler(needs Needs, do func(*Request) (View, error), acts bool, most int64) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r := s.request(w, req)
		r.most = most
		if err := needs.Met(r.Who); err != nil {
			s.fail(w, r, err)
			return
		}
		if acts {
			s.act(w, r, do)
			return
		}
		v, err := do(r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		s.draw(w, r, v)
	})
}

// act takes a step once.
func (s *Site) act(w http.ResponseWriter, r *Request, do func(*Request) (View, error)) {
	defer r.dropFiles()
	if err := r.readForm(); err != nil {
		s.fail(w, r, err)
		return
	}
	key := r.PostForm.Get(onceField)
	if key == "" {
		s.finish(w, r, do, func(View, bool) {})
		return
	}
	first, done, err := s.once.begin(r.Context(), string(r.Who.User)+" "+r.URL.Path+" "+key)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if done == nil {
		s.draw(w, r, again(r, first))
		return
	}
	s.finish(w, r, do, done)
}

// finish takes a step and says what became of it; a step that failed may be
// tried again with the same form.
func (s *Site) finish(w http.ResponseWriter, r *Request, do func(*Request) (View, error), done func(View, bool)) {
	succeeded := false
	var v View
	defer func() { done(v, succeeded) }() // also if it panics
	var err error
	if v, err = do(r); err != nil {
		s.fail(w, r, err)
		return
	}
	succeeded = v.Status < http.StatusBadRequest
	s.draw(w, r, v)
}
