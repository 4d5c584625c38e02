package known

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestDigester holds that it is SumOf, of copies and of what differs in one bit.
func TestDigester(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	d := NewDigester()
	var all [][]byte
	for range 300 {
		b := make([]byte, r.IntN(20_000))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		all = append(all, b, slices.Clone(b))
		if len(b) > 0 {
			other := slices.Clone(b)
			other[r.IntN(len(b))] ^= 1 << r.IntN(8)
			all = append(all, other, append(slices.Clone(b), 0), b[:len(b)-1])
		}
	}
	for _, b := range all {
		if d.Sum(b) != SumOf(b) {
			t.Fatalf("another digest of %d bytes", len(b))
		}
	}
}

func BenchmarkDigest(b *testing.B) {
	data := make([]byte, 20_000)
	d := NewDigester()
	for name, sum := range map[string]func([]byte) Sum{"first": SumOf, "copy": d.Sum} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				sum(data)
			}
		})
	}
}
