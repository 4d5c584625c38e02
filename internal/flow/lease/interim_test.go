package lease

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"
)

// TestInterim learns how often sessions say that they go on, though words are lost
// and come early; not where sessions have times of their own.
func TestInterim(t *testing.T) {
	const minute = int64(60_000_000)
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	for range 1000 {
		every := minute * (2 + r.Int64N(700))
		var i interim
		for n := range 16 + r.IntN(200) {
			gap := every - r.Int64N(every/10)
			if n%5 == 4 {
				gap *= 2 // one was lost
			}
			if i.add(r.Int64N(minute)); n < gapsNeeded && i.usual() != 0 {
				t.Fatalf("seed %d: %d gaps are enough", seed, n)
			}
			i.add(gap)
		}
		if got := i.usual(); got > every || got < every-every/10 {
			t.Fatalf("seed %d: every %d is learned as %d of %v", seed, every, got, i.gaps)
		}
		if i.add(0); len(i.gaps) > gapsKept {
			t.Fatalf("%d gaps are kept", len(i.gaps))
		}
	}
	var mixed interim
	for n := range int64(100) {
		mixed.add([]int64{10 * minute, 60 * minute, 25 * minute}[n%3])
	}
	if got := mixed.usual(); got != 0 {
		t.Errorf("sessions have times of their own: %d", got)
	}
}

// TestEvery tells how often a session says that it goes on; nothing of a source that
// is cut off, or makes no promise to say it.
func TestEvery(t *testing.T) {
	now := second(0)
	table := openTable(t, t.TempDir(), Options{Lines: someLines(9), Now: func() time.Time { return now }})
	say := func(kind Kind, group string, session, line int, silent bool) {
		e := Event{Kind: kind, Source: "s", Group: group, Session: fmt.Sprint(session), Keys: []Key{{KeyUser, fmt.Sprint("line", line)}}, At: now, Until: now.Add(time.Hour), Silent: silent,
			Prefixes: []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(line)}), 32)}}
		if err := table.Apply(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	every := func(line int) time.Duration {
		t.Helper()
		got := table.Tenures(netip.AddrFrom4([4]byte{192, 0, 2, byte(line)}), 0, now, now, 5)
		if len(got.List) != 1 || int(got.List[0].Line) != line {
			t.Fatalf("line %d: %+v", line, got)
		}
		return got.List[0].Every
	}
	for n := range 20 {
		kind := Renew
		if n == 0 {
			kind = Begin
		}
		for line := 1; line < 4; line++ {
			now = now.Add(time.Second)
			say(kind, "nas", line, line, true)
		}
		say(kind, "other", 4, 4, true)
		say(kind, "dhcp", 5, 5, false)
		now = now.Add(10*time.Minute - 3*time.Second)
	}
	for line, want := range map[int]time.Duration{1: 10 * time.Minute, 4: 10 * time.Minute, 5: 0} {
		if got := every(line); got != want {
			t.Errorf("line %d: %s, not %s", line, got, want)
		}
	}
	for range 4 {
		now = now.Add(10 * time.Minute)
		say(Renew, "nas", 1, 1, true)
	}
	for line, want := range map[int]time.Duration{2: 10 * time.Minute, 4: 0} {
		if got := every(line); got != want {
			t.Errorf("line %d, %s later: %s, not %s", line, 40*time.Minute, got, want)
		}
	}
}
