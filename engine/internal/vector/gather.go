package vector

// Most is how many offsets are told of together.
const Most = 512

// Bitmap is a set of hashed sequences of up to eight bytes: a sequence, as a
// number of which the lowest byte is the first, with what Fold has set, times
// Factor is its hash. Of that, shifted right, a part is the number of a word and
// the six bits below the number of a bit in it.
type Bitmap struct {
	words  []uint64
	mask   uint64
	factor uint64
	fold   uint64
	shifts [2]uint64 // to the number of the word, and of the bit
}

// NewBitmap makes that of words, whose number is a power of two.
func NewBitmap(words []uint64, factor, fold uint64, shift int) *Bitmap {
	return &Bitmap{words: words, mask: uint64(len(words) - 1), factor: factor, fold: fold, shifts: [2]uint64{uint64(shift), uint64(shift - 6)}}
}

// Fours writes to out at which of every fourth offset of data Bitmap has what
// stands there, in ascending order. It gives how many there are, and up to which
// offset, a multiple of four, it looked: less than 96 bytes before the end, unless out
// is full; not at all where the processor does not look at many at once.
func (b *Bitmap) Fours(data []byte, out *[Most]uint32) (next, count int) {
	const least = 96
	if !wide || len(data) < least {
		return 0, 0
	}
	return gramsAVX512(&data[0], min(len(data), 1<<30), b, &out[0], Most)
}

// Pairs finds places where one of some pairs of bytes may stand. It does not tell
// apart bytes that differ in their highest bit or in bit 5, and puts the others into
// so many classes: it also tells of some places where none does.
type Pairs struct {
	row    [128]byte // by first byte: its class, times 4
	column [128]byte // by second byte: an eighth of its class
	bit    [128]byte // and the bit of the rest
	square [128]byte // a bit for each two classes
}

// Classes is how many classes there are of first bytes, and of second ones.
const Classes = 32

// Class puts a byte into a class, as the first of a pair and as the second.
// Each byte has to have one.
func (p *Pairs) Class(c byte, first, second int) {
	for _, c := range []byte{c&0x7F | 0x20, c & 0x5F} {
		p.row[c] = byte(first) << 2
		p.column[c] = byte(second >> 3)
		p.bit[c] = 1 << (second & 7)
	}
}

// Add adds the pairs of two classes.
func (p *Pairs) Add(first, second int) { p.square[first<<2|second>>3] |= 1 << (second & 7) }

// mostPairs bounds how much data is looked at together: offsets have 16 bits.
const mostPairs = 1 << 16

// Next writes to out at which offsets of data there may be a pair, in ascending
// order. It gives how many there are, and up to which offset it looked: less than 66
// bytes before the end, unless out is full or there are many bytes; not at all where
// the processor does not look at many at once.
func (p *Pairs) Next(data []byte, out *[Most]uint16) (next, count int) {
	const least = 66
	if !wide || len(data) < least {
		return 0, 0
	}
	return pairsAVX512(&data[0], min(len(data), mostPairs), p, &out[0], Most)
}
