// Package accesstest has a store of package access in memory, for tests, and
// the tests that every store must pass.
package accesstest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"candor"
	"candor/internal/access"
)

// Store is an access.Store in memory. It is safe for concurrent use.
//
// A change works on a copy, which takes the place of the state if it succeeds.
// The methods of access.Reader read the state of the moment.
type Store struct {
	change sync.Mutex
	state  atomic.Pointer[state]
}

var _ access.Store = (*Store)(nil)

// NewStore makes an empty Store.
func NewStore() *Store {
	s := new(Store)
	s.state.Store(&state{
		users: map[candor.ID]candor.User{}, passwords: map[candor.ID]access.Password{}, passkeys: map[candor.ID]access.Passkey{},
		tokens: map[candor.ID]access.Token{}, sessions: map[candor.ID]access.Session{},
		identities: map[[2]string]access.Identity{}, secrets: map[string]access.Secret{},
	})
	return s
}

// Change does all of do or nothing.
func (s *Store) Change(ctx context.Context, do func(access.Tx) error) error {
	s.change.Lock()
	defer s.change.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	next := s.state.Load().clone()
	if err := do(next); err != nil {
		return err
	}
	s.state.Store(next)
	return nil
}

// Records are all that was recorded, oldest first.
func (s *Store) Records() []candor.Record { return slices.Clone(s.state.Load().records) }

func (s *Store) User(ctx context.Context, id candor.ID) (candor.User, error) {
	return s.state.Load().User(ctx, id)
}
func (s *Store) UserByMail(ctx context.Context, mail string) (candor.User, error) {
	return s.state.Load().UserByMail(ctx, mail)
}
func (s *Store) Admins(ctx context.Context) (int, error) { return s.state.Load().Admins(ctx) }
func (s *Store) Password(ctx context.Context, user candor.ID) (access.Password, error) {
	return s.state.Load().Password(ctx, user)
}
func (s *Store) Passkey(ctx context.Context, credential []byte) (access.Passkey, error) {
	return s.state.Load().Passkey(ctx, credential)
}
func (s *Store) Passkeys(ctx context.Context, user candor.ID) ([]access.Passkey, error) {
	return s.state.Load().Passkeys(ctx, user)
}
func (s *Store) Identity(ctx context.Context, issuer, subject string) (access.Identity, error) {
	return s.state.Load().Identity(ctx, issuer, subject)
}
func (s *Store) Identities(ctx context.Context, user candor.ID) ([]access.Identity, error) {
	return s.state.Load().Identities(ctx, user)
}
func (s *Store) Token(ctx context.Context, id candor.ID) (access.Token, error) {
	return s.state.Load().Token(ctx, id)
}
func (s *Store) ReporterTokens(ctx context.Context, reporter string) ([]access.Token, error) {
	return s.state.Load().ReporterTokens(ctx, reporter)
}
func (s *Store) Tokens(ctx context.Context, user candor.ID) ([]access.Token, error) {
	return s.state.Load().Tokens(ctx, user)
}
func (s *Store) Session(ctx context.Context, hash []byte) (access.Session, error) {
	return s.state.Load().Session(ctx, hash)
}
func (s *Store) Sessions(ctx context.Context, user candor.ID) ([]access.Session, error) {
	return s.state.Load().Sessions(ctx, user)
}
func (s *Store) Secret(ctx context.Context, hash []byte) (access.Secret, error) {
	return s.state.Load().Secret(ctx, hash)
}

// state is all that is kept, and a transaction on it.
type state struct {
	users      map[candor.ID]candor.User
	passwords  map[candor.ID]access.Password
	passkeys   map[candor.ID]access.Passkey
	tokens     map[candor.ID]access.Token
	sessions   map[candor.ID]access.Session
	identities map[[2]string]access.Identity
	secrets    map[string]access.Secret
	records    []candor.Record
}

