package gram

import "candor/engine/internal/vector"

// A filter is a bitmap of hashed grams. It is sparse, so that it seldom lets
// one through that is not in the set, and as small as that allows: it has to
// stay in the caches beside the content. Its size is part of its type, for the
// loops that go over content want to know it.
type filter interface {
	small | medium | large | huge
}

type (
	small  [1 << 10]uint64
	medium [1 << 13]uint64
	large  [1 << 15]uint64
	huge   [1 << 19]uint64
)

// place gives the bit of a hash in a filter of so many words, a power of two.
func place(hash uint64, words int) (word, bit uint64) {
	shift := wordShift(words)
	return hash >> shift & uint64(words-1), hash >> (shift - 6) & 63
}

func wordShift(words int) int {
	if words > 1<<15 {
		return 45
	}
	return 49
}

// second is asked about what a large filter lets through: the hash table of a
// large set is so large itself that a look at it is dear. It hashes once more,
// for the lower bits of a hash are those of the first bytes alone.
type second [1 << 14]uint64

func (s *second) bit(hash uint64) (word, bit uint64) {
	x := (hash ^ hash>>29) * hashFactor
	return x >> 50, x >> 44 & 63
}

func (s *second) has(hash uint64) bool {
	word, bit := s.bit(hash)
	return s[word]>>bit&1 != 0
}

// filters is one of the four, and beside large ones the second one.
type filters struct {
	small  *small
	medium *medium
	large  *large
	huge   *huge
	second *second
	bitmap *vector.Bitmap // the same one, where the processor looks at many offsets at once
}

func newFilters(grams int) (f filters) {
	var words []uint64
	switch {
	case grams <= 1<<10:
		f.small = new(small)
		words = f.small[:]
	case grams <= 1<<12:
		f.medium = new(medium)
		words = f.medium[:]
	case grams <= 1<<18:
		f.large, f.second = new(large), new(second)
		words = f.large[:]
	default:
		f.huge, f.second = new(huge), new(second)
		words = f.huge[:]
	}
	if vector.Wide() {
		f.bitmap = vector.NewBitmap(words, gramFactor, fold64, wordShift(len(words)))
	}
	return f
}

func (f *filters) add(hash uint64) {
	if f.second != nil {
		word, bit := f.second.bit(hash)
		f.second[word] |= 1 << bit
	}
	switch {
	case f.small != nil:
		add(f.small, hash)
	case f.medium != nil:
		add(f.medium, hash)
	case f.large != nil:
		add(f.large, hash)
	case f.huge != nil:
		add(f.huge, hash)
	}
}

func add[F filter](f *F, hash uint64) {
	word, bit := place(hash, len(*f))
	(*f)[word] |= 1 << bit
}

func has[F filter](f *F, hash uint64) bool {
	word, bit := place(hash, len(*f))
	return (*f)[word]>>bit&1 != 0
}

// block is how much content nextGram looks at together, and margin how much
// more there has to be.
const block, margin = 4 * stride, 4

// nextGram gives the first offset from i on, in steps of a block, where the
// filter lets one of four grams through, or the first where too little content
// is left to tell. It calls nothing, so that all it needs stays in registers:
// here goes much of the time of a scan.
func nextGram[F filter](data []byte, filter *F, i int) int {
	for ; i <= len(data)-block-margin; i += block {
		d := data[i : i+block+margin]
		a := (load64(d) | fold64) * gramFactor
		b := (load64(d[4:]) | fold64) * gramFactor
		c := (load64(d[8:]) | fold64) * gramFactor
		e := (load64(d[12:]) | fold64) * gramFactor
		if has(filter, a) || has(filter, b) || has(filter, c) || has(filter, e) {
			return i
		}
	}
	return i
}

// sample looks for the atoms that have grams.
func sample[F filter](f *Finder, filter *F) {
	data, second := f.data, f.table.sampled.filters.second
	i := nextGram(data, filter, f.sampleWide())
	for ; i+block+margin <= len(data); i = nextGram(data, filter, i) {
		for end := i + block; i < end && i+8 <= len(data); {
			v := load64(data[i:]) | fold64
			if h := hashGram(v); has(filter, h) && (second == nil || second.has(h)) {
				i = f.look(v, i)
			} else {
				i += stride
			}
		}
	}
	f.lookAtEnd(i)
}
