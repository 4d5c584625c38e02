// Package respondtest holds what the tests of responses share: a store in
// memory, and the suite that each method must pass.
package respondtest

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"candor"
	"candor/internal/respond"
)

// Store is a respond.Store in memory. It is safe for concurrent use;
// transactions are done one after the other.
type Store struct {
	// Fail, if set, is asked before each call within a transaction, by the
	// name of its method, and before "Commit".
	Fail func(call string) error

	mu sync.Mutex
	s  state
}

// Enqueued is a job that was asked for.
type Enqueued struct {
	Job     candor.Job
	Options candor.JobOptions
}

type state struct {
	responses  map[candor.ID]candor.Response
	cases      map[candor.ID]candor.Case
	assets     map[candor.ID]candor.Asset
	parties    map[candor.ID]candor.Party
	agreements map[candor.ID]candor.Agreement
	events     []candor.Event
	records    []candor.Record
	jobs       []Enqueued
}

func (s state) clone() state {
	return state{
		responses: maps.Clone(s.responses), cases: maps.Clone(s.cases), assets: maps.Clone(s.assets),
		parties: maps.Clone(s.parties), agreements: maps.Clone(s.agreements),
		events: slices.Clone(s.events), records: slices.Clone(s.records), jobs: slices.Clone(s.jobs),
	}
}

// NewStore makes an empty store.
func NewStore() *Store {
	return &Store{s: state{
		responses: map[candor.ID]candor.Response{}, cases: map[candor.ID]candor.Case{},
		assets: map[candor.ID]candor.Asset{}, parties: map[candor.ID]candor.Party{},
		agreements: map[candor.ID]candor.Agreement{},
	}}
}

// Put files cases, assets, parties, agreements and responses, in place of
// what has the same ID.
func (s *Store) Put(nouns ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range nouns {
		switch n := n.(type) {
		case candor.Case:
			s.s.cases[n.ID] = n
		case candor.Asset:
			s.s.assets[n.ID] = n
		case candor.Party:
			s.s.parties[n.ID] = n
		case candor.Agreement:
			s.s.agreements[n.ID] = n
		case candor.Response:
			s.s.responses[n.ID] = n
		default:
			panic(fmt.Sprintf("respondtest: cannot put a %T", n))
		}
	}
}

// Response gives a response as it is stored, the zero one if it is not.
func (s *Store) Response(id candor.ID) candor.Response {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.s.responses[id]
}

// Events gives the timeline lines, oldest first.
func (s *Store) Events() []candor.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.s.events)
}

// Records gives the evidence, oldest first.
func (s *Store) Records() []candor.Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.s.records)
}

// TakeJobs gives the jobs asked for since the last call, oldest first.
func (s *Store) TakeJobs() []Enqueued {
	s.mu.Lock()
	defer s.mu.Unlock()
	jobs := s.s.jobs
	s.s.jobs = nil
	return jobs
}

// Tx implements respond.Store.
func (s *Store) Tx(ctx context.Context, do func(respond.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &tx{s.s.clone(), s.Fail}
	if err := do(t); err != nil {
		return err
	}
	if err := t.may("Commit"); err != nil {
		return err
	}
	s.s = t.state
	return nil
}

// ExpiredResponses implements respond.Store.
func (s *Store) ExpiredResponses(_ context.Context, at time.Time, limit int) ([]candor.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var expired []candor.Response
	for _, id := range slices.Sorted(maps.Keys(s.s.responses)) {
		r := s.s.responses[id]
		waits := slices.Contains([]candor.ResponseState{candor.ResponseProposed, candor.ResponseApproved,
			candor.ResponseApplied, candor.ResponseVerified}, r.State)
		if waits && !r.Expires.IsZero() && !r.Expires.After(at) && len(expired) < limit {
			expired = append(expired, r)
		}
	}
	return expired, nil
}

// StandingResponses implements respond.Store.
func (s *Store) StandingResponses(_ context.Context, method string, after candor.ID, limit int) (all []candor.Response, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(s.s.responses)) {
		r := s.s.responses[id]
		acts := slices.Contains([]candor.ResponseState{candor.ResponseApplied, candor.ResponseVerified, candor.ResponseFailed}, r.State)
		if r.Method == method && id > after && acts && len(all) < limit {
			all = append(all, r)
		}
	}
	return all, nil
}

type tx struct {
	state
	fail func(string) error
}

func (t *tx) may(call string) error {
	if t.fail == nil {
		return nil
	}
	return t.fail(call)
}

func (t *tx) Response(_ context.Context, s candor.Scope, id candor.ID) (candor.Response, error) {
	r, ok := t.responses[id]
	r.Plan, r.Result = bytes.Clone(r.Plan), bytes.Clone(r.Result)
	return r, t.found("Response", ok && s.Sees(r.Party))
}

