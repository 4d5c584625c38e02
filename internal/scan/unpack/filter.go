package unpack

import (
	"encoding/binary"
	"io"
)

// delta undoes the filter that takes from each byte the one that lies some
// bytes before it.
type delta struct {
	r      io.Reader
	back   int
	before [256]byte
	n      int
}

func (d *delta) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	for i := range p[:n] {
		p[i] += d.before[(d.n-d.back)&0xff]
		d.before[d.n&0xff] = p[i]
		d.n++
	}
	return n, err
}

// bcj undoes the filter for x86 code that makes the targets of calls and jumps
// absolute (E8 and E9 with four bytes behind them, the highest of which is 00
// or FF).
type bcj struct {
	r     io.Reader
	room  [block]byte
	have  int    // bytes in room
	done  int    // of them, those that were converted
	given int    // of them, those that were read
	ip    uint32 // place of room in the whole
	mask  uint32 // which of the three bytes before were an E8 or E9 that was passed
	err   error
}

func (x *bcj) Read(p []byte) (int, error) {
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

// fill reads more and converts it, all but the last four bytes, which a call
// may need.
func (x *bcj) fill() {
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
	for x.done+5 <= x.have {
		x.done += x.step(x.room[x.done:x.have], x.ip+uint32(x.done))
	}
	if x.err != nil {
		x.done = x.have
	}
}

// step converts what begins here, which lies at ip, and tells how many bytes
// are done.
func (x *bcj) step(b []byte, ip uint32) int {
	if b[0]&0xfe != 0xe8 {
		x.mask = x.mask << 1 & 7
		return 1
	}
	end := func(c byte) bool { return c == 0 || c == 0xff }
	// An opcode right before may have this one in its target: then what its
	// highest byte would be decides.
	index := [8]uint32{0, 1, 2, 2, 3, 3, 3, 3}[x.mask]
	passed := x.mask == 3 || x.mask > 4 || x.mask != 0 && end(b[4-index])
	if passed || !end(b[4]) {
		x.mask = (x.mask<<1 | 1) & 7
		return 1
	}
	src := binary.LittleEndian.Uint32(b[1:])
	dest := src - (ip + 5)
	for x.mask != 0 && end(byte(dest>>(24-8*index))) {
		src = dest ^ (1<<(32-8*index) - 1)
		dest = src - (ip + 5)
	}
	dest &= 1<<25 - 1
	if dest>>24 != 0 {
		dest |= 0xff << 24
	}
	binary.LittleEndian.PutUint32(b[1:], dest)
	x.mask = 0
	return 5
}

// bcj2 undoes the filter that moves the targets of calls and of jumps to
// streams of their own; a fourth one tells, by a range coder, which were moved.
type bcj2 struct {
	main, call, jump, coded *byteReader
	begun                   bool
	width, code             uint32
	odds                    [258]uint32
	before                  byte
	given                   uint32 // bytes so far
	rest                    []byte
	room                    [5]byte
}

func newBCJ2(in []io.Reader) *bcj2 {
	b := &bcj2{main: &byteReader{r: in[0]}, call: &byteReader{r: in[1]}, jump: &byteReader{r: in[2]}, coded: &byteReader{r: in[3]}}
	for i := range b.odds {
		b.odds[i] = 1 << 10
	}
	return b
}

func (x *bcj2) Read(p []byte) (int, error) {
	for n := range p {
		if len(x.rest) == 0 {
			if err := x.next(); err != nil {
				return n, err
			}
		}
		p[n] = x.rest[0]
		x.rest = x.rest[1:]
	}
	return len(p), nil
}

// next gives the next byte, or the four of a target behind it.
func (x *bcj2) next() error {
	if !x.begun {
		x.begun, x.width = true, 1<<32-1
		for range 5 {
			if err := x.shift(); err != nil {
				return err
			}
		}
		x.width = 1<<32 - 1
	}
	c, err := x.main.ReadByte()
	if err != nil {
		return err
	}
	x.room[0] = c
	x.rest = x.room[:1]
	x.given++
	moved := false
	if c&0xfe == 0xe8 || x.before == 0x0f && c&0xf0 == 0x80 {
		if moved, err = x.bit(c); err != nil {
			return err
		}
	}
	x.before = c
	if moved {
		return x.target(c)
	}
	return nil
}

// target puts a target behind its opcode.
func (x *bcj2) target(opcode byte) error {
	from := x.jump
	if opcode == 0xe8 {
		from = x.call
	}
	var v uint32
	for range 4 {
		b, err := from.ReadByte()
		if err != nil {
			return err
		}
		v = v<<8 | uint32(b)
	}
	x.given += 4
	v -= x.given
	x.before = byte(v >> 24)
	binary.LittleEndian.PutUint32(x.room[1:], v)
	x.rest = x.room[:]
	return nil
}

// bit decodes whether the target of an opcode was moved.
func (x *bcj2) bit(opcode byte) (bool, error) {
	i := 257
	switch opcode {
	case 0xe8:
		i = int(x.before)
	case 0xe9:
		i = 256
	}
	bound := x.width >> 11 * x.odds[i]
	moved := x.code >= bound
	if moved {
		x.width -= bound
		x.code -= bound
		x.odds[i] -= x.odds[i] >> 5
	} else {
		x.width = bound
		x.odds[i] += (1<<11 - x.odds[i]) >> 5
	}
	if x.width < 1<<24 {
		return moved, x.shift()
	}
	return moved, nil
}

func (x *bcj2) shift() error {
	b, err := x.coded.ReadByte()
	if err != nil && err != io.EOF {
		return err
	}
	x.width <<= 8
	x.code = x.code<<8 | uint32(b)
	return nil
}
