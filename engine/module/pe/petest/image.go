// Package petest makes Windows executables for tests, and touches everything
// that a module offers.
package petest

import "encoding/binary"

const (
	headerSize = 0x400
	alignment  = 0x200
	peOffset   = 0x100
)

// Image is an executable to be made.
type Image struct {
	Wide        bool // 64-bit
	Machine     uint16
	Flags       uint16 // characteristics
	EntryPoint  uint32
	Sections    []Section
	Directories [16][2]uint32 // address and size
	Rich        []uint32      // pairs of tool and count; nil for none
	Overlay     []byte
}

// Section is a section to be made. Its raw data is padded.
type Section struct {
	Name    string
	Address uint32
	Flags   uint32
	Data    []byte
}

var le = binary.LittleEndian

// Bytes makes the executable.
func (m *Image) Bytes() []byte {
	h := make([]byte, headerSize)
	copy(h, "MZ")
	le.PutUint32(h[60:], peOffset)
	m.putRich(h)
	pe := h[peOffset:]
	copy(pe, "PE\x00\x00")
	optional, base := 224, 28
	le.PutUint16(pe[24:], 0x10b)
	if m.Wide {
		optional, base = 240, 24
		le.PutUint16(pe[24:], 0x20b)
	}
	le.PutUint16(pe[4:], m.Machine)
	le.PutUint16(pe[6:], uint16(len(m.Sections)))
	le.PutUint32(pe[8:], 0x5f000000) // timestamp
	le.PutUint16(pe[20:], uint16(optional))
	le.PutUint16(pe[22:], m.Flags)
	opt := pe[24:]
	opt[2], opt[3] = 14, 29
	for at, v := range map[int]uint32{
		4: 0x1200, 8: 0x400, 16: m.EntryPoint, 20: 0x1000, base: 0x400000, 32: 0x1000, 36: alignment,
		40: 6, 44: 1<<16 | 2, 48: 6, 56: 0x100000, 60: headerSize, 64: 0xabcdef, 68: 0x81400003,
		72: 0x100000, optional - 132: 16,
	} {
		le.PutUint32(opt[at:], v)
	}
	for i, d := range m.Directories {
		le.PutUint32(opt[optional-128+i*8:], d[0])
		le.PutUint32(opt[optional-124+i*8:], d[1])
	}
	var body []byte
	for i, s := range m.Sections {
		e := h[peOffset+24+optional+i*40:]
		raw := padded(s.Data, alignment)
		copy(e[:8], s.Name)
		for at, v := range map[int]uint32{8: uint32(len(s.Data)), 12: s.Address, 16: uint32(len(raw)), 20: headerSize + uint32(len(body)), 36: s.Flags} {
			le.PutUint32(e[at:], v)
		}
		body = append(body, raw...)
	}
	return append(append(h, body...), m.Overlay...)
}

// putRich writes a Rich header at its usual place.
func (m *Image) putRich(h []byte) {
	if m.Rich == nil {
		return
	}
	const key = 0x8f3a1c55
	words := append([]uint32{0x536e6144, 0, 0, 0}, m.Rich...)
	at := 0x80
	for _, w := range words {
		le.PutUint32(h[at:], w^key)
		at += 4
	}
	copy(h[at:], "Rich")
	le.PutUint32(h[at+4:], key)
}

func padded(b []byte, to int) []byte {
	return append(append([]byte{}, b...), make([]byte, (to-len(b)%to)%to)...)
}

// Layout is the contents of a section as it is laid out.
type Layout struct {
	Address uint32
	Data    []byte
}

// Next gives the address of what is put next, on a boundary of 8.
func (l *Layout) Next() uint32 {
	l.Data = padded(l.Data, 8)
	return l.Address + uint32(len(l.Data))
}

// Put adds bytes and gives their address.
func (l *Layout) Put(b []byte) uint32 {
	at := l.Next()
	l.Data = append(l.Data, b...)
	return at
}

// String adds text that ends with NUL.
func (l *Layout) String(s string) uint32 { return l.Put([]byte(s + "\x00")) }

// Words adds numbers of 4 bytes.
func (l *Layout) Words(words ...uint32) uint32 { return l.Put(Words(words...)) }

// Words gives numbers of 4 bytes.
func Words(words ...uint32) (b []byte) {
	for _, w := range words {
		b = le.AppendUint32(b, w)
	}
	return b
}

// Halves gives numbers of 2 bytes.
func Halves(halves ...uint16) (b []byte) {
	for _, w := range halves {
		b = le.AppendUint16(b, w)
	}
	return b
}

// Wide gives text as UTF-16LE.
func Wide(s string) (b []byte) {
	for _, r := range s {
		b = le.AppendUint16(b, uint16(r))
	}
	return b
}
