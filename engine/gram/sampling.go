package gram

import "math"

// sampling is a way to sample: grams of so many bytes, at every offset that
// is a multiple of the stride.
type sampling struct {
	number        int
	width, stride int
	least         int // length of atoms
	logWords      int // of the filter: the grams of large sets leave it sparse, and it stays in the second cache
}

var (
	coarse = &sampling{number: 0, width: 6, stride: 4, least: 7, logWords: 15}
	fine   = &sampling{number: 1, width: 4, stride: 2, least: 5, logWords: 12}
)

// whole is the length of atoms from which on every alignment has a gram that
// the atom says all of. Below, down to least, some leave the byte before the
// atom or the one behind it open.
func (k *sampling) whole() int { return k.width + k.stride - 1 }

// hashFactor is 2^64 over the golden ratio.
const hashFactor = 0x9E3779B97F4A7C15

// Factors that hash the first bytes of eight, whatever the others are.
const (
	coarseFactor = hashFactor << 16 & (1<<64 - 1)
	fineFactor   = hashFactor << 32 & (1<<64 - 1)
)

func (k *sampling) hash(v uint64) uint64 {
	if k == coarse {
		return v * coarseFactor
	}
	return v * fineFactor
}

// place gives the bit of a hash in the filter.
func (k *sampling) place(h uint64) (word, bit uint64) {
	return h >> (64 - k.logWords), h >> (64 - 6 - k.logWords) & 63
}

// places gives the offset of the best gram of an atom for each alignment, of
// which the stride tells how many there are, and how often they are expected
// together.
func (k *sampling) places(atom []byte) (at [4]int, rate float64) {
	slack := 0
	if len(atom) < k.whole() {
		slack = 1
	}
	for r := range k.stride {
		first := r
		if r == k.stride-slack {
			first = -1
		}
		best := math.Inf(1)
		for o := first; o+k.width <= len(atom)+slack; o += k.stride {
			x := Rate(atom[max(o, 0):min(o+k.width, len(atom))])
			if o < 0 || o+k.width > len(atom) {
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
func (k *sampling) open(atom []byte, at int) []uint64 {
	switch {
	case at < 0:
		return openFirst
	case at+k.width > len(atom):
		return openLast
	}
	return openNone
}

// The values of a byte before a gram's others, behind them, and none.
var (
	openNone  = []uint64{0}
	openFirst = openAt(0)
	openLast  = openAt(coarse.width - 1)
)

func openAt(i int) (all []uint64) {
	for c := range 256 {
		if c == int(Fold(byte(c))) {
			all = append(all, uint64(c)<<(8*i))
		}
	}
	return all
}

// block is how much content nextCoarse and nextFine look at together, and
// margin how much more there has to be.
const (
	coarseBlock, coarseMargin = 16, 4
	fineBlock, fineMargin     = 8, 4
)

// nextCoarse gives the first offset from i on, in steps of a block, where the
// filter lets one of four grams through, or the first where too little content
// is left to tell. It calls nothing, so that all it needs stays in registers:
// here goes much of the time of a scan.
func nextCoarse(data []byte, filter *[1 << 15]uint64, i int) int {
	for ; i <= len(data)-coarseBlock-coarseMargin; i += coarseBlock {
		d := data[i : i+coarseBlock+coarseMargin]
		a := (load64(d) | fold64) * coarseFactor
		b := (load64(d[4:]) | fold64) * coarseFactor
		c := (load64(d[8:]) | fold64) * coarseFactor
		e := (load64(d[12:]) | fold64) * coarseFactor
		if filter[a>>49]>>(a>>43&63)&1 != 0 || filter[b>>49]>>(b>>43&63)&1 != 0 ||
			filter[c>>49]>>(c>>43&63)&1 != 0 || filter[e>>49]>>(e>>43&63)&1 != 0 {
			return i
		}
	}
	return i
}

// nextFine is nextCoarse for fine grams.
func nextFine(data []byte, filter *[1 << 12]uint64, i int) int {
	for ; i <= len(data)-fineBlock-fineMargin; i += fineBlock {
		d := data[i : i+fineBlock+fineMargin]
		v, w := load64(d)|fold64, load64(d[4:])|fold64
		a, b := v*fineFactor, v>>16*fineFactor
		c, e := w*fineFactor, w>>16*fineFactor
		if filter[a>>52]>>(a>>46&63)&1 != 0 || filter[b>>52]>>(b>>46&63)&1 != 0 ||
			filter[c>>52]>>(c>>46&63)&1 != 0 || filter[e>>52]>>(e>>46&63)&1 != 0 {
			return i
		}
	}
	return i
}
