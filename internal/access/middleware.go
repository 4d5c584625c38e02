package access

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"candor"
	"candor/internal/access/limit"
)

// ErrCrossOrigin is the error for requests that another site had a browser
// send.
var ErrCrossOrigin = candor.WithHint(fmt.Errorf("a request from another site: %w", candor.ErrDenied), "Open the console itself, and repeat this there.")

// Identify finds out who sends a request and puts the principal into its
// context ([From]), that of a session or of a token in Authorization: Bearer
// (RFC 6750). A request without either goes on as nobody's; one with a token
// that does not work is refused, and so is a change that another site had the
// browser send. Bodies are bounded.
func (s *Service) Identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, s.options.MaxBody)
		ctx, err := s.identify(r)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func (s *Service) identify(r *http.Request) (context.Context, error) {
	ctx := r.Context()
	if text, ok := bearer(r); ok {
		// No browser adds a token by itself, so it does not matter where the
		// request comes from. A cookie beside it is not looked at.
		p, err := s.UseToken(ctx, text)
		return With(ctx, p), err
	}
	if err := s.origins.Check(r); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCrossOrigin, err)
	}
	secret := cookie(r, s.cookieName(sessionCookie))
	if secret == "" {
		return ctx, nil
	}
	sess, u, err := s.resume(ctx, secret)
	if errors.Is(err, ErrSignedOut) {
		return ctx, nil
	}
	if err != nil {
		return nil, err
	}
	return context.WithValue(With(ctx, principal(u)), sessionKey{}, sess), nil
}

func bearer(r *http.Request) (string, bool) {
	scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(text), strings.EqualFold(scheme, "Bearer")
}

// Need lets only those through who have one of the permissions. It stands
// inside Identify.
func (s *Service) Need(next http.Handler, oneOf ...Permission) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := ErrSignedOut
		for _, p := range oneOf {
			if err = Require(From(r.Context()), p); err == nil {
				next.ServeHTTP(w, r)
				return
			}
		}
		s.refuse(w, r, err)
	})
}

// Throttle bounds how many requests one principal sends, or one network if it
// is nobody's: burst at once, and perSecond of them after that. It stands inside
// Identify.
func (s *Service) Throttle(burst, perSecond int, next http.Handler) http.Handler {
	buckets := limit.NewBuckets(burst, time.Second/time.Duration(max(1, perSecond)), remembered, s.clock)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := From(r.Context())
		key := string(p.User) + "/" + string(p.Token)
		if p.User == "" && p.Token == "" {
			key = network(s.address(r))
		}
		if wait := buckets.Take(key); wait > 0 {
			s.refuse(w, r, &Wait{For: wait})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// refusePlainly answers without a page.
func refusePlainly(w http.ResponseWriter, r *http.Request, err error) {
	code := http.StatusInternalServerError
	var wait *Wait
	switch {
	case errors.As(err, &wait):
		w.Header().Set("Retry-After", strconv.Itoa(wait.Seconds()))
		code = http.StatusTooManyRequests
	case errors.Is(err, ErrSignedOut):
		w.Header().Set("WWW-Authenticate", `Bearer realm="candor"`)
		code = http.StatusUnauthorized
	case errors.Is(err, candor.ErrDenied):
		code = http.StatusForbidden
	case errors.Is(err, candor.ErrUnavailable):
		code = http.StatusServiceUnavailable
	}
	http.Error(w, http.StatusText(code), code)
}
