package exercise

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// format is the kind of file that the headers make of a content.
type format uint8

const (
	plain format = iota
	portable
	elf
)

// imageSize is the room that headers, imports and exports take; pieces that
// may lie anywhere lie behind it.
const imageSize = 0x1400

const (
	peHeader  = 0x80
	codeStart = 0x400 // the entry point, as an offset in the file
	elfEntry  = 0x400
)

// image is what a condition asks of an executable's headers.
type image struct {
	machine         uint16
	characteristics uint16
	timestamp       uint32
	subsystem       uint16
	wide            bool // 64 bits
	sections        []string
	dll             string // exported name
	exports         []string
	imports         map[string][]string
	elfType         uint16
}

// executable is the format that the draft needs, or that its first bytes are.
func (d draft) executable() format {
	if d.format != plain {
		return d.format
	}
	if b, ok := d.read(0, 2); ok && bytes.Equal(b, []byte("MZ")) && d.roomy() {
		return portable
	}
	if b, ok := d.read(0, 4); ok && bytes.Equal(b, []byte("\x7fELF")) && d.roomy() {
		return elf
	}
	return plain
}

func (d draft) roomy() bool {
	return d.max >= imageSize+0x400 && (d.size == unplaced || d.size > imageSize)
}

func (d draft) headers() []byte {
	switch d.executable() {
	case portable:
		return d.image.portable()
	case elf:
		return d.image.elf()
	}
	return nil
}

// portable is a PE file with one section for everything, mapped so that an
// address is its offset in the file plus 0xC00.
func (m image) portable() []byte {
	b := make([]byte, imageSize)
	le := binary.LittleEndian
	copy(b, "MZ")
	le.PutUint32(b[0x3C:], peHeader)
	copy(b[peHeader:], "PE\x00\x00")
	h := b[peHeader+4:]
	machine, optional := uint16(0x14C), 0xE0
	if m.wide {
		machine, optional = 0x8664, 0xF0
	}
	if m.machine != 0 {
		machine = m.machine
	}
	names := append([]string{}, m.sections...)
	if len(names) == 0 {
		names = []string{".text"}
	}
	le.PutUint16(h, machine)
	le.PutUint16(h[2:], uint16(len(names)))
	le.PutUint32(h[4:], m.timestamp)
	le.PutUint16(h[16:], uint16(optional))
	le.PutUint16(h[18:], 0x102|m.characteristics)
	m.optionalHeader(h[20:])
	const address = 0x1000
	for i, name := range names {
		s := h[20+optional+40*i:]
		copy(s[:8], name)
		at, raw := uint32(address), uint32(codeStart)
		if i > 0 { // the others are empty
			at, raw = uint32(0x10000+0x1000*i), imageSize
			le.PutUint32(s[8:], 0x1000)
			le.PutUint32(s[12:], at)
			le.PutUint32(s[20:], raw)
			continue
		}
		le.PutUint32(s[8:], imageSize-codeStart)
		le.PutUint32(s[12:], at)
		le.PutUint32(s[16:], imageSize-codeStart)
		le.PutUint32(s[20:], raw)
		le.PutUint32(s[36:], 0x60000020)
	}
	m.tables(b)
	return b
}

func (m image) optionalHeader(o []byte) {
	le := binary.LittleEndian
	magic, directories, subsystem := uint16(0x10B), 96, m.subsystem
	if m.wide {
		magic, directories = 0x20B, 112
	}
	if subsystem == 0 {
		subsystem = 3
	}
	le.PutUint16(o, magic)
	le.PutUint32(o[16:], 0x1000) // entry point
	if m.wide {
		le.PutUint64(o[24:], 0x140000000)
	} else {
		le.PutUint32(o[28:], 0x400000)
	}
	le.PutUint32(o[32:], 0x1000)
	le.PutUint32(o[36:], 0x200)
	le.PutUint16(o[48:], 5)
	le.PutUint32(o[56:], 0x20000)
	le.PutUint32(o[60:], 0x400)
	le.PutUint16(o[68:], subsystem)
	le.PutUint32(o[directories-4:], 16)
	if len(m.exports) > 0 || m.dll != "" {
		le.PutUint32(o[directories:], exportsAt+shift)
		le.PutUint32(o[directories+4:], 0x400)
	}
	if len(m.imports) > 0 {
		le.PutUint32(o[directories+8:], importsAt+shift)
		le.PutUint32(o[directories+12:], 0x400)
	}
}

