package index

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// marks has a byte for each place of a sketch, set where its bit is to be set: what
// is noted is stored, and nothing has to be read for it. Their number is a power of
// two.
type marks []byte

// set is a mark that is set, by its highest bit.
const set = 0x80

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

func (m marks) set(place uint32) { m[place&uint32(len(m)-1)] = set }

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
func (m marks) appendBits(dst []byte) (b []byte, count int) {
	at := len(dst)
	b = slices.Grow(dst, len(m)/8)[:at+len(m)/8]
	highBits(b[at:], m)
	for i := at; i < len(b); i += 8 {
		count += bits.OnesCount64(binary.LittleEndian.Uint64(b[i:]))
	}
	return b, count
}

// gather times eight bytes has their lowest bits in the highest byte, if they have
// no others.
const gather = 0x0102040810204080

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
		m[fourHash(uint32(v))&mask] = set
		m[fourHash(uint32(v>>8))&mask] = set
		m[fourHash(uint32(v>>16))&mask] = set
		m[fourHash(uint32(v>>24))&mask] = set
		m[fourHash(uint32(v>>32))&mask] = set
		v = binary.LittleEndian.Uint64(form[4:]) | fold64
		m[fourHash(uint32(v>>8))&mask] = set
		m[fourHash(uint32(v>>16))&mask] = set
		m[fourHash(uint32(v>>24))&mask] = set
	}
	for ; len(form) >= 4; form = form[1:] {
		m[fourHash(binary.LittleEndian.Uint32(form)|0x20202020)&mask] = set
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
		m[densePlace(uint32(d), uint32(other))&mask] = set
		m[densePlace(uint32(d>>8), uint32(other>>8))&mask] = set
		m[densePlace(uint32(d>>16), uint32(other>>16))&mask] = set
		m[densePlace(uint32(d>>24), uint32(other>>24))&mask] = set
	}
	for ; len(form) >= 4; form = form[1:] {
		m[denseHash(binary.LittleEndian.Uint32(form)|0x20202020)&mask] = set
	}
}

// noteWords sets the marks of all sequences of wordLen bytes that may be text.
func (k *Sketcher) noteWords(form []byte) {
	at := 0
	for blocks := len(form) / 32; blocks > 1; blocks = (len(form) - at) / 32 {
		high := k.high[:4*min(blocks, len(k.high)/4)]
		highBits(high, form[at:])
		for ; len(high) >= 8; high = high[4:] {
			one := ^binary.LittleEndian.Uint64(high) // it may be text, and so may others behind it
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

// highBits writes the highest bits of bytes, for each 32 that there is room for.
func highBits(dst, of []byte) {
	if wide {
		highBitsAVX2(&dst[0], &of[0], len(dst)/4)
		return
	}
	highBytes(dst, of)
}

func highBytes(dst, of []byte) {
	for i := range dst {
		dst[i] = byte(binary.LittleEndian.Uint64(of[8*i:]) & tops >> 7 * gather >> 56)
	}
}

func (m marks) notePairs(form []byte) {
	mask := uint32(len(m) - 1)
	m, two := m[:min(len(m), 1<<16)], uint64(mask&(1<<16-1))*0x0001000100010001
	for ; len(form) >= 9; form = form[8:] {
		even := twoHashes(binary.LittleEndian.Uint64(form)|fold64) & two
		m[uint16(even)] = set
		m[uint16(even>>16)] = set
		m[uint16(even>>32)] = set
		m[uint16(even>>48)] = set
		odd := twoHashes(binary.LittleEndian.Uint64(form[1:])|fold64) & two
		m[uint16(odd)] = set
		m[uint16(odd>>16)] = set
		m[uint16(odd>>32)] = set
		m[uint16(odd>>48)] = set
	}
	for ; len(form) >= 2; form = form[1:] {
		m[twoHash(binary.LittleEndian.Uint16(form)|0x2020)&mask] = set
	}
}

// twoHashes is where four folded pairs have their bits, 16 bits each. No two
// pairs share one of 1<<16, and in shorter sketches both bytes count.
func twoHashes(w uint64) uint64 {
	return w ^ w>>3&0x1fff1fff1fff1fff ^ w>>11&0x001f001f001f001f
}

// twoHash is where a folded pair has its bit.
func twoHash(pair uint16) uint32 { return uint32(twoHashes(uint64(pair))) }
