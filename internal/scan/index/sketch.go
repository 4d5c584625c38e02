// Package index keeps of each content which grams it may hold, in a few bytes
// in a hundred of its size, so that rules that are new can be asked of content
// that is old without reading it.
//
// A sketch is a Bloom filter with one hash function over all sequences of four
// folded bytes (see package gram) and, of texts that are not long, all pairs, in the
// forms of a content (engine.Scanner's Observe) and in those of what lies inside. Its
// length is a power of two of bits that follows the number of different sequences. A
// gram thus says little, but an atom of a rule's formula has many, and all of them
// must be there. Rules of web shells ask for tags as short as "<?": what begins as
// tags do has more bits, for three bytes of it, for two in texts, where they are not
// nearly all there, and for two near the edges. Rules that ask for text of two bytes a
// character are ruled out by one mark: that there is no zero byte.
//
// Of content that is dense, images and archives, sequences are known by the
// differences of their bytes, which are those of text under any XOR key, and
// those that can be text have a zone of their own: there is little of it. Five such
// bytes have more bits. What lies inside is noted as what it is.
//
// Sketches of one length are laid down in shards, row by row: a row has one bit
// a content, and asking for a gram reads one row. That is the bit-sliced
// signature file of BitFunnel (Goodwin et al., SIGIR 2017), with lengths that
// follow the content. What a sketch cannot tell is taken for possible: a
// content that a rule matches is always among the candidates.
package index

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/bits"
	"slices"
)

// Head is how many bytes of a content's beginning are kept beside its sketch.
const Head = 31

// Classes bound the length of sketches: class c has 1<<c bits.
const (
	minClass = 8
	maxClass = 24
)

// Kind is of which sequences a sketch tells, and how.
type Kind byte

// The kinds: of content that begins as text, of what does not, and of what is
// dense, as compressed content is.
const (
	Text Kind = iota
	Binary
	Dense
	kinds
)

// Sketch is what is known of one content.
type Sketch struct {
	Size  int64 // of the content in bytes
	Kind  Kind
	Parts bool   // Bits tell of what lies inside, too
	Short bool   // Bits tell of pairs, too; of Text alone, and no longer than mostShort
	Zeros bool   // there are zero bytes
	Head  []byte // its beginning, at most Head bytes
	Bits  []byte // 1<<class bits, the lowest of a byte first
}

// mostShort is the length of contents up to which pairs are noted: long ones have
// most of those that are asked for.
const mostShort = 64 << 10

// Marks of the length of a head.
const (
	withParts = 0x80
	withShort = 0x40
	withZeros = 0x20
	headMask  = 0x1f
)

// headByte is the length of the head, marked.
func (s Sketch) headByte() byte {
	b := byte(len(s.Head))
	for _, m := range [...]struct {
		mark byte
		is   bool
	}{{withParts, s.Parts}, {withShort, s.Short}, {withZeros, s.Zeros}} {
		if m.is {
			b |= m.mark
		}
	}
	return b
}

// Class tells how long the sketch is: it has 1<<Class bits.
func (s Sketch) Class() int { return bits.Len(uint(len(s.Bits))) + 2 }

// Group tells with which others the sketch can be laid down in a shard: with
// those of its class and kind. It is a byte.
func (s Sketch) Group() int { return s.Class() | int(s.Kind)<<kindShift }

const (
	kindShift = 6
	classMask = 1<<kindShift - 1
)

// ErrCorrupt says that data is no sketch or shard.
var ErrCorrupt = errors.New("the index is corrupt")

// Append appends the encoded form of s.
func (s Sketch) Append(dst []byte) []byte {
	dst = slices.Grow(dst, binary.MaxVarintLen64+2+len(s.Head)+len(s.Bits))
	dst = binary.AppendUvarint(dst, uint64(s.Size))
	dst = append(dst, s.headByte())
	dst = append(dst, s.Head...)
	return append(append(dst, byte(s.Group())), s.Bits...)
}

