package attribute_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"candor"
	"candor/internal/flow"
	"candor/internal/flow/lease"
	"candor/internal/intake"
	"candor/internal/intake/attribute"
)

// accounting is an access server with sessions that say every so often that they go
// on; one that is looked at may end, and be another's then, of which all words are lost.
type accounting struct {
	table *lease.Table
	now   time.Time
	every time.Duration
	lost  int // one in so many words
	r     *rand.Rand
	ended time.Time // of the first session, without a word; zero if it goes on
	last  time.Time // when it was heard of last
}

func newAccounting(t *testing.T, r *rand.Rand, every time.Duration, lost int) *accounting {
	t.Helper()
	x := &accounting{now: noon, every: every, lost: lost, r: r}
	var err error
	if x.table, err = lease.Open(lease.Options{Dir: t.TempDir(), Lines: numbered{}, Now: func() time.Time { return x.now }, Keep: 48 * time.Hour}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.table.Close() })
	return x
}

const sessions = 12

// until lets the time go on: each session has its own minute of the interval.
func (x *accounting) until(t *testing.T, at time.Time) {
	t.Helper()
	for ; !x.now.After(at); x.now = x.now.Add(time.Minute) {
		for n := range sessions {
			since := x.now.Sub(noon) - time.Duration(n)*x.every/sessions
			if since < 0 || since.Truncate(time.Minute)%x.every.Truncate(time.Minute) != 0 {
				continue
			}
			begins := since < time.Minute
			if n == 0 && !x.ended.IsZero() && x.now.After(x.ended) || !begins && x.lost > 0 && x.r.IntN(x.lost) == 0 {
				continue
			}
			e := lease.Event{Kind: lease.Renew, Source: "radius", Group: "nas", Session: fmt.Sprint(n), Keys: []lease.Key{{Kind: lease.KeyUser, Text: fmt.Sprint(n%2 + 1)}}, At: x.now, Until: x.now.Add(3 * x.every), Silent: true,
				Prefixes: []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(n + 1)}), 32)}}
			if begins {
				e.Kind = lease.Begin
			}
			if n == 0 {
				x.last = x.now
			}
			if err := x.table.Apply(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
	}
	x.now = at
}

// TestAgain asks about fresh reports again and again, as it is told to. A line is named
// only once its session was heard of after what happened: never one that ended
// without a word. If nothing is lost that is as soon as it says so; and nobody waits
// for what cannot help.
func TestAgain(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	const margin, settle, patience = 2 * time.Minute, 2 * time.Minute, 75 * time.Minute
	named, left := 0, 0
	for range 60 {
		every := []time.Duration{5, 10, 15, 30, 60, 120, 360}[r.IntN(7)] * time.Minute
		x := newAccounting(t, r, every, []int{0, 0, 10}[r.IntN(3)])
		m := &memory{assets: map[candor.ID]candor.Asset{"line01": {ID: "line01", Kind: candor.Line, Owner: "eve"}, "line02": {ID: "line02", Kind: candor.Line, Owner: "finn"}}}
		a := attribute.New(m, attribute.Table{Table: x.table, Lines: func(l flow.Line) (candor.ID, bool) { return assetOf(l), l <= 2 }}, nil, nil,
			attribute.Options{Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, Now: func() time.Time { return x.now }})
		x.until(t, noon.Add(6*every+time.Duration(r.Int64N(int64(every)))))
		seen := x.now // when it happened; it is reported at once
		if r.IntN(3) == 0 {
			x.ended = seen.Add(-time.Duration(r.Int64N(int64(every))))
		}
		asked := 0
		for {
			got, err := a.Attribute(t.Context(), intake.Resource{Kind: intake.Address, Value: "192.0.2.1"}, &intake.When{Time: seen}, nil, seen)
			if err != nil {
				t.Fatal(err)
			}
			waited := x.now.Sub(seen)
			if asked++; asked > 5 || waited > patience {
				t.Fatalf("every %s, seed %d: asked %d times in %s", every, seed, asked, waited)
			}
			if got.Verdict == attribute.Ours {
				if named++; got.Asset != "line01" || x.last.Before(seen.Add(margin)) {
					t.Fatalf("every %s, seed %d: %+v, last heard of %s after", every, seed, got, x.last.Sub(seen))
				}
				if x.lost == 0 && x.now.Sub(x.last) > settle+2*time.Minute {
					t.Errorf("every %s, seed %d: it waits for %s after its session was heard of", every, seed, x.now.Sub(x.last))
				}
				break
			}
			if got.Again.IsZero() {
				if left++; x.lost == 0 && x.ended.IsZero() && every <= time.Hour {
					t.Errorf("every %s, seed %d: given up after %s: %s", every, seed, waited, got.Why)
				}
				if waited > 2*(every+time.Minute)+margin+settle+time.Minute {
					t.Errorf("every %s, seed %d: given up only after %s", every, seed, waited)
				}
				break
			}
			if !got.Again.After(x.now) {
				t.Fatalf("ask again at %s, which is over", got.Again)
			}
			x.until(t, got.Again)
		}
	}
	if named < 10 || left < 10 {
		t.Errorf("%d are named, %d left: it shows little", named, left)
	}
}
