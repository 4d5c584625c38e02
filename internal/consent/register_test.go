package consent

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"candor"
)

// shelf is a Store in memory.
type shelf struct {
	lock     sync.Mutex
	versions map[candor.ID]*Version
	events   []Event
	read     int
	fails    error
}

func (s *shelf) History(_ context.Context, party candor.ID) (all []Event, _ map[candor.ID]*Version, _ error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.read++
	for _, e := range s.events {
		if e.Party == party {
			all = append(all, e)
		}
	}
	return all, s.versions, s.fails
}

func (s *shelf) Changes(_ context.Context, since int64) (Changes, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	c := Changes{Mark: int64(len(s.events))}
	for _, e := range s.events[since:] {
		c.Parties = append(c.Parties, e.Party)
	}
	return c, s.fails
}

func (s *shelf) add(e Event) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.events = append(s.events, e)
}

// TestRegister holds that answers are what the store says as of the last
// Refresh, or newer, whatever is asked and recorded in between.
func TestRegister(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	s := &shelf{versions: library(r)}
	now := start
	g := NewRegister(s, func() time.Time { return now })
	g.most = 3
	parties := []candor.ID{"a", "b", "c", "d", "e"}
	since := 0 // events at the last refresh
	for range 3_000 {
		now = now.Add(time.Duration(r.IntN(200)) * time.Millisecond)
		switch r.IntN(6) {
		case 0:
			e := past(r, s.versions)
			if len(e) > 0 {
				e[0].Party, e[0].ID, e[0].At = parties[r.IntN(len(parties))], candor.ID(fmt.Sprint(len(s.events))), now
				s.add(e[0])
			}
		case 1:
			if err := g.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
			since = len(s.events)
		default:
			party, action := parties[r.IntN(len(parties))], []string{"isolate", "suspend"}[r.IntN(2)]
			at := now.Add(time.Duration(r.IntN(4_000)-2_000) * time.Second)
			got, err := g.Basis(t.Context(), party, action, at)
			if !slices.ContainsFunc(prefixes(s.events, since), func(h []Event) bool {
				h = slices.DeleteFunc(slices.Clone(h), func(e Event) bool { return e.Party != party })
				want, wantErr := NewAccount(h, s.versions).Basis(action, at)
				return got == want && fmt.Sprint(err) == fmt.Sprint(wantErr)
			}) {
				t.Fatalf("%s of %s: %+v, %v is the answer of no moment since the last refresh", action, party, got, err)
			}
		}
	}
	if s.read > 2_250 {
		t.Errorf("the store was read %d times", s.read)
	}
}

// prefixes are the histories since there were n events.
func prefixes(all []Event, n int) (out [][]Event) {
	for ; n <= len(all); n++ {
		out = append(out, all[:n])
	}
	return out
}

// TestRegisterStale holds that nothing old is told while changes cannot be seen.
func TestRegisterStale(t *testing.T) {
	v := &Version{ID: "v", Document: "d", Effective: start, Clauses: []Clause{{ID: "c", Allows: []string{"isolate"}}}}
	s := &shelf{versions: map[candor.ID]*Version{"v": v}, events: []Event{{ID: "1", Party: "p", Version: "v", Act: Agreed, At: start}}}
	now := start
	g := NewRegister(s, func() time.Time { return now })
	ask := func() error { _, err := g.Basis(t.Context(), "p", "isolate", now); return err }
	if err := errors.Join(g.Refresh(t.Context()), ask(), ask()); err != nil || s.read != 1 {
		t.Fatalf("%v, read %d times", err, s.read)
	}
	now = now.Add(2 * time.Second)
	s.add(Event{ID: "2", Party: "p", Version: "v", Act: Withdrawn, At: now})
	if err := ask(); !errors.Is(err, candor.ErrDenied) {
		t.Errorf("%v two seconds after the last refresh", err)
	}
	s.fails = candor.ErrUnavailable
	if err := ask(); !errors.Is(err, candor.ErrUnavailable) {
		t.Errorf("%v from a store that fails", err)
	}
}

func BenchmarkBasis(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 6))
	s := &shelf{versions: library(r)}
	for p := range 1000 {
		for _, e := range past(r, s.versions) {
			e.Party = candor.ID(fmt.Sprint(p))
			s.events = append(s.events, e)
		}
	}
	now := start.Add(100 * time.Hour)
	g := NewRegister(s, func() time.Time { return now })
	if err := g.Refresh(b.Context()); err != nil {
		b.Fatal(err)
	}
	i := 0
	for b.Loop() {
		_, err := g.Basis(b.Context(), candor.ID(fmt.Sprint(i%1000)), "isolate", now)
		if err != nil && !errors.Is(err, candor.ErrDenied) {
			b.Fatal(err)
		}
		i++
	}
}
