// Package index keeps of each content which grams it may hold, in a few bytes
// in a hundred of its size, so that rules that are new can be asked of content
// that is old without reading it.
//
// A sketch is a Bloom filter with one hash function over all sequences of four
// folded bytes (see package gram) in all forms of a content (engine.Forms). Its
// length is a power of two of bits near the number of different sequences, so
// that about half of the bits are set. A gram thus says little, but an atom of
// a rule's formula has many, and all of them must be there: of twelve bytes that
// a content does not hold, one content in five hundred seems to hold all.
//
// Sketches of one length are laid down in shards, row by row: a row has one bit
// a content, and asking for a gram reads one row. That is the bit-sliced
// signature file of BitFunnel (Goodwin et al., SIGIR 2017), with lengths that
// follow the content. What a sketch cannot tell is taken for possible: a
// content that a rule matches is always among the candidates.
package index

import (
	"encoding/binary"
	"errors"
	"math/bits"

	"candor/engine"
	"candor/engine/gram"
)

// Head is how many bytes of a content's beginning are kept beside its sketch.
const Head = 32

// Classes bound the length of sketches: class c has 1<<c bits.
const (
	minClass = 8
	maxClass = 24
)

// Sketch is what is known of one content.
type Sketch struct {
	Size int64  // of the content in bytes
	Head []byte // its beginning, at most Head bytes
	Bits []byte // 1<<class bits, the lowest of a byte first
}

// Class tells how long the sketch is: it has 1<<Class bits.
func (s Sketch) Class() int { return bits.Len(uint(len(s.Bits))) + 2 }

// ErrCorrupt says that data is no sketch or shard.
var ErrCorrupt = errors.New("the index is corrupt")

// Append appends the encoded form of s.
func (s Sketch) Append(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(s.Size))
	dst = append(dst, byte(len(s.Head)))
	dst = append(dst, s.Head...)
	return append(append(dst, byte(s.Class())), s.Bits...)
}

// Decode reads what Append wrote. The Sketch shares the memory of b.
func Decode(b []byte) (s Sketch, err error) {
	size, n := binary.Uvarint(b)
	if n <= 0 || len(b) <= n || int64(size) < 0 {
		return s, ErrCorrupt
	}
	b = b[n:]
	head := int(b[0])
	if head > Head || len(b) < 2+head {
		return s, ErrCorrupt
	}
	s = Sketch{Size: int64(size), Head: b[1 : 1+head], Bits: b[2+head:]}
	if class := int(b[1+head]); class < minClass || class > maxClass || len(s.Bits) != 1<<(class-3) {
		return s, ErrCorrupt
	}
	return s, nil
}

// Sketcher makes sketches, reusing its memory. It belongs to one goroutine.
type Sketcher struct {
	forms  *engine.Forms
	wide   []uint64
	folded []byte
}

// NewSketcher makes a Sketcher.
func NewSketcher() *Sketcher { return &Sketcher{forms: engine.NewForms()} }

// Sketch makes the sketch of a content. It shares the memory of the Sketcher
// and of the content.
func (k *Sketcher) Sketch(content []byte) Sketch {
	class := min(max(bits.Len(uint(len(content)))+1, minClass), maxClass)
	k.wide = k.wide[:0]
	for range 1 << class >> 6 {
		k.wide = append(k.wide, 0)
	}
	k.forms.Each(content, func(form []byte) {
		set(k.wide, formHash(int64(len(form))))
		note(k.wide, form)
	})
	return Sketch{Size: int64(len(content)), Head: content[:min(len(content), Head)], Bits: k.fold(class, len(content))}
}

// fold shortens what was noted to a length that suits how much it is, and that
// is at most three quarters of a bit a byte: of content in which nothing
// repeats all grams are different.
func (k *Sketcher) fold(class, size int) []byte {
	set := 0
	for _, w := range k.wide {
		set += bits.OnesCount64(w)
	}
	want := max(bits.Len(uint(max(set-1, 0))), minClass)
	most := max(bits.Len(uint(size*3/4))-1, minClass)
	for want = min(want, most); class > want; class-- {
		half := len(k.wide) / 2
		for i := range half {
			k.wide[i] |= k.wide[half+i]
		}
		k.wide = k.wide[:half]
	}
	k.folded = k.folded[:0]
	for _, w := range k.wide {
		k.folded = binary.LittleEndian.AppendUint64(k.folded, w)
	}
	return k.folded
}

// note sets the bits of all grams of a form. The length of wide is a power of
// two.
func note(wide []uint64, form []byte) {
	if len(form) < gramLength {
		return
	}
	mask := uint32(len(wide) - 1)
	v := uint32(gram.Fold(form[0]))<<16 | uint32(gram.Fold(form[1]))<<8 | uint32(gram.Fold(form[2]))
	for _, b := range form[3:] {
		v = v<<8 | uint32(b|0x20)
		h := gramHash(v)
		wide[h>>6&mask] |= 1 << (h & 63)
	}
}

// gramLength is how many bytes a gram has.
const gramLength = 4

// gramHash is where a gram has its bit; of shorter sketches the lowest bits of
// it count.
func gramHash(v uint32) uint32 { return v * 0x9e3779b1 >> (32 - maxClass) }

// formHash is where the size of a form has its bit.
func formHash(size int64) uint32 {
	return uint32(uint64(size) * 0xd6e8feb86659fd93 >> (64 - maxClass))
}

func set(wide []uint64, h uint32) {
	wide[h>>6&uint32(len(wide)-1)] |= 1 << (h & 63)
}
