package lease

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
)

// TestRoll compares the roll with a map, while sessions come and go.
func TestRoll(t *testing.T) {
	r := newRoll()
	groups := []*group{{}, {}, {}}
	type key struct {
		g  *group
		id string
	}
	want := map[key]*session{}
	random := rand.New(rand.NewPCG(rand.Uint64(), 1))
	for range 20_000 {
		k := key{groups[random.IntN(3)], strconv.Itoa(random.IntN(300))}
		if got := r.get(k.g, k.id); got != want[k] {
			t.Fatalf("%v is %v, not %v", k, got, want[k])
		}
		if s := want[k]; s != nil && random.IntN(2) == 0 {
			r.drop(s)
			delete(want, k)
		} else if s == nil {
			want[k] = &session{group: k.g, id: k.id}
			r.put(want[k])
		}
		if r.n != len(want) {
			t.Fatalf("%d sessions, not %d", r.n, len(want))
		}
	}
}

// TestPulse adds moments in random order.
func TestPulse(t *testing.T) {
	const minute = 60_000_000
	random := rand.New(rand.NewPCG(rand.Uint64(), 2))
	var all []int64
	for n := range int64(100) {
		all = append(all, n*minute, n*minute+7)
	}
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	var p pulse
	for _, at := range all {
		p.add(at)
	}
	if p.told() != 99*minute+7 || len(p.minutes) != beats || p.minutes[0] != 100-beats || !slices.IsSorted(p.minutes) {
		t.Errorf("%d, %v", p.told(), p.minutes)
	}
	var burst, seldom pulse
	for n := range int64(100) {
		burst.add(n)
		seldom.add(n * 31 * minute)
	}
	if burst.told() != forever || seldom.told() != forever {
		t.Errorf("silence says something of what told once, %v, or seldom, %v", burst.minutes, seldom.minutes)
	}
}
