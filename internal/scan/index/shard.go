package index

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// shardBytes is about how large a shard becomes: a file of pages has room again
// for a small one where another was.
const shardBytes = 256 << 10

// largest is the class from which sketches are not laid down: they are few, and
// each is asked by itself as fast.
const largest = 16

// Capacity is how many sketches of a group go into one shard, a multiple of 64;
// 0 if they are asked by themselves.
func Capacity(group int) int {
	class := group & classMask
	if class >= largest {
		return 0
	}
	return min(max(shardBytes<<3>>class, 64), 4096)
}

// Numbered is the sketch of the content that a number stands for.
type Numbered struct {
	Number uint32
	Sketch Sketch
}

// shardMagic begins a shard, and names its version.
const shardMagic = "CANSHRD7"

// A shard is: magic, group (1 byte), count (4), bytes up to the rows (4); for
// each content number (4), size (8), length of its head (1, and marks), its head (Head);
// zeros up to a multiple of eight; the rows, each of count bits rounded up to
// words of 64. All integers are little-endian.
const (
	shardHead  = len(shardMagic) + 1 + 4 + 4
	shardEntry = 4 + 8 + 1 + Head
)

// Lay lays sketches of one group down as a shard.
func Lay(all []Numbered) []byte {
	class := all[0].Sketch.Class()
	rows := (shardHead + len(all)*shardEntry + 7) &^ 7
	words := (len(all) + 63) / 64
	b := append(make([]byte, 0, rows+words*8<<class), shardMagic...)
	b = append(b, byte(all[0].Sketch.Group()))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(all)))
	b = binary.LittleEndian.AppendUint32(b, uint32(rows))
	for _, n := range all {
		b = binary.LittleEndian.AppendUint32(b, n.Number)
		b = binary.LittleEndian.AppendUint64(b, uint64(n.Sketch.Size))
		b = append(append(b, n.Sketch.headByte()), n.Sketch.Head...)
		b = append(b, make([]byte, Head-len(n.Sketch.Head))...)
	}
	b = b[:cap(b)]
	for column := 0; column < len(all); column += 64 {
		layDown(b[rows+column/8:], words, all[column:min(column+64, len(all))])
	}
	return b
}

// layDown writes up to 64 sketches into a column of words, the first of which
// is at the begin of table and the others so many words apart.
func layDown(table []byte, words int, sketches []Numbered) {
	var block [64]uint64
	for at := 0; at < len(sketches[0].Sketch.Bits); at += 8 {
		for i := range sketches {
			block[i] = binary.LittleEndian.Uint64(sketches[i].Sketch.Bits[at:])
		}
		clear(block[len(sketches):])
		transpose(&block)
		for k, w := range block {
			binary.LittleEndian.PutUint64(table[(at*8+k)*words*8:], w)
		}
	}
}

// transpose has bit j of word i become bit i of word j, by swapping ever smaller
// squares (Warren, Hacker's Delight, 7-3).
func transpose(m *[64]uint64) {
	mask := uint64(1<<32 - 1)
	for j := uint(32); j != 0; j >>= 1 {
		for k := uint(0); k < 64; k = (k + j + 1) &^ j {
			a, b := &m[k&63], &m[(k+j)&63]
			t := (*a>>(j&63) ^ *b) & mask
			*a, *b = *a^t<<(j&63), *b^t
		}
		mask ^= mask << (j >> 1)
	}
}

// Shard is a shard that is asked. It is immutable.
type Shard struct {
	class, count, words int
	kind                Kind
	entries, rows       []byte
	// A bit for each content: that it does not tell of short sequences, that it has
	// zero bytes, and that something lies inside.
	long, zeros, parts []uint64
}

