package gram

import "math"

// Content is sampled at every fourth offset, six bytes at a time.
const (
	stride  = 4
	gramLen = 6
	// wholeLen is the length of atoms from which on every alignment has a gram
	// that the atom says all of. Below, down to leastLen, some leave the byte
	// before the atom or the one behind it open.
	wholeLen = gramLen + stride - 1
	leastLen = wholeLen - 2
)

// hashFactor is 2^64 over the golden ratio; gramFactor hashes the first six of
// eight bytes, whatever the others are.
const (
	hashFactor = 0x9E3779B97F4A7C15
	gramFactor = hashFactor << 16 & (1<<64 - 1)
)

func hashGram(v uint64) uint64 { return v * gramFactor }

// places gives the offset of the best gram of an atom for each alignment, and
// how often they are expected together.
func places(atom []byte) (at [stride]int, rate float64) {
	slack := 0
	if len(atom) < wholeLen {
		slack = 1
	}
	for r := range stride {
		first := r
		if r == stride-slack {
			first = -1
		}
		best := math.Inf(1)
		for o := first; o+gramLen <= len(atom)+slack; o += stride {
			x := Rate(atom[max(o, 0):min(o+gramLen, len(atom))])
			if o < 0 || o+gramLen > len(atom) {
				x += openRate
			}
			if x < best {
				at[r], best = o, x
			}
		}
		rate += best
	}
	return at, rate
}

// openRate is the price of a gram with a byte that may be any.
const openRate = 1e-5

// open gives what a gram of an atom may have where the atom does not say.
func open(atom []byte, at int) []uint64 {
	switch {
	case at < 0:
		return openFirst
	case at+gramLen > len(atom):
		return openLast
	}
	return openNone
}

// The values of a byte before a gram's others, behind them, and none.
var (
	openNone  = []uint64{0}
	openFirst = openAt(0)
	openLast  = openAt(gramLen - 1)
)

func openAt(i int) (all []uint64) {
	for c := range 256 {
		if c == int(Fold(byte(c))) {
			all = append(all, uint64(c)<<(8*i))
		}
	}
	return all
}
