package consent

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"candor"
)

var start = time.Date(2026, 5, 3, 12, 0, 0, 0, time.UTC)

// library are random versions of a few documents.
func library(r *rand.Rand) map[candor.ID]*Version {
	all := map[candor.ID]*Version{}
	for _, document := range []string{"hosting", "subscriber"} {
		for n := range 3 {
			v := &Version{ID: candor.ID(fmt.Sprint(document, n)), Document: document, Label: fmt.Sprint(n), Effective: start.Add(time.Duration(r.IntN(40)) * time.Hour)}
			if r.IntN(3) == 0 {
				v.Ended = v.Effective.Add(time.Duration(r.IntN(60)) * time.Hour)
			}
			for c := range 1 + r.IntN(4) {
				v.Clauses = append(v.Clauses, Clause{ID: fmt.Sprint("c", c), Optional: r.IntN(2) == 0, Allows: pick(r, "quarantine", "isolate", "suspend")})
			}
			all[v.ID] = v
		}
	}
	return all
}

func pick(r *rand.Rand, of ...string) (some []string) {
	for _, x := range of {
		if r.IntN(2) == 0 {
			some = append(some, x)
		}
	}
	return some
}

// past is a random history. Its times do not go back, but stand still at times.
func past(r *rand.Rand, versions map[candor.ID]*Version) (all []Event) {
	ids := slices.Sorted(func(yield func(candor.ID) bool) {
		for id := range versions {
			if !yield(id) {
				return
			}
		}
	})
	at := start
	for n := range r.IntN(12) {
		at = at.Add(time.Duration(r.IntN(3)*r.IntN(12)) * time.Hour)
		id := ids[r.IntN(len(ids))]
		if r.IntN(20) == 0 {
			id = "forgotten"
		}
		all = append(all, Event{ID: candor.ID(fmt.Sprint("e", n)), Party: "p", Version: id, At: at,
			Act: []Act{Agreed, Agreed, Refused, Withdrawn}[r.IntN(4)], Clauses: pick(r, "c0", "c1", "c2", "c3", "c9")})
	}
	return all
}

// allowed says by what is written in the history whether an action is allowed at
// a moment, and by which events: whatever was agreed to, is in force, and that
// nothing later has ended by then.
func allowed(history []Event, versions map[candor.ID]*Version, action string, at time.Time) (by []candor.ID) {
	begins := func(e Event) time.Time { return later(e.At, versions[e.Version].Effective) }
	for i, e := range history {
		v := versions[e.Version]
		if v == nil || e.Act != Agreed || at.Before(begins(e)) || !v.Ended.IsZero() && !at.Before(v.Ended) {
			continue
		}
		for _, c := range v.Clauses {
			if !slices.Contains(c.Allows, action) || c.Optional && !slices.Contains(e.Clauses, c.ID) {
				continue
			}
			over := slices.ContainsFunc(history[i+1:], func(x Event) bool {
				o := versions[x.Version]
				if o == nil || o.Document != v.Document {
					return false
				}
				if x.Act == Agreed {
					return !at.Before(begins(x))
				}
				return x.Act == Withdrawn && !at.Before(x.At) && (o.Whole(x.Clauses) || slices.Contains(x.Clauses, c.ID))
			})
			if !over {
				by = append(by, e.ID)
			}
		}
	}
	return by
}

// TestBasisIsWhatTheHistorySays holds the basis at every moment of random
// histories against what is written there.
func TestBasisIsWhatTheHistorySays(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	yes, no := 0, 0
	for range 3000 {
		versions := library(r)
		history := past(r, versions)
		account := NewAccount(history, versions)
		for range 40 {
			at := start.Add(time.Duration(r.IntN(160)-5) * 30 * time.Minute)
			for _, action := range []string{"quarantine", "isolate", "suspend", "unheard of"} {
				want := allowed(history, versions, action, at)
				got, err := account.Basis(action, at)
				switch {
				case len(want) == 0:
					no++
					if !errors.Is(err, candor.ErrDenied) || candor.Hint(err) == "" {
						t.Fatalf("%s at %s: %+v, %v; nothing allows it in %+v", action, at, got, err, history)
					}
				case err != nil || !slices.Contains(want, got.Agreement):
					t.Fatalf("%s at %s: %+v, %v; %v allow it in %+v", action, at, got, err, want, history)
				default:
					yes++
				}
			}
		}
	}
	if yes < 1000 || no < 1000 {
		t.Errorf("%d allowed, %d denied", yes, no)
	}
}

func TestWhyNot(t *testing.T) {
	hour := func(n int) time.Time { return start.Add(time.Duration(n) * time.Hour) }
	v := &Version{ID: "v", Document: "hosting-terms", Label: "2", Effective: start, Clauses: []Clause{
		{ID: "measures", Allows: []string{"quarantine"}}, {ID: "isolation", Optional: true, Allows: []string{"isolate"}}}}
	old := &Version{ID: "o", Document: "old-terms", Label: "1", Effective: start, Ended: hour(5), Clauses: []Clause{{ID: "all", Allows: []string{"suspend"}}}}
	versions := map[candor.ID]*Version{"v": v, "o": old}
	a := NewAccount([]Event{
		{ID: "1", Version: "o", Act: Agreed, At: start},
		{ID: "2", Version: "v", Act: Agreed, At: hour(1), Clauses: []string{"isolation"}},
		{ID: "3", Version: "v", Act: Withdrawn, At: hour(2), Clauses: []string{"isolation"}},
	}, versions)
	for _, x := range []struct {
		action string
		at     time.Time
		want   string // "" for a basis
	}{
		{"isolate", hour(1), ""},
		{"quarantine", hour(9), ""},
		{"isolate", hour(2), "the party has no longer agreed to hosting-terms 2 since 2026-05-03T14:00:00Z, clause isolation: not permitted"},
		{"isolate", start, "hosting-terms 2 holds only from 2026-05-03T13:00:00Z on, clause isolation: not permitted"},
		{"suspend", hour(6), "old-terms 1 ended on 2026-05-03T17:00:00Z, clause all: not permitted"},
		{"notify", hour(6), "the party has agreed to nothing that allows notify: not permitted"},
	} {
		_, err := a.Basis(x.action, x.at)
		if got := fmt.Sprint(err); err != nil && got != x.want || err == nil && x.want != "" {
			t.Errorf("%s at %s: %v, want %q", x.action, x.at, err, x.want)
		}
	}
	b, _ := a.Basis("isolate", hour(1))
	if want := (candor.Basis{Kind: candor.ByConsent, Agreement: "2", Terms: "hosting-terms", Version: "2", Clause: "isolation", Accepted: hour(1)}); b != want {
		t.Errorf("%+v, want %+v", b, want)
	}
	chosen := NewAccount([]Event{{ID: "1", Version: "v", Act: Agreed, At: start}}, versions)
	if _, err := chosen.Basis("isolate", hour(1)); candor.Hint(err) != "Clause isolation of hosting-terms 2 would allow it; the party did not choose it." {
		t.Errorf("%v: %s", err, candor.Hint(err))
	}
}