const (
	shift     = 0x1000 - codeStart // address minus offset
	exportsAt = 0x600
	importsAt = 0xA00
)

// tables writes the export and import directories into their fixed places.
func (m image) tables(b []byte) {
	le := binary.LittleEndian
	n := len(m.exports)
	e := b[exportsAt:importsAt]
	w := &table{b: e, base: exportsAt + shift, next: 40 + 10*n}
	if n > 0 || m.dll != "" {
		le.PutUint32(e[12:], w.text(m.dll))
		le.PutUint32(e[16:], 1)
		le.PutUint32(e[20:], uint32(n))
		le.PutUint32(e[24:], uint32(n))
		le.PutUint32(e[28:], uint32(w.base+40))
		le.PutUint32(e[32:], uint32(w.base+40+4*n))
		le.PutUint32(e[36:], uint32(w.base+40+8*n))
		for i, name := range m.exports {
			if w.next+len(name) > len(e)-4 {
				break
			}
			le.PutUint32(e[40+4*i:], 0x1000)
			le.PutUint32(e[40+4*n+4*i:], w.text(name))
			le.PutUint16(e[40+8*n+2*i:], uint16(i))
		}
	}
	m.importTable(b[importsAt:imageSize])
}

func (m image) importTable(e []byte) {
	le := binary.LittleEndian
	w := &table{b: e, base: importsAt + shift, next: 20 * (len(m.imports) + 1)}
	step := 4
	if m.wide {
		step = 8
	}
	libraries := make([]string, 0, len(m.imports))
	for library := range m.imports {
		libraries = append(libraries, library)
	}
	slices.Sort(libraries)
	for i, library := range libraries {
		names := m.imports[library]
		if len(names) == 0 {
			names = []string{"f"}
		}
		thunks := w.take(step * (len(names) + 1))
		if thunks < 0 {
			return
		}
		d := e[20*i:]
		le.PutUint32(d, uint32(w.base+thunks))
		le.PutUint32(d[12:], w.text(library))
		le.PutUint32(d[16:], uint32(w.base+thunks))
		for j, name := range names {
			le.PutUint32(e[thunks+step*j:], w.text("\x00\x00"+name))
		}
	}
}

// table hands out space in a directory.
type table struct {
	b          []byte
	base, next int
}

func (t *table) take(n int) int {
	if t.next+n > len(t.b) {
		return -1
	}
	at := t.next
	t.next += n
	return at
}

// text writes a terminated text and gives its address, 0 when it is full.
func (t *table) text(s string) uint32 {
	at := t.take(len(s) + 1)
	if at < 0 {
		return 0
	}
	copy(t.b[at:], s)
	return uint32(t.base + at)
}

// elf is a 64-bit ELF header with one segment that loads everything at
// address 0x400000.
func (m image) elf() []byte {
	b := make([]byte, imageSize)
	le := binary.LittleEndian
	copy(b, "\x7fELF\x02\x01\x01")
	kind, machine := m.elfType, m.machine
	if kind == 0 {
		kind = 2
	}
	if machine == 0 {
		machine = 62
	}
	le.PutUint16(b[16:], kind)
	le.PutUint16(b[18:], machine)
	le.PutUint32(b[20:], 1)
	le.PutUint64(b[24:], 0x400000+elfEntry)
	le.PutUint64(b[32:], 64)
	le.PutUint16(b[52:], 64)
	le.PutUint16(b[54:], 56)
	le.PutUint16(b[56:], 1)
	le.PutUint16(b[58:], 64)
	p := b[64:]
	le.PutUint32(p, 1)
	le.PutUint32(p[4:], 5)
	le.PutUint64(p[16:], 0x400000)
	le.PutUint64(p[24:], 0x400000)
	le.PutUint64(p[32:], imageSize)
	le.PutUint64(p[40:], imageSize)
	le.PutUint64(p[48:], 0x1000)
	return b
}

// Portable is a small PE file without imports and exports.
func Portable() []byte { return image{}.portable() }

// PortableSection is the raw data of the first section of a PE file made by
// this package.
func PortableSection(file []byte) []byte { return file[codeStart:imageSize] }

// ELF is a small ELF file with one segment and no sections.
func ELF() []byte { return image{}.elf() }
