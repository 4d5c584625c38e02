package match

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestEachFolded holds the search for a literal of any case against the plain
// one: it may tell of more places, as folding is coarser than case.
func TestEachFolded(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	text := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = "abAB"[r.IntN(4)]
		}
		return b
	}
	found := 0
	for range 20_000 {
		data, lit := text(r.IntN(40)), text(1+r.IntN(7))
		from, stop := r.IntN(len(data)+1), 1+r.IntN(3)
		var want []int
		for i := from; i+len(lit) <= len(data); i++ {
			if bytes.EqualFold(data[i:i+len(lit)], lit) && len(want) < stop {
				want = append(want, i)
			}
		}
		var got []int
		eachFolded(data, lit, from, func(at int) bool {
			if bytes.EqualFold(data[at:at+len(lit)], lit) {
				got = append(got, at)
			}
			return len(got) < stop
		})
		if !slices.Equal(got, want) {
			t.Fatalf("%q in %q from %d: at %v, want %v", lit, data, from, got, want)
		}
		found += len(want)
	}
	if found < 1000 {
		t.Errorf("only %d places were to be found", found)
	}
}
