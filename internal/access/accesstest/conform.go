package accesstest

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/access"
)

// start is a time without fractions, which every database keeps.
var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// Conform runs the tests that every access.Store must pass. open gives a store
// without users; it is called once a test.
func Conform(t *testing.T, open func(t *testing.T) access.Store) {
	for name, test := range map[string]func(*testing.T, access.Store){
		"users": users, "passwords": passwords, "passkeys": passkeys, "identities": identities, "tokens": tokens,
		"sessions": sessions, "secrets": secrets, "expired": expired, "all or nothing": allOrNothing,
		"one taker": oneTaker, "serializable": serializable,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func change(t *testing.T, s access.Store, do func(ctx context.Context, tx access.Tx) error) {
	t.Helper()
	if err := s.Change(t.Context(), func(tx access.Tx) error { return do(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

func same[V any](t *testing.T, want V) func(got V, err error) {
	return func(got V, err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		} else if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
}

func kind[V any](t *testing.T, want error) func(got V, err error) {
	return func(_ V, err error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
}

func refused(t *testing.T, s access.Store, want error, do func(ctx context.Context, tx access.Tx) error) {
	t.Helper()
	if err := s.Change(t.Context(), func(tx access.Tx) error { return do(t.Context(), tx) }); !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

func addUser(t *testing.T, s access.Store, mail string, r candor.Role) candor.User {
	t.Helper()
	u := candor.User{ID: candor.NewID(start), Name: "Ada", Mail: mail, Role: r, Language: "en", TimeZone: "Europe/Vienna", Created: start}
	change(t, s, func(ctx context.Context, tx access.Tx) error { return tx.AddUser(ctx, u) })
	return u
}

func users(t *testing.T, s access.Store) {
	kind[candor.User](t, candor.ErrNotFound)(s.User(t.Context(), candor.NewID(start)))
	kind[candor.User](t, candor.ErrNotFound)(s.User(t.Context(), ""))
	kind[candor.User](t, candor.ErrNotFound)(s.UserByMail(t.Context(), ""))
	u := addUser(t, s, "ada@example.net", candor.RoleAdmin)
	same(t, u)(s.User(t.Context(), u.ID))
	same(t, u)(s.UserByMail(t.Context(), "ada@example.net"))
	same(t, 1)(s.Admins(t.Context()))
	twin := u
	twin.ID = candor.NewID(start)
	refused(t, s, candor.ErrChanged, func(ctx context.Context, tx access.Tx) error { return tx.AddUser(ctx, twin) })

	next := u
	next.Name, next.Role, next.Disabled, next.SignedIn, next.Language = "Ada L.", candor.RoleAdmin, true, start.Add(time.Hour), "zh-Hans"
	next.Created = start.Add(time.Hour)
	change(t, s, func(ctx context.Context, tx access.Tx) error { return tx.ChangeUser(ctx, next) })
	next.Created = u.Created
	same(t, next)(s.User(t.Context(), u.ID))
	same(t, 0)(s.Admins(t.Context()))
	refused(t, s, candor.ErrNotFound, func(ctx context.Context, tx access.Tx) error {
		return tx.ChangeUser(ctx, candor.User{ID: twin.ID, Mail: "x@example.net", Name: "x", Role: candor.RoleAuditor})
	})
}

func passwords(t *testing.T, s access.Store) {
	u := addUser(t, s, "a@example.net", candor.RoleAnalyst)
	kind[access.Password](t, candor.ErrNotFound)(s.Password(t.Context(), u.ID))
	kind[access.Password](t, candor.ErrNotFound)(s.Password(t.Context(), ""))
	for _, hash := range []string{"$argon2id$one", "$argon2id$two"} {
		p := access.Password{User: u.ID, Hash: hash, Changed: start}
		change(t, s, func(ctx context.Context, tx access.Tx) error { return tx.SetPassword(ctx, p) })
		same(t, p)(s.Password(t.Context(), u.ID))
	}
}

func passkeys(t *testing.T, s access.Store) {
	u, other := addUser(t, s, "a@example.net", candor.RoleAnalyst), addUser(t, s, "b@example.net", candor.RoleAnalyst)
	key := func(user candor.ID, at time.Duration, credential string) access.Passkey {
		k := access.Passkey{ID: candor.NewID(start.Add(at)), User: user, Credential: []byte(credential), Name: "key", Record: json.RawMessage(`{"a":1}`), Created: start.Add(at)}
		change(t, s, func(ctx context.Context, tx access.Tx) error { return tx.AddPasskey(ctx, k) })
		return k
	}
	first, second := key(u.ID, 0, "one\x00\xff"), key(u.ID, time.Second, "two")
	key(other.ID, 0, "three")
	same(t, first)(s.Passkey(t.Context(), []byte("one\x00\xff")))
	kind[access.Passkey](t, candor.ErrNotFound)(s.Passkey(t.Context(), []byte("one")))
	same(t, []access.Passkey{first, second})(s.Passkeys(t.Context(), u.ID))
	refused(t, s, candor.ErrChanged, func(ctx context.Context, tx access.Tx) error {
		return tx.AddPasskey(ctx, access.Passkey{ID: candor.NewID(start), User: other.ID, Credential: []byte("two"), Name: "x", Record: json.RawMessage(`{}`), Created: start})
	})
	first.Name, first.Record, first.Cloned, first.Used = "renamed", json.RawMessage(`{"a":2}`), true, start.Add(time.Hour)
	change(t, s, func(ctx context.Context, tx access.Tx) error {
		return errors.Join(tx.ChangePasskey(ctx, first), tx.DeletePasskey(ctx, second.ID))
	})
	same(t, []access.Passkey{first})(s.Passkeys(t.Context(), u.ID))
	refused(t, s, candor.ErrNotFound, func(ctx context.Context, tx access.Tx) error { return tx.ChangePasskey(ctx, second) })
	refused(t, s, candor.ErrNotFound, func(ctx context.Context, tx access.Tx) error { return tx.DeletePasskey(ctx, second.ID) })
}

func identities(t *testing.T, s access.Store) {
	u := addUser(t, s, "a@example.net", candor.RoleAnalyst)
	i := access.Identity{Issuer: "https://id.example.net", Subject: "Case Matters", User: u.ID, Created: start}
	later := access.Identity{Issuer: i.Issuer, Subject: "case matters", User: u.ID, Created: start.Add(time.Second)}
	for _, add := range []access.Identity{later, i} {
		change(t, s, func(ctx context.Context, tx access.Tx) error { return tx.AddIdentity(ctx, add) })
	}
	same(t, i)(s.Identity(t.Context(), i.Issuer, i.Subject))
	same(t, []access.Identity{i, later})(s.Identities(t.Context(), u.ID))
	refused(t, s, candor.ErrChanged, func(ctx context.Context, tx access.Tx) error { return tx.AddIdentity(ctx, i) })
	change(t, s, func(ctx context.Context, tx access.Tx) error { return tx.DeleteIdentity(ctx, i.Issuer, i.Subject) })
	kind[access.Identity](t, candor.ErrNotFound)(s.Identity(t.Context(), i.Issuer, i.Subject))
	refused(t, s, candor.ErrNotFound, func(ctx context.Context, tx access.Tx) error { return tx.DeleteIdentity(ctx, i.Issuer, i.Subject) })
}

func tokens(t *testing.T, s access.Store) {
	u := addUser(t, s, "a@example.net", candor.RoleAnalyst)
	older := access.Token{ID: candor.NewID(start), User: u.ID, Name: "ci", Hash: hash(1), Scopes: []string{"read", "write"}, Created: start}
	reporters := access.Token{ID: candor.NewID(start.Add(2 * time.Second)), User: u.ID, Reporter: "a@cert.example", Name: "feed", Hash: hash(3), Scopes: []string{"report"}, Created: start}
	newer := access.Token{ID: candor.NewID(start.Add(time.Second)), User: u.ID, Name: "cron", Hash: hash(2), Scopes: []string{"admin"}, Created: start, Expires: start.Add(time.Hour)}
	change(t, s, func(ctx context.Context, tx access.Tx) error {
		return errors.Join(tx.AddToken(ctx, older), tx.AddToken(ctx, newer), tx.AddToken(ctx, reporters))
	})
	same(t, newer)(s.Token(t.Context(), newer.ID))
	kind[access.Token](t, candor.ErrNotFound)(s.Token(t.Context(), candor.NewID(start)))
	older.Used, older.Revoked = start.Add(time.Minute), start.Add(time.Hour)
	changed := older
	changed.Name, changed.Scopes = "other", []string{"admin"} // must stay as they were
	change(t, s, func(ctx context.Context, tx access.Tx) error { return tx.ChangeToken(ctx, changed) })
	same(t, []access.Token{newer, older})(s.Tokens(t.Context(), u.ID))
	same(t, reporters)(s.Token(t.Context(), reporters.ID))
	for reporter, n := range map[string]int{"": 1, reporters.Reporter: 1, "b@cert.example": 0} {
		if all, err := s.ReporterTokens(t.Context(), reporter); err != nil || len(all) != n {
			t.Errorf("tokens of %q: %v, %v", reporter, all, err)
		}
	}
}

func hash(n byte) []byte { return append(make([]byte, 31), n) }

func session(u candor.User, n byte, seen time.Time) access.Session {
	return access.Session{ID: candor.NewID(start.Add(time.Duration(n) * time.Second)), Hash: hash(n), User: u.ID, Method: access.ByPasskey,
		Address: "2001:db8::1", Agent: "Browser/1", Created: start, Seen: seen, Expires: start.Add(24 * time.Hour)}
}

func sessions(t *testing.T, s access.Store) {
	u, other := addUser(t, s, "a@example.net", candor.RoleAnalyst), addUser(t, s, "b@example.net", candor.RoleAnalyst)
	one, two, three, theirs := session(u, 1, start), session(u, 2, start), session(u, 3, start), session(other, 4, start)
	change(t, s, func(ctx context.Context, tx access.Tx) error {
		return errors.Join(tx.AddSession(ctx, one), tx.AddSession(ctx, two), tx.AddSession(ctx, three), tx.AddSession(ctx, theirs))
	})
	same(t, one)(s.Session(t.Context(), hash(1)))
	kind[access.Session](t, candor.ErrNotFound)(s.Session(t.Context(), hash(9)))
	one.Seen = start.Add(time.Minute)
	change(t, s, func(ctx context.Context, tx access.Tx) error {
		return errors.Join(tx.TouchSession(ctx, one.ID, one.Seen), tx.DeleteSession(ctx, two.ID))
	})
	same(t, []access.Session{three, one})(s.Sessions(t.Context(), u.ID))
	refused(t, s, candor.ErrNotFound, func(ctx context.Context, tx access.Tx) error { return tx.TouchSession(ctx, two.ID, start) })
	change(t, s, func(ctx context.Context, tx access.Tx) error { return tx.DeleteSessions(ctx, u.ID, one.ID) })
	same(t, []access.Session{one})(s.Sessions(t.Context(), u.ID))
	change(t, s, func(ctx context.Context, tx access.Tx) error { return tx.DeleteSessions(ctx, u.ID, "") })
	kind[access.Session](t, candor.ErrNotFound)(s.Session(t.Context(), hash(1)))
	same(t, theirs)(s.Session(t.Context(), hash(4)))
}

func secrets(t *testing.T, s access.Store) {
	u := addUser(t, s, "a@example.net", candor.RoleAnalyst)
	add := func(n byte, p access.Purpose, user candor.ID, data json.RawMessage) access.Secret {
		x := access.Secret{Hash: hash(n), Purpose: p, User: user, Data: data, Created: start, Expires: start.Add(time.Hour)}
		change(t, s, func(ctx context.Context, tx access.Tx) error { return tx.AddSecret(ctx, x) })
		return x
	}
	with, without := add(1, access.Reset, u.ID, json.RawMessage(`{"a":1}`)), add(2, access.FirstAdmin, "", nil)
	kept := add(3, access.Invitation, u.ID, nil)
	same(t, with)(s.Secret(t.Context(), hash(1)))
	change(t, s, func(ctx context.Context, tx access.Tx) error {
		same(t, with)(tx.TakeSecret(ctx, hash(1)))
		kind[access.Secret](t, candor.ErrNotFound)(tx.TakeSecret(ctx, hash(9)))
		return nil
	})
	kind[access.Secret](t, candor.ErrNotFound)(s.Secret(t.Context(), hash(1)))
	same(t, without)(s.Secret(t.Context(), hash(2)))
	add(4, access.Reset, u.ID, nil)
	change(t, s, func(ctx context.Context, tx access.Tx) error {
		return errors.Join(tx.DeleteSecrets(ctx, access.FirstAdmin, ""), tx.DeleteSecrets(ctx, access.Reset, u.ID))
	})
	for _, gone := range []byte{2, 4} {
		kind[access.Secret](t, candor.ErrNotFound)(s.Secret(t.Context(), hash(gone)))
	}
	same(t, kept)(s.Secret(t.Context(), hash(3)))
}

func expired(t *testing.T, s access.Store) {
	u := addUser(t, s, "a@example.net", candor.RoleAnalyst)
	now := start.Add(time.Hour)
	idle, old, live := session(u, 1, start), session(u, 2, now), session(u, 3, now)
	old.Expires = now
	change(t, s, func(ctx context.Context, tx access.Tx) error {
		return errors.Join(tx.AddSession(ctx, idle), tx.AddSession(ctx, old), tx.AddSession(ctx, live),
			tx.AddSecret(ctx, access.Secret{Hash: hash(1), Purpose: access.Reset, User: u.ID, Created: start, Expires: now}),
			tx.AddSecret(ctx, access.Secret{Hash: hash(2), Purpose: access.Reset, User: u.ID, Created: start, Expires: now.Add(time.Second)}))
	})
	change(t, s, func(ctx context.Context, tx access.Tx) error { return tx.DeleteExpired(ctx, now, start) })
	same(t, []access.Session{live})(s.Sessions(t.Context(), u.ID))
	kind[access.Secret](t, candor.ErrNotFound)(s.Secret(t.Context(), hash(1)))
	kind[access.Secret](t, nil)(s.Secret(t.Context(), hash(2)))
}

func allOrNothing(t *testing.T, s access.Store) {
	u := addUser(t, s, "a@example.net", candor.RoleAdmin)
	stop := errors.New("stop")
	refused(t, s, stop, func(ctx context.Context, tx access.Tx) error {
		u := u
		u.Disabled = true
		err := errors.Join(tx.ChangeUser(ctx, u), tx.SetPassword(ctx, access.Password{User: u.ID, Hash: "x", Changed: start}))
		same(t, 0)(tx.Admins(ctx)) // a transaction sees its own changes
		return errors.Join(err, stop)
	})
	same(t, u)(s.User(t.Context(), u.ID))
	kind[access.Password](t, candor.ErrNotFound)(s.Password(t.Context(), u.ID))
}

func oneTaker(t *testing.T, s access.Store) {
	change(t, s, func(ctx context.Context, tx access.Tx) error {
		return tx.AddSecret(ctx, access.Secret{Hash: hash(1), Purpose: access.FirstAdmin, Created: start, Expires: start.Add(time.Hour)})
	})
	var took, missed atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			err := s.Change(t.Context(), func(tx access.Tx) error {
				_, err := tx.TakeSecret(t.Context(), hash(1))
				return err
			})
			switch {
			case err == nil:
				took.Add(1)
			case errors.Is(err, candor.ErrNotFound):
				missed.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if took.Load() != 1 || missed.Load() != 7 {
		t.Errorf("%d took it, %d missed it", took.Load(), missed.Load())
	}
}

// serializable has two administrators disable each other at the same time. One
// must be left.
func serializable(t *testing.T, s access.Store) {
	both := []candor.User{addUser(t, s, "a@example.net", candor.RoleAdmin), addUser(t, s, "b@example.net", candor.RoleAdmin)}
	last := errors.New("last")
	var all sync.WaitGroup
	for _, u := range both {
		all.Go(func() {
			err := s.Change(t.Context(), func(tx access.Tx) error {
				n, err := tx.Admins(t.Context())
				if err != nil {
					return err
				}
				if n < 2 {
					return last
				}
				u.Disabled = true
				return tx.ChangeUser(t.Context(), u)
			})
			if err != nil && !errors.Is(err, last) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	same(t, 1)(s.Admins(t.Context()))
}