// Decode reads what Append wrote. The Sketch shares the memory of b.
func Decode(b []byte) (s Sketch, err error) {
	size, n := binary.Uvarint(b)
	if n <= 0 || len(b) <= n || int64(size) < 0 {
		return s, ErrCorrupt
	}
	b = b[n:]
	head := int(b[0] & headMask)
	if head > Head || len(b) < 2+head {
		return s, ErrCorrupt
	}
	s = Sketch{Size: int64(size), Parts: b[0]&withParts != 0, Short: b[0]&withShort != 0, Zeros: b[0]&withZeros != 0, Head: b[1 : 1+head], Bits: b[2+head:]}
	class := int(b[1+head] & classMask)
	if s.Kind = Kind(b[1+head] >> kindShift); s.Kind >= kinds || class < minClass || class > maxClass || len(s.Bits) != 1<<(class-3) {
		return s, ErrCorrupt
	}
	return s, nil
}

// Sketcher makes sketches, reusing its memory: Begin, Note for each form of the
// content and of what lies inside, End. It belongs to one goroutine.
type Sketcher struct {
	content []byte
	of      []byte // the content or part whose forms are noted; nil before the first one
	kind    Kind
	dense   bool // what is noted is known by the differences of its bytes
	parts   bool
	short   bool
	zeros   bool
	triples [tagPairs << 7 / 64]uint64 // tags of three bytes that have their marks, a bit each
	marks   marks
	masks   [1 << 10]uint32
	high    [4 << 10]byte
	noted   int // bytes
	encoded []byte
}

// Begin begins the sketch of a content; room is about how many bytes will be
// noted.
func (k *Sketcher) Begin(content []byte, room int) {
	k.content, k.of, k.parts, k.noted, k.zeros = content, nil, false, 0, false
	k.kind = kindOf(content)
	k.short = k.kind == Text && len(content) <= mostShort
	k.marks = k.marks.begin(1 << min(max(longest(room, k.kind), minClass), maxClass))
	clear(k.triples[:])
}

func kindOf(content []byte) Kind {
	switch {
	case isText(content):
		return Text
	case isDense(content):
		return Dense
	}
	return Binary
}

// isText tells whether a content begins as text.
func isText(content []byte) bool {
	for _, c := range content[:min(len(content), 512)] {
		if c < ' ' && (c < '\t' || c > '\r') && c != 0x1b {
			return false
		}
	}
	return true
}

// isDense tells whether a content seems to be compressed: of texts and programs
// few bytes have the highest bit set.
func isDense(content []byte) bool {
	const looks = 1024
	high, step := 0, max(len(content)/looks, 1)
	for i := 0; i < len(content); i += step {
		high += int(content[i] >> 7)
	}
	return high*step > len(content)/4
}

// longest is the class of the longest sketch of a content. In short texts most
// grams are different, in long ones they repeat; of what is dense, of which fewer
// are noted, all are different.
func longest(size int, kind Kind) int {
	switch {
	case kind == Dense:
		size = size * 9 / 4
	case size <= 32<<10:
		size = size * 9 / 4
	case size <= 256<<10:
		size = size * 7 / 4
	default:
		size = size * 5 / 4
	}
	return bits.Len(uint(size)) - 1
}

// Inside says that what is noted next is a part of the content, and then the
// forms of that part.
func (k *Sketcher) Inside() { k.parts, k.of = true, nil }

// Note adds a form of the content or of the part in hand, the first of which is
// that itself. It is not to change until the last of them has been noted.
func (k *Sketcher) Note(form []byte) {
	if k.of == nil {
		k.noted += len(form)
		k.dense = k.kind == Dense && (!k.parts || isDense(form))
	}
	if n := len(k.marks); k.noted > 4*n && n < 1<<maxClass {
		k.marks = k.marks.twice()
	}
	k.marks.set(formHash(int64(len(form))))
	for _, n := range headLengths {
		if len(form) >= n {
			k.marks.setAll(headHashes(form[:n]))
		}
	}
	k.zeros = k.zeros || bytes.IndexByte(form, 0) >= 0
	k.short = k.short && (!k.parts || isText(form))
	if k.of != nil {
		k.noteForm(form, k.of)
		return
	}
	k.note(form)
	k.of = form[:len(form):len(form)]
}

// End gives the sketch, which shares the memory of the Sketcher and of the
// content.
func (k *Sketcher) End() Sketch {
	b, set := k.marks.appendBits(k.encoded[:0])
	k.encoded = b
	s := Sketch{Size: int64(len(k.content)), Parts: k.parts, Short: k.short, Zeros: k.zeros, Kind: k.kind, Head: k.content[:min(len(k.content), Head)]}
	s.Bits = fold(b, set, k.most())
	k.content, k.of = nil, nil
	return s
}

