package access

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"candor"
)

// Entry is somebody who got in. Give it to Enter before anything is written.
type Entry struct {
	User    candor.User
	Session Session
	Return  string // where the person wanted to go, a path; may be empty
	secret  string
	device  string
}

// Enter sets the cookies of a sign-in.
func (s *Service) Enter(w http.ResponseWriter, e Entry) {
	s.setCookie(w, sessionCookie, e.secret, e.Session.Expires)
	s.setCookie(w, deviceCookie, e.device, s.now().Add(trust))
}

// enter begins a session for a user who has proved who they are. The browser's
// session before it ends, so that a planted cookie gains nothing.
func (s *Service) enter(ctx context.Context, tx Tx, u candor.User, m Method, c Client) (Entry, error) {
	if u.Disabled {
		return Entry{}, errSignIn
	}
	now := s.now()
	secret, hash := newSecret()
	e := Entry{User: u, secret: secret, device: s.newDevice(u.ID)}
	e.Session = Session{ID: candor.NewID(now), Hash: hash, User: u.ID, Method: m, Agent: c.Agent, Created: now, Seen: now, Expires: now.Add(s.options.Lifetime)}
	if c.Address.IsValid() {
		e.Session.Address = c.Address.String()
	}
	e.User.SignedIn = now
	return e, errors.Join(
		s.endBefore(ctx, tx, c),
		tx.AddSession(ctx, e.Session),
		tx.ChangeUser(ctx, e.User),
		s.record(ctx, tx, principal(u).Actor(), u.ID, entry{Event: SignedIn, Method: m, Role: u.Role}, c.personal()),
	)
}

func (s *Service) endBefore(ctx context.Context, tx Tx, c Client) error {
	if c.session == "" {
		return nil
	}
	before, err := tx.Session(ctx, digest(c.session))
	if err == nil {
		err = tx.DeleteSession(ctx, before.ID)
	}
	return ignoreNotFound(err)
}

// resume gives the session of a cookie and its user. ErrSignedOut says that
// there is none any more.
func (s *Service) resume(ctx context.Context, secret string) (Session, candor.User, error) {
	sess, err := s.store.Session(ctx, digest(secret))
	if err != nil {
		return Session{}, candor.User{}, signedOutIfGone(err)
	}
	now := s.now()
	if !now.Before(sess.Expires) || now.Sub(sess.Seen) >= s.options.Idle {
		return Session{}, candor.User{}, ErrSignedOut
	}
	u, err := s.store.User(ctx, sess.User)
	if err != nil {
		return Session{}, candor.User{}, signedOutIfGone(err)
	}
	if u.Disabled {
		return Session{}, candor.User{}, ErrSignedOut
	}
	if now.Sub(sess.Seen) >= time.Minute {
		sess.Seen = now
		err = s.store.Change(ctx, func(tx Tx) error { return tx.TouchSession(ctx, sess.ID, now) })
		if errors.Is(err, candor.ErrNotFound) {
			return Session{}, candor.User{}, ErrSignedOut
		}
		// Pages stay readable while nothing can be written: a session that
		// could not be touched only ends earlier.
	}
	return sess, u, nil
}

func signedOutIfGone(err error) error {
	if errors.Is(err, candor.ErrNotFound) {
		return ErrSignedOut
	}
	return fmt.Errorf("look up a session: %w", err)
}

func ignoreNotFound(err error) error {
	if errors.Is(err, candor.ErrNotFound) {
		return nil
	}
	return err
}

// Leave ends the session of a request and takes the cookie away. It is no
// error if there is none.
func (s *Service) Leave(w http.ResponseWriter, r *http.Request) error {
	s.setCookie(w, sessionCookie, "", time.Time{})
	sess, ok := SessionFrom(r.Context())
	if !ok {
		return nil
	}
	return s.EndSession(r.Context(), From(r.Context()), sess.ID)
}

// Sessions are the sessions of the principal that still work, newest first.
func (s *Service) Sessions(ctx context.Context, p candor.Principal) ([]Session, error) {
	all, err := s.store.Sessions(ctx, p.User)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	now, live := s.now(), all[:0]
	for _, sess := range all {
		if now.Before(sess.Expires) && now.Sub(sess.Seen) < s.options.Idle {
			live = append(live, sess)
		}
	}
	return live, nil
}

// EndSession ends one of the principal's own sessions.
func (s *Service) EndSession(ctx context.Context, p candor.Principal, id candor.ID) error {
	if err := personally(p); err != nil {
		return err
	}
	return s.store.Change(ctx, func(tx Tx) error {
		own, err := tx.Sessions(ctx, p.User)
		if err != nil {
			return fmt.Errorf("list sessions: %w", err)
		}
		for _, sess := range own {
			if sess.ID == id {
				return errors.Join(tx.DeleteSession(ctx, id), s.record(ctx, tx, p.Actor(), p.User, entry{Event: SignedOut}, nil))
			}
		}
		return fmt.Errorf("end a session: %w", candor.ErrNotFound)
	})
}

// EndSessions ends all sessions of the principal but the one that the context
// came with.
func (s *Service) EndSessions(ctx context.Context, p candor.Principal) error {
	if err := personally(p); err != nil {
		return err
	}
	keep, _ := SessionFrom(ctx)
	return s.store.Change(ctx, func(tx Tx) error {
		return errors.Join(tx.DeleteSessions(ctx, p.User, keep.ID), s.record(ctx, tx, p.Actor(), p.User, entry{Event: SignedOut, All: true}, nil))
	})
}

// personally refuses programs: who gets in is a matter for people.
func personally(p candor.Principal) error {
	switch {
	case p.User == "":
		return ErrSignedOut
	case p.Token != "":
		return candor.WithHint(fmt.Errorf("change how to get in with a token: %w", candor.ErrDenied), "Sign in to the console for that.")
	}
	return nil
}

// recent is for how long after a sign-in somebody may change how to get in.
const recent = time.Hour

// Recent gives nil if the principal of the context signed in within the last
// hour. A browser that was left open must not be enough to add a key for
// later: send the person to sign in again.
func (s *Service) Recent(ctx context.Context) error {
	if err := personally(From(ctx)); err != nil {
		return err
	}
	sess, ok := SessionFrom(ctx)
	if !ok || s.now().Sub(sess.Created) > recent {
		return candor.WithHint(fmt.Errorf("signed in too long ago for this: %w", ErrSignedOut), "Sign in again, then repeat this.")
	}
	return nil
}