// Open reads what Lay wrote. The Shard shares the memory of b.
func Open(b []byte) (*Shard, error) {
	if len(b) < shardHead || string(b[:len(shardMagic)]) != shardMagic {
		return nil, ErrCorrupt
	}
	group := int(b[len(shardMagic)])
	s := &Shard{class: group & classMask, kind: Kind(group >> kindShift), count: int(binary.LittleEndian.Uint32(b[len(shardMagic)+1:]))}
	rows := uint64(binary.LittleEndian.Uint32(b[len(shardMagic)+5:]))
	s.words = (s.count + 63) / 64
	if s.kind >= kinds || s.class < minClass || s.class > maxClass || uint64(shardHead)+uint64(s.count)*shardEntry > rows || rows > uint64(len(b)) ||
		uint64(len(b))-rows != uint64(s.words)*8<<s.class {
		return nil, ErrCorrupt
	}
	s.entries, s.rows = b[shardHead:rows], b[rows:]
	s.long, s.zeros, s.parts = make([]uint64, s.words), make([]uint64, s.words), make([]uint64, s.words)
	for i := range s.count {
		m := s.marks(i)
		s.long[i/64] |= uint64(m&withShort/withShort^1) << (i % 64)
		s.zeros[i/64] |= uint64(m&withZeros/withZeros) << (i % 64)
		s.parts[i/64] |= uint64(m&withParts/withParts) << (i % 64)
	}
	return s, nil
}

// Len is the number of contents.
func (s *Shard) Len() int { return s.count }

// Number is that of a content.
func (s *Shard) Number(i int) uint32 { return binary.LittleEndian.Uint32(s.entries[i*shardEntry:]) }

func (s *Shard) size(i int) int64 {
	return int64(binary.LittleEndian.Uint64(s.entries[i*shardEntry+4:]))
}

func (s *Shard) head(i int) []byte {
	e := s.entries[i*shardEntry+12 : (i+1)*shardEntry]
	return e[1 : 1+min(int(e[0]&headMask), Head)]
}

// Sketch gives that of a content.
func (s *Shard) Sketch(i int) Sketch {
	marks, bits := s.marks(i), make([]byte, 1<<s.class>>3)
	for row := range 1 << s.class {
		bits[row/8] |= s.rows[row*s.words*8+i/8] >> (i % 8) & 1 << (row % 8)
	}
	return Sketch{Size: s.size(i), Parts: marks&withParts != 0, Short: marks&withShort != 0, Zeros: marks&withZeros != 0, Kind: s.kind, Head: s.head(i), Bits: bits}
}

// Parts tells whether the sketch of a content tells of what lies inside, too.
func (s *Shard) Parts(i int) bool { return s.marks(i)&withParts != 0 }

// marks are those of a head.
func (s *Shard) marks(i int) byte { return s.entries[i*shardEntry+12] }

// fits tells whether a content may be of the size and beginning that is asked for.
func (s *Shard) fits(f *formula, i int) bool {
	if !s.Parts(i) {
		return f.fits(s.size(i), s.head(i))
	}
	for _, h := range f.heads {
		row := s.rows[int(h&(1<<s.class-1))*s.words*8:]
		if row[i/8]>>(i%8)&1 == 0 {
			return false
		}
	}
	return true
}

// and leaves in set those contents that may hold a gram, and those that are
// spared, and tells whether there are any.
func (s *Shard) and(set []uint64, h uint32, spared []uint64) bool {
	at := int(h&(1<<s.class-1)) * s.words * 8
	row := s.rows[at : at+s.words*8]
	var some uint64
	for i := range set {
		w := binary.LittleEndian.Uint64(row[i*8:])
		if spared != nil {
			w |= spared[i]
		}
		set[i] &= w
		some |= set[i]
	}
	return some != 0
}

// Candidates gives the contents that may match one of the formulas of a query,
// by their place in the shard.
func (s *Shard) Candidates(q *Query) []int {
	var out []int
	for i, w := range s.any(q.formulas, s.whole()) {
		for ; w != 0; w &= w - 1 {
			if at := i*64 + bits.TrailingZeros64(w); at < s.count {
				out = append(out, at)
			}
		}
	}
	return slices.Clip(out)
}
