package capture

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
)

// Blocks of pcapng (draft-ietf-opsawg-pcapng).
const (
	blockSection   = 0x0a0d0d0a
	blockInterface = 1
	blockOld       = 2
	blockSimple    = 3
	blockPacket    = 6

	optionResolution = 9
	optionOffset     = 14
)

const (
	mostBlock      = 1 << 20
	mostInterfaces = 1024
)

var errBlock = errors.New("a block cannot be understood, so the file is damaged")

// device is an interface of a section.
type device struct {
	link   int
	units  uint64 // of time in a second
	offset int64  // seconds
	snap   uint32
}

// pcapNGFile reads what Wireshark writes.
type pcapNGFile struct {
	in      *bufio.Reader
	order   binary.ByteOrder
	devices []device
	data    []byte
	last    int64 // time of the last packet, for those that have none
}

func newPcapNG(in *bufio.Reader) *pcapNGFile {
	return &pcapNGFile{in: in, order: binary.LittleEndian}
}

func (f *pcapNGFile) next() (packet, error) {
	for {
		kind, body, err := f.block()
		if err != nil {
			return packet{}, err
		}
		switch kind {
		case blockInterface:
			err = f.device(body)
		case blockPacket, blockOld, blockSimple:
			p, err := f.packet(kind, body)
			if err == nil {
				f.last = p.at
			}
			return p, err
		}
		if err != nil {
			return packet{}, err
		}
	}
}

// block reads a block. One that begins a section sets the order of bytes.
func (f *pcapNGFile) block() (kind uint32, body []byte, err error) {
	head, err := f.in.Peek(12)
	if err != nil {
		if errors.Is(err, io.EOF) && len(head) > 0 {
			err = fmt.Errorf("it ends within a block: %w", io.ErrUnexpectedEOF)
		}
		return 0, nil, err
	}
	if binary.BigEndian.Uint32(head) == blockSection {
		switch binary.BigEndian.Uint32(head[8:]) {
		case 0x1a2b3c4d:
			f.order = binary.BigEndian
		case 0x4d3c2b1a:
			f.order = binary.LittleEndian
		default:
			return 0, nil, errBlock
		}
		f.devices = f.devices[:0]
	}
	kind = f.order.Uint32(head)
	n := f.order.Uint32(head[4:])
	if n < 12 || n%4 != 0 || n > mostBlock {
		return 0, nil, errBlock
	}
	if f.data, err = read(f.in, f.data, int(n)); err != nil {
		return 0, nil, err
	}
	return kind, f.data[8 : n-4], nil
}

func (f *pcapNGFile) device(b []byte) error {
	if len(b) < 8 || len(f.devices) >= mostInterfaces {
		return errBlock
	}
	d := device{link: int(f.order.Uint16(b)), units: 1e6, snap: f.order.Uint32(b[4:])}
	for b = b[8:]; len(b) >= 4; {
		code, n := f.order.Uint16(b), int(f.order.Uint16(b[2:]))
		b = b[4:]
		if n > len(b) {
			return errBlock
		}
		switch {
		case code == optionResolution && n == 1:
			d.units = resolution(b[0])
		case code == optionOffset && n == 8:
			d.offset = int64(f.order.Uint64(b))
		}
		b = b[min((n+3)&^3, len(b)):]
	}
	if d.units == 0 {
		return errBlock
	}
	f.devices = append(f.devices, d)
	return nil
}

// resolution is how many units a second has: a power of 10, or of 2; 0 if that
// cannot be.
func resolution(r byte) uint64 {
	if r&0x80 != 0 {
		return 1 << (r & 0x7f) // 0 beyond 63
	}
	if r > 19 {
		return 0
	}
	n := uint64(1)
	for range r {
		n *= 10
	}
	return n
}

func (f *pcapNGFile) packet(kind uint32, b []byte) (packet, error) {
	which, high, low, n, whole, at := uint32(0), uint32(0), uint32(0), uint32(0), uint32(0), 20
	switch {
	case kind == blockSimple && len(b) >= 4:
		whole, at = f.order.Uint32(b), 4
		n = min(whole, uint32(len(b)-4))
	case kind != blockSimple && len(b) >= 20:
		which, high, low, n, whole = f.order.Uint32(b), f.order.Uint32(b[4:]), f.order.Uint32(b[8:]), f.order.Uint32(b[12:]), f.order.Uint32(b[16:])
		if kind == blockOld {
			which = uint32(f.order.Uint16(b))
		}
	default:
		return packet{}, errBlock
	}
	if uint64(which) >= uint64(len(f.devices)) || uint64(n) > uint64(len(b)-at) {
		return packet{}, errBlock
	}
	d := f.devices[which]
	if kind == blockSimple && d.snap > 0 {
		n = min(n, d.snap)
	}
	p := packet{at: f.last, link: d.link, cut: n < whole, data: b[at : at+int(n)]}
	if kind != blockSimple {
		p.at = d.time(uint64(high)<<32 | uint64(low))
	}
	return p, nil
}

// time is a time of the device in microseconds since 1970.
func (d device) time(t uint64) int64 {
	seconds, rest := t/d.units, t%d.units
	high, low := bits.Mul64(rest, 1e6)
	micros, _ := bits.Div64(high, low, d.units) // rest is less than units, so this fits
	return (int64(seconds)+d.offset)*1e6 + int64(micros)
}
