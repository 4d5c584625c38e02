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
func pairOf(tag uint32, c byte) uint32 { return tag<<7 | short(c) }

// short is what a folded byte says, in seven bits.
func short(c byte) uint32 { return uint32(c&0x1f | c>>1&0x60) }

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

// noteTags sets the marks of the tags in a form: those of three bytes, those near
// its edges, and of a text those of pairs.
func (k *Sketcher) noteTags(form []byte) {
	at := 0
	for at+32 <= len(form) {
		masks := k.masks[:min((len(form)-at)/32, len(k.masks))]
		tagMasks(masks, form[at:])
		for _, m := range masks {
			for ; m != 0; m &= m - 1 {
				k.noteTag(form, at+bits.TrailingZeros32(m))
			}
			at += 32
		}
	}
	for ; at < len(form); at++ {
		k.noteTag(form, at)
	}
}

// tagMasks tells of each 32 bytes, a bit for each, which begin a tag.
func tagMasks(dst []uint32, form []byte) {
	if wide {
		tagMasksAVX2(&dst[0], &form[0], len(dst))
		return
	}
	tagBlocks(dst, form)
}

func tagBlocks(dst []uint32, form []byte) {
	for i := range dst {
		b := form[32*i : 32*i+32]
		dst[i] = uint32(tagsAmong(binary.LittleEndian.Uint64(b))*gather>>56 | tagsAmong(binary.LittleEndian.Uint64(b[8:]))*gather>>56<<8 |
			tagsAmong(binary.LittleEndian.Uint64(b[16:]))*gather>>56<<16 | tagsAmong(binary.LittleEndian.Uint64(b[24:]))*gather>>56<<24)
	}
}

// tagsAmong tells of eight bytes which begin a tag, by the lowest bit of each.
func tagsAmong(v uint64) uint64 {
	const low, rest = 0x0101010101010101, 0x7f7f7f7f7f7f7f7f
	v |= fold64
	x, y := v&^(0x40*low)^'<'*low, v&^low^'$'*low // in each two are told that differ in one bit
	x, y = x&rest+rest|x, y&rest+rest|y           // those have no highest bit now
	return ^(x & y) >> 7 & low
}

// noteTag sets the marks of a tag, if one begins at an offset.
func (k *Sketcher) noteTag(form []byte, at int) {
	tag, is := tagOf(form[at] | 0x20)
	if !is || at+1 >= len(form) {
		return
	}
	pair := pairOf(tag, form[at+1]|0x20)
	if at < nearBegin {
		k.marks.setAll(beginHashes(pair))
	}
	if at >= len(form)-nearEnd {
		k.marks.setAll(endHashes(pair))
	}
	if at+2 < len(form) {
		third := form[at+2] | 0x20
		t := pair<<7 | short(third)
		if k.triples[t/64]>>(t%64)&1 != 0 {
			return
		}
		k.triples[t/64] |= 1 << (t % 64)
		k.marks.setAll(tripleHashes(pair, third))
	}
	if k.kind == Text {
		k.marks.setAll(pairHashes(pair))
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
