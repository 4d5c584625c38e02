package index

import (
	"encoding/binary"
	"math/bits"

	"candor/engine/gram"
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
func pairHashes(pair uint32) places { return several(1<<48 | uint64(pair)) }

func tripleHashes(pair uint32, c byte) places {
	return several(2<<48 | uint64(pair)<<8 | uint64(c))
}

// beginHashes and endHashes are where the first two bytes of a tag have their
// bits that stands near the beginning of a form, or near its end.
func beginHashes(pair uint32) places { return several(3<<48 | uint64(pair)) }

func endHashes(pair uint32) places { return several(4<<48 | uint64(pair)) }

// What is near, in bytes.
const (
	nearBegin = 1024
	nearEnd   = 1024
)

// noteTags sets the bits of the tags in a form: of a text those of pairs, of
// others those of three bytes.
func (k *Sketcher) noteTags(form []byte) {
	i := 0
	for ; i+16 <= len(form); i += 16 {
		t, u := tagsAmong(binary.LittleEndian.Uint64(form[i:])), tagsAmong(binary.LittleEndian.Uint64(form[i+8:]))
		if t|u == 0 {
			continue
		}
		for ; t != 0; t &= t - 1 {
			k.noteTag(form, i+bits.TrailingZeros64(t)/8)
		}
		for ; u != 0; u &= u - 1 {
			k.noteTag(form, i+8+bits.TrailingZeros64(u)/8)
		}
	}
	for ; i < len(form); i++ {
		k.noteTag(form, i)
	}
}

// tagsAmong tells of eight bytes which may begin a tag, by the highest bit of
// each.
func tagsAmong(v uint64) uint64 {
	const low, high = 0x0101010101010101, 0x8080808080808080
	v |= fold64
	x, y := v&^(0x40*low)^'<'*low, v&^low^'$'*low // in each two are told that differ in one bit
	return ((x-low)&^x | (y-low)&^y) & high
}

// noteTag sets the bits of a tag, if one begins at an offset.
func (k *Sketcher) noteTag(form []byte, at int) {
	tag, is := tagOf(form[at] | 0x20)
	if !is || at+1 >= len(form) {
		return
	}
	pair := pairOf(tag, form[at+1]|0x20)
	if k.kind == Text {
		if !k.tags[pair] {
			k.tags[pair] = true
			k.setAll(pairHashes(pair))
		}
		return
	}
	if at+2 < len(form) {
		k.setAll(tripleHashes(pair, form[at+2]|0x20))
	}
	if at < nearBegin {
		k.setAll(beginHashes(pair))
	}
	if at >= len(form)-nearEnd {
		k.setAll(endHashes(pair))
	}
}

// atEdge gives the bits of the tags of an atom for where its pattern begins.
func atEdge(a gram.Atom, within int64) (all []uint32) {
	if within == 0 || a.At < 0 || within < -nearEnd {
		return nil
	}
	for i := range len(a.Bytes) - 1 {
		tag, is := tagOf(a.Bytes[i])
		if !is || within > 0 && within+int64(a.At+i) > nearBegin {
			continue
		}
		hashes := beginHashes(pairOf(tag, a.Bytes[i+1]))
		if within < 0 {
			hashes = endHashes(pairOf(tag, a.Bytes[i+1]))
		}
		all = append(all, hashes[:]...)
	}
	return all
}
