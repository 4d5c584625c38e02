package index

import (
	"encoding/binary"
	"math/bits"
)

// Tags are what begins with one of four bytes, folded: '<' of "<?" and "<%", '%'
// of "%>", '|' for the backslash of "\\x", '$' of variables. In most content they
// are few, and rules ask for them with little else.
const tagPairs = 4 << 7 // pairs that are tags

// tagOf tells which of the four a folded byte is.
func tagOf(c byte) (number uint32, is bool) {
	switch c {
	case '<':
		return 0, true
	case '%':
		return 1, true
	case '|':
		return 2, true
	case '$':
		return 3, true
	}
	return 0, false
}

// pairOf is the number of the pair that a tag and the folded byte behind it are:
// no two have the same.
func pairOf(tag uint32, c byte) uint32 { return tag<<7 | uint32(c&0x1f|c>>1&0x60) }

// pairHashes and tripleHashes are where the first two bytes of a tag have their
// bits, and the first three.
func pairHashes(pair uint32) []uint32 { return several(1<<48 | uint64(pair)) }

func tripleHashes(pair uint32, c byte) []uint32 { return several(2<<48 | uint64(pair)<<8 | uint64(c)) }

// noteTags sets the slots of the tags in a form: of a text those of pairs, of
// others those of three bytes.
func (k *Sketcher) noteTags(form []byte) {
	const low, high = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(form); i += 8 {
		v := binary.LittleEndian.Uint64(form[i:]) | fold64
		// Each test lets two bytes through that differ in one bit.
		x, y := v&^(0x40*low)^'<'*low, v&^low^'$'*low
		for t := ((x-low)&^x | (y-low)&^y) & high; t != 0; t &= t - 1 {
			k.noteTag(form, i+bits.TrailingZeros64(t)/8)
		}
	}
	for ; i < len(form); i++ {
		k.noteTag(form, i)
	}
}

// noteTag sets the slots of a tag, if one begins at an offset.
func (k *Sketcher) noteTag(form []byte, at int) {
	tag, is := tagOf(form[at] | 0x20)
	if !is || at+1 >= len(form) {
		return
	}
	pair := pairOf(tag, form[at+1]|0x20)
	switch {
	case k.kind == Text:
		if !k.tags[pair] {
			k.tags[pair] = true
			k.set(pairHashes(pair)...)
		}
	case at+2 < len(form):
		k.set(tripleHashes(pair, form[at+2]|0x20)...)
	}
}