func (t *tx) Waiting(_ context.Context, of candor.ID, method string) (all []candor.Response, err error) {
	if err := t.may("Waiting"); err != nil {
		return nil, err
	}
	for _, r := range t.responses {
		if r.Case == of && r.Method == method && (r.State == candor.ResponseProposed || r.State == candor.ResponseApproved) {
			all = append(all, r)
		}
	}
	return all, nil
}

func (t *tx) Approved(_ context.Context, party candor.ID, method string, most int) (all []candor.Response, err error) {
	for _, r := range t.responses {
		if r.Party == party && r.Method == method && r.State == candor.ResponseApproved && len(r.Result) == 0 {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b candor.Response) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return all[:min(most, len(all))], t.may("Approved")
}

func (t *tx) LastCarried(_ context.Context, party candor.ID, method string) (last time.Time, err error) {
	for _, r := range t.responses {
		at := r.Applied
		if at.IsZero() && r.State == candor.ResponseApproved && len(r.Result) > 0 {
			at = r.Updated
		}
		if r.Party == party && r.Method == method && at.After(last) {
			last = at
		}
	}
	return last, t.may("LastCarried")
}

func (t *tx) AddResponse(_ context.Context, r candor.Response) error {
	if err := t.may("AddResponse"); err != nil {
		return err
	}
	if _, ok := t.responses[r.ID]; ok {
		return fmt.Errorf("there is a response %s: %w", r.ID, candor.ErrInvalid)
	}
	t.responses[r.ID] = r
	return nil
}

func (t *tx) CountResponses(_ context.Context, id candor.ID, method string) (n int, err error) {
	for _, r := range t.responses {
		if r.Case == id && r.Method == method {
			n++
		}
	}
	return n, t.may("CountResponses")
}

func (t *tx) CountLapsed(_ context.Context, id candor.ID) (n int, err error) {
	for _, r := range t.responses {
		if r.Case == id && !r.Lapsed.IsZero() {
			n++
		}
	}
	return n, t.may("CountLapsed")
}

// Turn has nothing to wait for.
func (t *tx) Turn(context.Context, string, candor.ID) error { return t.may("Turn") }

func (t *tx) ChangeResponse(_ context.Context, r candor.Response, from candor.ResponseState) error {
	if err := t.may("ChangeResponse"); err != nil {
		return err
	}
	if t.responses[r.ID].State != from {
		return fmt.Errorf("response %s is %q, not %q: %w", r.ID, t.responses[r.ID].State, from, candor.ErrChanged)
	}
	t.responses[r.ID] = r
	return nil
}

func (t *tx) Case(_ context.Context, s candor.Scope, id candor.ID) (candor.Case, error) {
	c, ok := t.cases[id]
	return c, t.found("Case", ok && s.Sees(c.Party))
}

func (t *tx) Asset(_ context.Context, s candor.Scope, id candor.ID) (candor.Asset, error) {
	a, ok := t.assets[id]
	return a, t.found("Asset", ok && s.Sees(a.Owner))
}

func (t *tx) Party(_ context.Context, s candor.Scope, id candor.ID) (candor.Party, error) {
	p, ok := t.parties[id]
	return p, t.found("Party", ok && s.Sees(id))
}

// Basis gives the party's latest agreement that will do.
func (t *tx) Basis(_ context.Context, party, event candor.ID, method string, at time.Time) (b candor.Basis, err error) {
	if err := t.may("Basis"); err != nil {
		return b, err
	}
	for _, a := range t.agreements {
		if a.Party == party && (event == "" || a.ID == event) && a.InForce(at) && slices.Contains(a.Allows, method) && !a.Accepted.Before(b.Accepted) {
			b = candor.Basis{Kind: candor.ByAgreement, Agreement: a.ID, Terms: a.Terms, Version: a.Version, Accepted: a.Accepted}
		}
	}
	if b.Kind == "" {
		err = candor.WithHint(fmt.Errorf("no agreement allows %s: %w", method, candor.ErrDenied), "Record one.")
	}
	return b, err
}

func (t *tx) AddEvent(_ context.Context, e candor.Event) error {
	t.events = append(t.events, e)
	return t.may("AddEvent")
}

func (t *tx) AddRecord(_ context.Context, r candor.Record) error {
	t.records = append(t.records, r)
	return t.may("AddRecord")
}

func (t *tx) Enqueue(_ context.Context, j candor.Job, o candor.JobOptions) error {
	t.jobs = append(t.jobs, Enqueued{j, o})
	return t.may("Enqueue")
}

func (t *tx) found(call string, ok bool) error {
	if err := t.may(call); err != nil {
		return err
	}
	if !ok {
		return candor.ErrNotFound
	}
	return nil
}
