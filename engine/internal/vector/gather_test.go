package vector

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
)

const testFactor, testFold = 0x9E3779B97F4A7C15 << 16 & (1<<64 - 1), 0x2020202020202020

// checkFours holds Fours to its promise, for some offsets that it tells of.
func checkFours(t *testing.T, b []byte, words []uint64, shift int) {
	t.Helper()
	x := NewBitmap(words, testFactor, testFold, shift)
	for len(b) > 0 {
		var at [Most]uint32
		next, n := x.Fours(b, &at)
		if next%4 != 0 || next > len(b) || n > Most || len(b)-next >= 96 && n <= Most-16 {
			t.Fatalf("of %d bytes %d are looked at, with %d offsets", len(b), next, n)
		}
		var want []uint32
		for i := 0; i < next; i += 4 {
			h := (binary.LittleEndian.Uint64(b[i:]) | testFold) * testFactor
			if words[h>>shift&uint64(len(words)-1)]>>(h>>(shift-6)&63)&1 != 0 {
				want = append(want, uint32(i))
			}
		}
		if !slices.Equal(at[:n], want) {
			t.Fatalf("offsets %v, want %v", at[:n], want)
		}
		if next == 0 {
			break
		}
		b = b[next:]
	}
}

func TestFours(t *testing.T) {
	if !wide {
		t.Skip("the processor does not look in tables at many places")
	}
	r := rand.New(rand.NewPCG(7, 8))
	for _, size := range []int{1 << 10, 1 << 15, 1 << 19} {
		words := make([]uint64, size)
		for i := range words {
			words[i] = r.Uint64() & r.Uint64()
			if r.IntN(2) == 0 {
				words[i] = 0
			}
		}
		for range 200 {
			b := make([]byte, r.IntN(9000))
			for i := range b {
				b[i] = byte(r.IntN(256))
			}
			checkFours(t, b, words, 49)
			checkFours(t, b, words, 45)
		}
	}
}

func FuzzFours(f *testing.F) {
	f.Add([]byte("some content that is long enough to be looked at together, which is ninety-six bytes and more of them"), uint64(5))
	f.Fuzz(func(t *testing.T, b []byte, seed uint64) {
		if !wide {
			t.Skip("the processor does not look in tables at many places")
		}
		r := rand.New(rand.NewPCG(seed, 0))
		words := make([]uint64, 1<<10)
		for i := range words {
			words[i] = r.Uint64() & r.Uint64()
		}
		checkFours(t, b, words, 49)
	})
}

// checkPairs looks for pairs in b, with classes at random.
func checkPairs(t *testing.T, b []byte, r *rand.Rand) {
	t.Helper()
	var first, second [256]int
	p := &Pairs{}
	for c := range 256 {
		k := c&0x1F | c>>1&0x20 // what is told apart
		first[c], second[c] = k*k%Classes, (k/2+k)%Classes
		p.Class(byte(c), first[c], second[c])
	}
	var has [Classes][Classes]bool
	for range 1 + r.IntN(200) {
		i, k := r.IntN(Classes), r.IntN(Classes)
		has[i][k] = true
		p.Add(i, k)
	}
	for len(b) > 0 {
		var at [Most]uint16
		next, n := p.Next(b, &at)
		if next > len(b) || n > Most || len(b)-next >= 66 && next < mostPairs-66 && n <= Most-64 {
			t.Fatalf("of %d bytes %d are looked at, with %d offsets", len(b), next, n)
		}
		var want []uint16
		for i := range next {
			if has[first[b[i]]][second[b[i+1]]] {
				want = append(want, uint16(i))
			}
		}
		if !slices.Equal(at[:n], want) {
			t.Fatalf("offsets %v, want %v", at[:n], want)
		}
		if next == 0 {
			break
		}
		b = b[next:]
	}
}

func TestPairs(t *testing.T) {
	if !wide {
		t.Skip("the processor does not look in tables at many places")
	}
	r := rand.New(rand.NewPCG(9, 10))
	for range 300 {
		b := make([]byte, r.IntN(9000)+r.IntN(2)*r.IntN(100_000))
		for i := range b {
			b[i] = byte(r.IntN(256))
		}
		checkPairs(t, b, r)
	}
}

func FuzzPairs(f *testing.F) {
	f.Add([]byte("some content that is long enough to be looked at together, which is sixty-six bytes"), uint64(6))
	f.Fuzz(func(t *testing.T, b []byte, seed uint64) {
		if !wide {
			t.Skip("the processor does not look in tables at many places")
		}
		checkPairs(t, b, rand.New(rand.NewPCG(seed, 1)))
	})
}
