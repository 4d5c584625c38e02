package unpack

import (
	"encoding/binary"
	"io"
)

// branches undoes a filter that made the targets of calls in code of fixed
// places absolute. A step looks at what begins at a place, which lies at ip,
// and tells how many bytes are done.
type branches struct {
	r     io.Reader
	step  func(b []byte, ip uint32) int
	reach int // bytes that a step may need
	room  [block]byte
	have  int    // bytes in room
	done  int    // of them, those that were converted
	given int    // of them, those that were read
	ip    uint32 // place of room in the whole
	err   error
}

func (x *branches) Read(p []byte) (int, error) {
	for x.given == x.done {
		if x.err != nil && x.given == x.have {
			return 0, x.err
		}
		x.fill()
	}
	n := copy(p, x.room[x.given:x.done])
	x.given += n
	return n, nil
}

// fill reads more and converts it, all but the last bytes, which the next step
// may need.
func (x *branches) fill() {
	x.ip += uint32(x.done)
	x.have = copy(x.room[:], x.room[x.done:x.have])
	x.done, x.given = 0, 0
	if x.err == nil {
		var n int
		n, x.err = io.ReadFull(x.r, x.room[x.have:])
		x.have += n
		if x.err == io.ErrUnexpectedEOF {
			x.err = io.EOF
		}
	}
	for x.done+x.reach <= x.have {
		x.done += x.step(x.room[x.done:x.have], x.ip+uint32(x.done))
	}
	if x.err != nil {
		x.done = x.have
	}
}

// newBranches gives a reader that undoes the filter of a method of 7z, nil if
// there is none.
func newBranches(method uint64, r io.Reader) io.Reader {
	switch method {
	case sevenARM:
		return &branches{r: r, step: armStep, reach: 4}
	case sevenARMT:
		return &branches{r: r, step: thumbStep, reach: 4}
	case sevenARM64:
		return &branches{r: r, step: arm64Step, reach: 4}
	case sevenPPC:
		return &branches{r: r, step: ppcStep, reach: 4}
	case sevenSPARC:
		return &branches{r: r, step: sparcStep, reach: 4}
	}
	return nil
}

// armStep looks for BL, which counts words from eight bytes ahead.
func armStep(b []byte, ip uint32) int {
	if b[3] == 0xeb {
		v := binary.LittleEndian.Uint32(b)
		binary.LittleEndian.PutUint32(b, 0xeb<<24|(v-(ip+8)>>2)&0xffffff)
	}
	return 4
}

// thumbStep looks for the two halves of BL, which counts half words from four
// bytes ahead.
func thumbStep(b []byte, ip uint32) int {
	high, low := uint32(binary.LittleEndian.Uint16(b)), uint32(binary.LittleEndian.Uint16(b[2:]))
	if high&0xf800 != 0xf000 || low&0xf800 != 0xf800 {
		return 2
	}
	v := (high&0x7ff<<11 | low&0x7ff) - (ip+4)>>1
	binary.LittleEndian.PutUint16(b, uint16(0xf000|v>>11&0x7ff))
	binary.LittleEndian.PutUint16(b[2:], uint16(0xf800|v&0x7ff))
	return 4
}

// arm64Step looks for BL, which counts words, and for ADRP, which counts pages
// and is filtered where it does not go far.
func arm64Step(b []byte, ip uint32) int {
	v := binary.LittleEndian.Uint32(b)
	switch {
	case v>>26 == 0x25:
		binary.LittleEndian.PutUint32(b, 0x25<<26|(v-ip>>2)&0x3ffffff)
	case v&0x9f000000 == 0x90000000:
		page := v>>29&3 | v>>3&0x1ffffc
		if (page+0x20000)&0x1c0000 != 0 {
			break
		}
		page -= ip >> 12
		binary.LittleEndian.PutUint32(b, v&0x9000001f|page&3<<29|page&0x3fffc<<3|(0-page&0x20000)&0xe00000)
	}
	return 4
}

// ppcStep looks for BL, which counts bytes.
func ppcStep(b []byte, ip uint32) int {
	if v := binary.BigEndian.Uint32(b); v&0xfc000003 == 0x48000001 {
		binary.BigEndian.PutUint32(b, 0x48000001|(v-ip)&0x3fffffc)
	}
	return 4
}

// sparcStep looks for CALL, which counts words, where it does not go far.
func sparcStep(b []byte, ip uint32) int {
	v := binary.BigEndian.Uint32(b)
	if v>>22 == 0x100 || v>>22 == 0x1ff {
		v = v<<2 - ip
		v >>= 2
		binary.BigEndian.PutUint32(b, (0-v>>22&1)<<22&0x3fffffff|v&0x3fffff|0x40000000)
	}
	return 4
}
