// Package exchange answers TAXII 2.1 (OASIS) below house.ExchangePath: what sharing
// groups exchange, to programs of their members.
package exchange

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
	"candor/internal/intel/taxii"
	"candor/internal/web"
)

// Requests of one program: at once, and a second after that.
const (
	burst     = 100
	perSecond = 20
)

// Mount adds the server to a site.
func Mount(s *web.Site) {
	h := s.Access.Throttle(burst, perSecond, &server{s})
	s.Handle(house.ExchangePath+"/", web.Needs{web.Anyone}, h)
}

// server is safe for concurrent use.
type server struct{ site *web.Site }

// ServeHTTP answers who has a token with the scope exchange: as Bearer (RFC 6750),
// or as the password of Basic (RFC 7617), which is what many clients know.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	who, err := s.who(r)
	if errors.Is(err, candor.ErrUnavailable) {
		s.site.Refuse(w, r, err)
		return
	}
	x := &taxii.Server{Title: s.site.Provider.Name, Contact: s.site.Provider.Mail, Base: strings.TrimSuffix(s.site.PublicURL, "/") + house.ExchangePath, Prefix: house.ExchangePath,
		Roots: []taxii.Root{{Name: house.ExchangeRoot, Title: s.site.Provider.Name}}, Log: s.site.Log,
		Identify: func(*http.Request) (string, error) { return string(who.Party), err }}
	if err == nil {
		x.Store, err = s.site.House.Exchange(who)
	}
	// The discovery resource stands at the path itself.
	r2 := r.Clone(access.With(r.Context(), who))
	if strings.Trim(r.URL.Path, "/") == strings.Trim(house.ExchangePath, "/") {
		r2.URL.Path = house.ExchangePath + house.ExchangePath + "/"
	}
	x.ServeHTTP(w, r2)
}

// who tells whose program asks. A session is none.
func (s *server) who(r *http.Request) (candor.Principal, error) {
	who := access.From(r.Context())
	if _, text, ok := r.BasicAuth(); ok {
		var err error
		if who, err = s.site.Access.UseToken(r.Context(), text); err != nil {
			return candor.Principal{}, err
		}
	}
	if who.Token == "" {
		return candor.Principal{}, fmt.Errorf("no token: %w", access.ErrSignedOut)
	}
	return who, access.Require(who, access.Exchange)
}
