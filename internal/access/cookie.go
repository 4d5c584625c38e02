package access

import (
	"net/http"
	"time"
)

const (
	sessionCookie = "candor"
	deviceCookie  = "candor-device"
	flowCookie    = "candor-flow"
)

// cookieName locks a cookie to this very host where browsers can be trusted to
// do so: over TLS (RFC 6265bis, 4.1.3.2).
func (s *Service) cookieName(name string) string {
	if s.secure {
		return "__Host-" + name
	}
	return name
}

// setCookie sets a cookie until a time, or for a time that has passed takes it
// away. Lax, not Strict: links in mails and the way back from an identity
// provider must find the session.
func (s *Service) setCookie(w http.ResponseWriter, name, value string, until time.Time) {
	c := &http.Cookie{Name: s.cookieName(name), Value: value, Path: "/", Secure: s.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: -1}
	if left := until.Sub(s.now()); left > 0 {
		c.MaxAge = int((left + time.Second - 1) / time.Second)
	}
	http.SetCookie(w, c)
	w.Header().Set("Cache-Control", "no-store")
}

func cookie(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// SetFlow has the browser keep the secret of a ceremony between its two
// halves. An empty one takes it away.
func (s *Service) SetFlow(w http.ResponseWriter, flow string) {
	until := s.now().Add(ceremony)
	if flow == "" {
		until = time.Time{}
	}
	s.setCookie(w, flowCookie, flow, until)
}

// Flow gives what SetFlow left with the browser.
func (s *Service) Flow(r *http.Request) string { return cookie(r, s.cookieName(flowCookie)) }