// most is the class of the longest sketch that a content may have: with parts,
// which unpacked are more than what is stored, twice as long as without.
func (k *Sketcher) most() int {
	if k.parts {
		return longest(2*len(k.content), k.kind)
	}
	return longest(len(k.content), k.kind)
}

// mostDifferent is how many different grams for each of its bits a sketch may
// have, if its longest length allows: about a third of them are set then.
const mostDifferent = 0.4

// fold shortens a sketch to a length that suits how much was noted, and that is
// of at most one class. How many different grams there were follows from the
// number of bits that are set (Swamidass and Baldi, 2007).
func fold(b []byte, set, most int) []byte {
	slots := len(b) * 8
	different := math.Inf(1)
	if set < slots {
		different = -float64(slots) * math.Log1p(-float64(set)/float64(slots))
	}
	want := max(min(most, maxClass), minClass)
	for want > minClass && different <= mostDifferent*float64(uint(1)<<(want-1)) {
		want--
	}
	for len(b)*8 > 1<<want {
		half := len(b) / 2
		for i := 0; i < half; i += 8 {
			binary.LittleEndian.PutUint64(b[i:], binary.LittleEndian.Uint64(b[i:])|binary.LittleEndian.Uint64(b[half+i:]))
		}
		b = b[:half]
	}
	return b
}

// factor is 2^64 over the golden ratio, mixer one of the factors of SplitMix64
// (Steele et al., OOPSLA 2014).
const (
	factor = 0x9e3779b97f4a7c15
	mixer  = 0xbf58476d1ce4e5b9
)

// fourHash is where a sequence of four bytes has its bit, the first one lowest
// in v; of shorter sketches the lowest bits of it count, on each of which all of v
// has a say.
func fourHash(v uint32) uint32 { return uint32(uint64(v) * factor >> (64 - maxClass)) }

// denseHash is that in a Dense sketch. One bit in four is for sequences that are
// text under some key: those of which no byte's highest bit is another.
func denseHash(v uint32) uint32 {
	d := (v ^ v>>8) & 0xffffff
	other := d & 0x808080
	return densePlace(d, (other|-other)>>31)
}

// densePlace is denseHash of the lowest three bytes of d, differences, with 1 as the
// lowest bit of other if they are no text.
func densePlace(d, other uint32) uint32 {
	h := fourHash(d & 0xffffff)
	low := h & 3
	return h&^3 | (low+((low-1)>>31))&-(other&1)
}

// wordLen is how many bytes of what may be text are noted together of dense
// contents: few of them stand together by chance, so that each has several bits.
const wordLen = 5

// wordHashes are where so many bytes have their bits, the first one lowest.
func wordHashes(v uint64) [3]uint32 { return three(v & (1<<(8*wordLen) - 1)) }

// three gives three places for a number.
func three(v uint64) [3]uint32 {
	v *= factor
	w := (v ^ v>>32) * mixer
	return [3]uint32{uint32(v >> (64 - maxClass)), uint32(w >> (64 - maxClass)), uint32(w>>8) >> (32 - maxClass)}
}

// headLengths are the lengths of beginnings of forms that have a bit.
var headLengths = [2]int{2, 4}

// headHashes are where the beginning of a form has its bits: more than one, since
// a sketch is asked for it alone.
func headHashes(head []byte) places {
	v := uint64(len(head))
	for _, c := range head {
		v = v<<8 | uint64(c)
	}
	return several(v)
}

// places are those of what has more than one bit.
type places [5]uint32

func several(v uint64) places {
	a := (v ^ v>>32) * factor
	b := (a ^ a>>32) * mixer
	c := (b ^ b>>29) * factor
	return places{uint32(a >> (64 - maxClass)), uint32(b >> (64 - maxClass)), uint32(b>>8) >> (32 - maxClass), uint32(c >> (64 - maxClass)), uint32(c>>8) >> (32 - maxClass)}
}

// formHash is where the size of a form has its bit.
func formHash(size int64) uint32 {
	return uint32(uint64(size) * 0xd6e8feb86659fd93 >> (64 - maxClass))
}
