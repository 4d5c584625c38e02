package elf

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// samples gives an object of each kind of ELF file: 32 and 64 bits, little-
// and big-endian, with sections, segments, dynamic entries and symbols.
func samples() map[string][]byte {
	return map[string][]byte{
		"narrow":     sample(false, binary.LittleEndian),
		"wide":       sample(true, binary.LittleEndian),
		"narrow-big": sample(false, binary.BigEndian),
		"wide-big":   sample(true, binary.BigEndian),
	}
}

// writer appends fields in the layout of one kind of ELF file.
type writer struct {
	wide  bool
	order binary.AppendByteOrder
	b     []byte
}

func (w *writer) u8(vs ...byte) { w.b = append(w.b, vs...) }
func (w *writer) u16(vs ...uint16) {
	for _, v := range vs {
		w.b = w.order.AppendUint16(w.b, v)
	}
}
func (w *writer) u32(vs ...uint32) {
	for _, v := range vs {
		w.b = w.order.AppendUint32(w.b, v)
	}
}
func (w *writer) word(vs ...uint64) {
	for _, v := range vs {
		if w.wide {
			w.b = w.order.AppendUint64(w.b, v)
		} else {
			w.b = w.order.AppendUint32(w.b, uint32(v))
		}
	}
}

func (w *writer) pick(narrow, wide uint64) uint64 {
	if w.wide {
		return wide
	}
	return narrow
}

// functions are the names of the symbols of a sample; those in imports are undefined.
var (
	functions = []string{"main", "Parse_Header", "connect_c2", "memset", "_start", "stat64", "loadKey", "openTunnel", "killProcess", "writeLog"}
	imports   = []string{"socket", "Fork", "puts"}
)

func sample(wide bool, order binary.AppendByteOrder) []byte {
	w := &writer{wide: wide, order: order}
	header := w.pick(52, 64)
	segmentSize, sectionSize, symbolSize, dynamicSize := w.pick(32, 56), w.pick(40, 64), w.pick(16, 24), w.pick(8, 16)

	names := "\x00"
	var nameOffsets []uint32
	for _, name := range append(append([]string{}, functions...), imports...) {
		nameOffsets = append(nameOffsets, uint32(len(names)))
		names += name + "\x00"
	}
	sectionNames := "\x00.text\x00.dynsym\x00.dynstr\x00.shstrtab\x00.symtab\x00.bss\x00"
	at := func(name string) uint32 { return uint32(strings.Index(sectionNames, "\x00"+name+"\x00") + 1) }

	symbols := uint64(len(nameOffsets) + 1)
	segments := header
	dynamic := segments + 3*segmentSize
	text := dynamic + 4*dynamicSize
	symtab := text + 64
	strtab := symtab + symbols*symbolSize
	shstrtab := strtab + uint64(len(names))
	sections := shstrtab + uint64(len(sectionNames))

	class, data := byte(1), byte(1)
	if wide {
		class = 2
	}
	if order == binary.BigEndian {
		data = 2
	}
	w.u8(0x7f, 'E', 'L', 'F', class, data, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	w.u16(2, 62)
	w.u32(1)
	w.word(0x400000+text+5, segments, sections)
	w.u32(0)
	w.u16(uint16(header), uint16(segmentSize), 3, uint16(sectionSize), 7, 4)

	segment := func(kind, flags uint32, off, address, size, memory uint64) {
		w.u32(kind)
		if wide {
			w.u32(flags)
		}
		w.word(off, address, address, size, memory)
		if !wide {
			w.u32(flags)
		}
		w.word(0x1000)
	}
	segment(1, 5, 0, 0x400000, symtab, symtab+100)
	segment(2, 6, dynamic, 0x400000+dynamic, 4*dynamicSize, 4*dynamicSize)
	segment(0x6474e551, 6, 0, 0, 0, 0)
	w.word(1, 1, 5, strtab, 0x6ffffffb, 8, 0, 0)
	w.u8([]byte(fmt.Sprintf("%-64s", "text"))...)

	symbol := func(name uint32, info, other byte, section uint16, value, size uint64) {
		w.u32(name)
		if wide {
			w.u8(info, other)
			w.u16(section)
			w.word(value, size)
		} else {
			w.word(value, size)
			w.u8(info, other)
			w.u16(section)
		}
	}
	symbol(0, 0, 0, 0, 0, 0)
	for i, off := range nameOffsets {
		section := uint16(1)
		if i >= len(functions) {
			section = 0
		}
		symbol(off, 0x12, 0, section, uint64(i)*16, 16)
	}
	w.b = append(append(w.b, names...), sectionNames...)

	section := func(name, kind uint32, address, off, size uint64, link uint32) {
		w.u32(name, kind)
		w.word(6, address, off, size)
		w.u32(link, 0)
		w.word(1, 0)
	}
	section(0, 0, 0, 0, 0, 0)
	section(at(".text"), 1, 0x400000+text, text, 64, 0)
	section(at(".dynsym"), 11, 0, symtab, symbols*symbolSize, 3)
	section(at(".dynstr"), 3, 0, strtab, uint64(len(names)), 0)
	section(at(".shstrtab"), 3, 0, shstrtab, uint64(len(sectionNames)), 0)
	section(at(".symtab"), 2, 0, symtab, 5*symbolSize, 3)
	section(at(".bss"), 8, 0x400000+text, text, 64, 0)
	return w.b
}
