package index

import "encoding/binary"

// bitmap has room for the longest sketch.
type bitmap [1 << (maxClass - 6)]uint64

func (b *bitmap) set(place uint32) { b[place>>6&(1<<(maxClass-6)-1)] |= 1 << (place & 63) }

// note sets the bits of all sequences of four bytes in a form, of the tags, and
// of the pairs if they are wanted.
func (k *Sketcher) note(form []byte) {
	k.noteTags(form)
	if k.kind == Dense {
		noteDense(k.bits, k.mask, form)
		return
	}
	noteFour(k.bits, k.mask, form)
	if k.short {
		notePairs(k.bits, k.mask, form)
	}
}

// noteFour sets the bits of all sequences of four bytes.
func noteFour(b *bitmap, mask uint32, form []byte) {
	for ; len(form) >= 12; form = form[8:] {
		v := binary.LittleEndian.Uint64(form) | fold64
		b.set(fourHash(uint32(v)) & mask)
		b.set(fourHash(uint32(v>>8)) & mask)
		b.set(fourHash(uint32(v>>16)) & mask)
		b.set(fourHash(uint32(v>>24)) & mask)
		b.set(fourHash(uint32(v>>32)) & mask)
		v = binary.LittleEndian.Uint64(form[4:]) | fold64
		b.set(fourHash(uint32(v>>8)) & mask)
		b.set(fourHash(uint32(v>>16)) & mask)
		b.set(fourHash(uint32(v>>24)) & mask)
	}
	for ; len(form) >= 4; form = form[1:] {
		b.set(fourHash(binary.LittleEndian.Uint32(form)|0x20202020) & mask)
	}
}

// noteDense is noteFour with the hash of dense contents: written out, so that there
// is no call for each byte.
func noteDense(b *bitmap, mask uint32, form []byte) {
	for ; len(form) >= 12; form = form[8:] {
		v := binary.LittleEndian.Uint64(form) | fold64
		b.set(denseHash(uint32(v)) & mask)
		b.set(denseHash(uint32(v>>8)) & mask)
		b.set(denseHash(uint32(v>>16)) & mask)
		b.set(denseHash(uint32(v>>24)) & mask)
		b.set(denseHash(uint32(v>>32)) & mask)
		v = binary.LittleEndian.Uint64(form[4:]) | fold64
		b.set(denseHash(uint32(v>>8)) & mask)
		b.set(denseHash(uint32(v>>16)) & mask)
		b.set(denseHash(uint32(v>>24)) & mask)
	}
	for ; len(form) >= 4; form = form[1:] {
		b.set(denseHash(binary.LittleEndian.Uint32(form)|0x20202020) & mask)
	}
}

func notePairs(b *bitmap, mask uint32, form []byte) {
	two := uint64(mask&(1<<16-1)) * 0x0001000100010001
	for ; len(form) >= 9; form = form[8:] {
		even := twoHashes(binary.LittleEndian.Uint64(form)|fold64) & two
		b.set(uint32(uint16(even)))
		b.set(uint32(uint16(even >> 16)))
		b.set(uint32(uint16(even >> 32)))
		b.set(uint32(uint16(even >> 48)))
		odd := twoHashes(binary.LittleEndian.Uint64(form[1:])|fold64) & two
		b.set(uint32(uint16(odd)))
		b.set(uint32(uint16(odd >> 16)))
		b.set(uint32(uint16(odd >> 32)))
		b.set(uint32(uint16(odd >> 48)))
	}
	for ; len(form) >= 2; form = form[1:] {
		b.set(twoHash(binary.LittleEndian.Uint16(form)|0x2020) & mask)
	}
}

// twoHashes is where four folded pairs have their bits, 16 bits each. No two
// pairs share one of 1<<16, and in shorter sketches both bytes count.
func twoHashes(w uint64) uint64 {
	return w ^ w>>3&0x1fff1fff1fff1fff ^ w>>11&0x001f001f001f001f
}

// twoHash is where a folded pair has its bit.
func twoHash(pair uint16) uint32 { return uint32(twoHashes(uint64(pair))) }
