// Package isolatetest holds what the tests of isolation share: a store, what
// lines hold, and an enforcement point, in memory.
package isolatetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"

	"candor"
	"candor/internal/respond/isolate"
)

// Store is an isolate.Store in memory. It is safe for concurrent use.
type Store struct {
	mu     sync.Mutex
	assets map[candor.ID]candor.Asset
	rows   map[candor.ID]candor.Isolation
	events []candor.Event
	// Lines is how many lines there are besides those that were put.
	Lines int
}

// NewStore makes an empty store.
func NewStore() *Store {
	return &Store{assets: map[candor.ID]candor.Asset{}, rows: map[candor.ID]candor.Isolation{}}
}

// Put files an asset.
func (s *Store) Put(a candor.Asset) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.assets[a.ID] = a
}

// Events gives the timeline lines, oldest first.
func (s *Store) Events() []candor.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.events)
}

// Rows gives all isolations, ended or not.
func (s *Store) Rows() []candor.Isolation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.rows))
}

// Tx implements isolate.Store.
func (s *Store) Tx(ctx context.Context, do func(isolate.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	rows, events := maps.Clone(s.rows), s.events
	err := do(tx{s})
	if err != nil {
		s.rows, s.events = rows, events
	}
	return err
}

// Asset implements isolate.Store.
func (s *Store) Asset(ctx context.Context, scope candor.Scope, id candor.ID) (candor.Asset, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return tx{s}.Asset(ctx, scope, id)
}

// Isolations implements isolate.Store.
func (s *Store) Isolations(ctx context.Context, asset candor.ID) ([]candor.Isolation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return tx{s}.Isolations(ctx, asset)
}

type tx struct{ s *Store }

func (t tx) Turn(context.Context, string, candor.ID) error { return nil }

func (t tx) Asset(_ context.Context, _ candor.Scope, id candor.ID) (candor.Asset, error) {
	a, ok := t.s.assets[id]
	if !ok {
		return a, fmt.Errorf("asset %s: %w", id, candor.ErrNotFound)
	}
	return a, nil
}

func (t tx) Isolation(_ context.Context, response candor.ID) (candor.Isolation, error) {
	r, ok := t.s.rows[response]
	if !ok {
		return r, candor.ErrNotFound
	}
	return r, nil
}

func (t tx) Isolations(_ context.Context, asset candor.ID) (all []candor.Isolation, err error) {
	for _, id := range slices.Sorted(maps.Keys(t.s.rows)) {
		if r := t.s.rows[id]; r.Ended.IsZero() && (asset == "" || r.Asset == asset) {
			all = append(all, r)
		}
	}
	return all, nil
}

func (t tx) SetIsolation(_ context.Context, i candor.Isolation) error {
	t.s.rows[i.Response] = i
	return nil
}

func (t tx) CountIsolations(_ context.Context, after time.Time) (begun, going int, err error) {
	late, on := map[candor.ID]bool{}, map[candor.ID]bool{}
	for _, r := range t.s.rows {
		if r.Begun.After(after) {
			late[r.Asset] = true
		}
		if r.Ended.IsZero() {
			on[r.Asset] = true
		}
	}
	return len(late), len(on), nil
}

func (t tx) CountLines(context.Context) (int, error) { return len(t.s.assets) + t.s.Lines, nil }

func (t tx) AddEvent(_ context.Context, e candor.Event) error {
	t.s.events = append(t.s.events, e)
	return nil
}

// Sessions is an isolate.Sessions in memory. It is safe for concurrent use.
type Sessions struct {
	mu   sync.Mutex
	held map[string]isolate.Session
	down bool
}

// Put says what a line holds; the zero Session says that it holds nothing.
func (s *Sessions) Put(line string, held isolate.Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held == nil {
		s.held = map[string]isolate.Session{}
	}
	held.Line = line
	if delete(s.held, line); len(held.Addresses) > 0 {
		s.held[line] = held
	}
}

// Fail has it know nothing any more, or again.
func (s *Sessions) Fail(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// Session implements isolate.Sessions.
func (s *Sessions) Session(_ context.Context, line candor.Asset) (isolate.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return isolate.Session{}, candor.ErrUnavailable
	}
	held, ok := s.held[line.Reference]
	if !ok {
		return held, candor.ErrNotFound
	}
	held.Addresses = slices.Clone(held.Addresses)
	return held, nil
}

// Holders implements isolate.Sessions.
func (s *Sessions) Holders(_ context.Context, network netip.Prefix) (all []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range slices.Sorted(maps.Keys(s.held)) {
		if slices.ContainsFunc(s.held[line].Addresses, network.Overlaps) {
			all = append(all, line)
		}
	}
	return all, nil
}

// Enforcer is an isolate.Enforcer in memory. It is safe for concurrent use.
type Enforcer struct {
	Can    []isolate.Level                          // what it can do
	Silent bool                                     // it cannot be asked what it keeps
	Fail   func(call string) error                  // if set, asked before each call
	Before func(s isolate.Session, l isolate.Level) // if set, called before each Set

	mu   sync.Mutex
	kept map[netip.Prefix]isolate.Level
}

// Levels implements isolate.Enforcer.
func (e *Enforcer) Levels() []isolate.Level { return e.Can }

func (e *Enforcer) may(call string) error {
	if e.Fail == nil {
		return nil
	}
	return e.Fail(call)
}

// Set implements isolate.Enforcer.
func (e *Enforcer) Set(_ context.Context, s isolate.Session, l isolate.Level) error {
	if e.Before != nil {
		e.Before(s, l)
	}
	if err := e.may("Set"); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.kept == nil {
		e.kept = map[netip.Prefix]isolate.Level{}
	}
	for _, a := range s.Addresses {
		e.kept[a] = l
	}
	return nil
}

// Clear implements isolate.Enforcer.
func (e *Enforcer) Clear(_ context.Context, s isolate.Session) error {
	if err := e.may("Clear"); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, a := range s.Addresses {
		delete(e.kept, a)
	}
	return nil
}

// List implements isolate.Enforcer.
func (e *Enforcer) List(context.Context) (all []isolate.Held, err error) {
	if err := e.may("List"); err != nil {
		return nil, err
	}
	if e.Silent {
		return nil, errors.ErrUnsupported
	}
	for network, l := range e.Kept() {
		all = append(all, isolate.Held{Network: network, Level: l})
	}
	return all, nil
}

// Kept gives what it keeps.
func (e *Enforcer) Kept() map[netip.Prefix]isolate.Level {
	e.mu.Lock()
	defer e.mu.Unlock()
	return maps.Clone(e.kept)
}

// Flush forgets all, as somebody may behind our back.
func (e *Enforcer) Flush() {
	e.mu.Lock()
	defer e.mu.Unlock()
	clear(e.kept)
}
