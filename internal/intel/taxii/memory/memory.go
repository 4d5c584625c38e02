// Package memory is a store of TAXII in memory: what it holds is gone with the
// program.
package memory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"candor"
	"candor/internal/intel/taxii"
)

// Grant gives the collections of a root that a principal may know of, with what it
// may do there; candor.ErrNotFound for a root that it may not. It is safe for
// concurrent use.
type Grant func(principal, root string) ([]taxii.Collection, error)

// Bounds. What passes MostEntries is candor.ErrUnavailable; of statuses the oldest
// are forgotten, and those of before StatusKept.
const (
	MostEntries  = 1_000_000 // of all collections
	StatusKept   = 24 * time.Hour
	mostStatuses = 10_000
)

// Store is a taxii.Store.
type Store struct {
	grant Grant
	now   func() time.Time

	mu       sync.RWMutex
	entries  map[[2]string][]taxii.Entry // by root and collection, in the order of Added
	count    int
	last     time.Time
	statuses map[string]status
	order    []string // of statuses
}

type status struct {
	principal, root string
	taxii.Status
}

// New makes a store that holds nothing.
func New(grant Grant, now func() time.Time) *Store {
	return &Store{grant: grant, now: now, entries: map[[2]string][]taxii.Entry{}, statuses: map[string]status{}}
}

// Collections is of taxii.Store.
func (s *Store) Collections(_ context.Context, principal, root string) ([]taxii.Collection, error) {
	list, err := s.grant(principal, root)
	slices.SortFunc(list, func(a, b taxii.Collection) int {
		return cmp.Or(cmp.Compare(a.Title, b.Title), cmp.Compare(a.ID, b.ID))
	})
	return list, err
}

// Objects is of taxii.Store.
func (s *Store) Objects(_ context.Context, root, collection string, f taxii.Filter, after string) (taxii.Page, error) {
	var from time.Time
	if after != "" {
		n, err := strconv.ParseInt(after, 10, 64)
		if err != nil {
			return taxii.Page{}, fmt.Errorf("no place in a collection: %w", candor.ErrInvalid)
		}
		from = time.UnixMicro(n)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	found := slices.DeleteFunc(f.Select(s.entries[[2]string{root, collection}]), func(e taxii.Entry) bool {
		return after != "" && !e.Added.After(from)
	})
	if len(found) <= f.Limit {
		return taxii.Page{Entries: found}, nil
	}
	found = found[:f.Limit]
	return taxii.Page{Entries: found, Next: strconv.FormatInt(found[f.Limit-1].Added.UnixMicro(), 10)}, nil
}

// Add is of taxii.Store.
func (s *Store) Add(_ context.Context, principal, root, collection string, objects []taxii.Object, failures []taxii.Detail) (taxii.Status, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.count+len(objects) > MostEntries {
		return taxii.Status{}, fmt.Errorf("more than %d objects: %w", MostEntries, candor.ErrUnavailable)
	}
	now := s.now()
	st := taxii.Status{ID: string(candor.NewID(now)), Status: "complete", Requested: now.UTC(), Failures: failures}
	at := [2]string{root, collection}
	known := map[[3]string]bool{}
	for _, e := range s.entries[at] {
		known[key(e.Object)] = true
	}
	for _, o := range objects {
		if !known[key(o)] {
			known[key(o)] = true
			s.entries[at] = append(s.entries[at], taxii.Entry{Object: o, Added: s.tick()})
			s.count++
		}
		d := taxii.Detail{ID: o.ID}
		if !o.Version.IsZero() {
			d.Version = o.Version.Format(time.RFC3339Nano)
		}
		st.Successes = append(st.Successes, d)
	}
	st.SuccessCount, st.FailureCount = len(st.Successes), len(failures)
	st.Total = st.SuccessCount + st.FailureCount
	s.remember(st, principal, root)
	return st, nil
}

func key(o taxii.Object) [3]string {
	return [3]string{o.ID, o.SpecVersion, o.Version.UTC().Format(time.RFC3339Nano)}
}

// tick gives a time that no entry has: that of the clock, or a microsecond after
// the last.
func (s *Store) tick() time.Time {
	t := s.now().UTC().Truncate(time.Microsecond)
	if !t.After(s.last) {
		t = s.last.Add(time.Microsecond)
	}
	s.last = t
	return t
}

func (s *Store) remember(st taxii.Status, principal, root string) {
	s.statuses[st.ID] = status{principal, root, st}
	s.order = append(s.order, st.ID)
	for len(s.order) > mostStatuses || s.statuses[s.order[0]].Requested.Before(st.Requested.Add(-StatusKept)) {
		delete(s.statuses, s.order[0])
		s.order = s.order[1:]
	}
}

// Delete is of taxii.Store.
func (s *Store) Delete(_ context.Context, root, collection string, f taxii.Filter) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := [2]string{root, collection}
	gone := map[time.Time]bool{}
	for _, e := range f.Select(s.entries[at]) {
		gone[e.Added] = true
	}
	if len(gone) == 0 {
		return fmt.Errorf("no object of this name: %w", candor.ErrNotFound)
	}
	s.entries[at] = slices.DeleteFunc(s.entries[at], func(e taxii.Entry) bool { return gone[e.Added] })
	s.count -= len(gone)
	return nil
}

// Status is of taxii.Store.
func (s *Store) Status(_ context.Context, principal, root, id string) (taxii.Status, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	st, ok := s.statuses[id]
	if !ok || st.principal != principal || st.root != root {
		return taxii.Status{}, fmt.Errorf("no status of this name: %w", candor.ErrNotFound)
	}
	return st.Status, nil
}
