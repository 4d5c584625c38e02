package index

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// marks has a byte for each place of a sketch, 1 where its bit is to be set: what
// is noted is stored, and nothing has to be read for it. Their number is a power of
// two.
type marks []byte

// mostKept is how many marks a Sketcher keeps for the next content.
const mostKept = 1 << 22

// begin gives so many marks, none set.
func (m marks) begin(n int) marks {
	if cap(m) < n || cap(m) > mostKept && n <= mostKept {
		return make(marks, n)
	}
	clear(m[:n])
	return m[:n]
}

// twice gives twice as many marks, which say the same.
func (m marks) twice() marks {
	n := len(m)
	m = slices.Grow(m, n)[:2*n]
	copy(m[n:], m[:n])
	return m
}

func (m marks) set(place uint32) { m[place&uint32(len(m)-1)] = 1 }

func (m marks) setAll(all places) {
	for _, h := range all {
		m.set(h)
	}
}

func (m marks) setThree(all [3]uint32) {
	m.set(all[0])
	m.set(all[1])
	m.set(all[2])
}

// appendBits appends a bit for each mark, the lowest of a byte first, and tells
// how many are set. There are at least 64.
func (m marks) appendBits(dst []byte) (b []byte, set int) {
	at := len(dst)
	b = slices.Grow(dst, len(m)/8)[:at+len(m)/8]
	if wide {
		packAVX2(&b[at], &m[0], len(m)/32)
	} else {
		m.pack(b[at:])
	}
	for i := at; i < len(b); i += 8 {
		set += bits.OnesCount64(binary.LittleEndian.Uint64(b[i:]))
	}
	return b, set
}

// gather times eight bytes has their lowest bits in the highest byte, if they have
// no others.
const gather = 0x0102040810204080

func (m marks) pack(dst []byte) {
	for i := range dst {
		dst[i] = byte(binary.LittleEndian.Uint64(m[8*i:]) * gather >> 56)
	}
}

// note sets the marks of all sequences of four bytes in a form, of the tags, and
// of the pairs if they are wanted.
func (k *Sketcher) note(form []byte) {
	k.noteTags(form)
	if k.dense {
		k.marks.noteDense(form)
		k.noteWords(form)
		return
	}
	k.marks.noteFour(form)
	if k.short {
		k.marks.notePairs(form)
	}
}

// noteFour sets the marks of all sequences of four bytes.
func (m marks) noteFour(form []byte) {
	mask := uint32(len(m) - 1)
	form = form[m.noteFourSteps(form):]
	for ; len(form) >= 12; form = form[8:] {
		v := binary.LittleEndian.Uint64(form) | fold64
		m[fourHash(uint32(v))&mask] = 1
		m[fourHash(uint32(v>>8))&mask] = 1
		m[fourHash(uint32(v>>16))&mask] = 1
		m[fourHash(uint32(v>>24))&mask] = 1
		m[fourHash(uint32(v>>32))&mask] = 1
		v = binary.LittleEndian.Uint64(form[4:]) | fold64
		m[fourHash(uint32(v>>8))&mask] = 1
		m[fourHash(uint32(v>>16))&mask] = 1
		m[fourHash(uint32(v>>24))&mask] = 1
	}
	for ; len(form) >= 4; form = form[1:] {
		m[fourHash(binary.LittleEndian.Uint32(form)|0x20202020)&mask] = 1
	}
}

// noteDense is noteFour with the places of dense contents.
func (m marks) noteDense(form []byte) {
	mask := uint32(len(m) - 1)
	for ; len(form) >= 8; form = form[4:] {
		v := binary.LittleEndian.Uint64(form) | fold64
		d := v ^ v>>8
		other := d & tops // of each three, by their lowest bit, whether they are no text
		other = (other | other>>8 | other>>16) >> 7
		m[densePlace(uint32(d), uint32(other))&mask] = 1
		m[densePlace(uint32(d>>8), uint32(other>>8))&mask] = 1
		m[densePlace(uint32(d>>16), uint32(other>>16))&mask] = 1
		m[densePlace(uint32(d>>24), uint32(other>>24))&mask] = 1
	}
	for ; len(form) >= 4; form = form[1:] {
		m[denseHash(binary.LittleEndian.Uint32(form)|0x20202020)&mask] = 1
	}
}

// noteWords sets the marks of all sequences of wordLen bytes that may be text.
func (k *Sketcher) noteWords(form []byte) {
	at := 0
	for blocks := len(form) / 32; blocks > 1; blocks = (len(form) - at) / 32 {
		high := k.masks[:min(blocks, len(k.masks))]
		highMasks(high, form[at:])
		for i := range len(high) - 1 {
			one := ^(uint64(high[i]) | uint64(high[i+1])<<32) // it may be text, and so may others behind it
			two := one & (one >> 1)
			for five := uint32(two & (two >> 2) & (one >> 4)); five != 0; five &= five - 1 {
				k.marks.setThree(wordHashes(binary.LittleEndian.Uint64(form[at+bits.TrailingZeros32(five):]) | fold64))
			}
			at += 32
		}
	}
	for ; at+wordLen <= len(form); at++ {
		var v uint64
		for i := range wordLen {
			v |= uint64(form[at+i]|0x20) << (8 * i)
		}
		if v&tops == 0 {
			k.marks.setThree(wordHashes(v))
		}
	}
}

const tops = 0x8080808080808080

// highMasks tells of each 32 bytes, a bit for each, which are beyond ASCII.
func highMasks(dst []uint32, form []byte) {
	if wide {
		highMasksAVX2(&dst[0], &form[0], len(dst))
		return
	}
	highBlocks(dst, form)
}

func highBlocks(dst []uint32, form []byte) {
	for i := range dst {
		b := form[32*i : 32*i+32]
		dst[i] = eight(b) | eight(b[8:])<<8 | eight(b[16:])<<16 | eight(b[24:])<<24
	}
}

// eight gives the highest bits of eight bytes.
func eight(b []byte) uint32 {
	return uint32(binary.LittleEndian.Uint64(b) & tops >> 7 * gather >> 56)
}

func (m marks) notePairs(form []byte) {
	mask := uint32(len(m) - 1)
	m, two := m[:min(len(m), 1<<16)], uint64(mask&(1<<16-1))*0x0001000100010001
	for ; len(form) >= 9; form = form[8:] {
		even := twoHashes(binary.LittleEndian.Uint64(form)|fold64) & two
		m[uint16(even)] = 1
		m[uint16(even>>16)] = 1
		m[uint16(even>>32)] = 1
		m[uint16(even>>48)] = 1
		odd := twoHashes(binary.LittleEndian.Uint64(form[1:])|fold64) & two
		m[uint16(odd)] = 1
		m[uint16(odd>>16)] = 1
		m[uint16(odd>>32)] = 1
		m[uint16(odd>>48)] = 1
	}
	for ; len(form) >= 2; form = form[1:] {
		m[twoHash(binary.LittleEndian.Uint16(form)|0x2020)&mask] = 1
	}
}

// twoHashes is where four folded pairs have their bits, 16 bits each. No two
// pairs share one of 1<<16, and in shorter sketches both bytes count.
func twoHashes(w uint64) uint64 {
	return w ^ w>>3&0x1fff1fff1fff1fff ^ w>>11&0x001f001f001f001f
}

// twoHash is where a folded pair has its bit.
func twoHash(pair uint16) uint32 { return uint32(twoHashes(uint64(pair))) }