func (s *state) clone() *state {
	return &state{
		users: maps.Clone(s.users), passwords: maps.Clone(s.passwords), passkeys: maps.Clone(s.passkeys),
		tokens: maps.Clone(s.tokens), sessions: maps.Clone(s.sessions),
		identities: maps.Clone(s.identities), secrets: maps.Clone(s.secrets), records: slices.Clip(s.records),
	}
}

func find[K comparable, V any](m map[K]V, key K) (V, error) {
	v, ok := m[key]
	if !ok {
		return v, fmt.Errorf("look up: %w", candor.ErrNotFound)
	}
	return v, nil
}

// pick gives those that fit, in order.
func pick[K comparable, V any](m map[K]V, fits func(V) bool, order func(a, b V) int) []V {
	var out []V
	for _, v := range m {
		if fits(v) {
			out = append(out, v)
		}
	}
	slices.SortFunc(out, order)
	return out
}

func one[V any](all []V) (V, error) {
	if len(all) == 0 {
		var none V
		return none, fmt.Errorf("look up: %w", candor.ErrNotFound)
	}
	return all[0], nil
}

func (s *state) User(_ context.Context, id candor.ID) (candor.User, error) { return find(s.users, id) }

func (s *state) UserByMail(_ context.Context, mail string) (candor.User, error) {
	return one(pick(s.users, func(u candor.User) bool { return u.Mail == mail }, func(a, b candor.User) int { return 0 }))
}

func (s *state) Admins(context.Context) (int, error) {
	n := 0
	for _, u := range s.users {
		if u.Role == candor.RoleAdmin && !u.Disabled {
			n++
		}
	}
	return n, nil
}

func (s *state) Password(_ context.Context, user candor.ID) (access.Password, error) {
	return find(s.passwords, user)
}

func byID(a, b access.Passkey) int { return cmp.Compare(a.ID, b.ID) }

func (s *state) Passkey(_ context.Context, credential []byte) (access.Passkey, error) {
	return one(pick(s.passkeys, func(k access.Passkey) bool { return bytes.Equal(k.Credential, credential) }, byID))
}

func (s *state) Passkeys(_ context.Context, user candor.ID) ([]access.Passkey, error) {
	return pick(s.passkeys, func(k access.Passkey) bool { return k.User == user }, byID), nil
}

func (s *state) Identity(_ context.Context, issuer, subject string) (access.Identity, error) {
	return find(s.identities, [2]string{issuer, subject})
}

func (s *state) Identities(_ context.Context, user candor.ID) ([]access.Identity, error) {
	return pick(s.identities, func(i access.Identity) bool { return i.User == user },
		func(a, b access.Identity) int { return a.Created.Compare(b.Created) }), nil
}

func (s *state) Token(_ context.Context, id candor.ID) (access.Token, error) {
	return find(s.tokens, id)
}

func (s *state) ReporterTokens(_ context.Context, reporter string) ([]access.Token, error) {
	return pick(s.tokens, func(t access.Token) bool { return t.Reporter != "" && (reporter == "" || t.Reporter == reporter) },
		func(a, b access.Token) int { return cmp.Compare(b.ID, a.ID) }), nil
}

func (s *state) Tokens(_ context.Context, user candor.ID) ([]access.Token, error) {
	return pick(s.tokens, func(t access.Token) bool { return t.User == user && t.Reporter == "" },
		func(a, b access.Token) int { return cmp.Compare(b.ID, a.ID) }), nil
}

func newest(a, b access.Session) int { return cmp.Compare(b.ID, a.ID) }

func (s *state) Session(_ context.Context, hash []byte) (access.Session, error) {
	return one(pick(s.sessions, func(x access.Session) bool { return bytes.Equal(x.Hash, hash) }, newest))
}

func (s *state) Sessions(_ context.Context, user candor.ID) ([]access.Session, error) {
	return pick(s.sessions, func(x access.Session) bool { return x.User == user }, newest), nil
}

func (s *state) Secret(_ context.Context, hash []byte) (access.Secret, error) {
	return find(s.secrets, string(hash))
}

// due tells whether something ends at or before now.
func due(expires, now time.Time) bool { return !expires.After(now) }
