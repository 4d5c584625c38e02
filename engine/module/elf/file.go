package elf

import (
	"bytes"
	"encoding/binary"

	"candor/engine/module"
)

// file is an ELF file whose header has been read. Counts and offsets are what
// the header claims, but for sections and segments, which are 0 unless the
// whole table lies in the file.
type file struct {
	data  []byte
	order binary.ByteOrder
	wide  bool // 64 bits

	kind, machine             uint16
	entry, phOffset, shOffset uint64
	phEntrySize, phCount      uint16
	shEntrySize, shCount      uint16
	shNames                   uint16 // index of the section that holds the names of sections

	sections, segments int

	entryOffset *module.Value // these four once asked for
	names       *stringTable  // of the sections
	symbols     *symbolTables
	dynamics    *dynamicTable
}

// Values of the header that mean something else than they say.
const (
	reservedSections = 0xff00 // SHN_LORESERVE: the true count is in section 0
	extendedSegments = 0xffff // PN_XNUM: likewise
	typeExecutable   = 2      // ET_EXEC
)

// open reads the header. It gives nil for what is no ELF file, and for one
// that ends with its header.
func open(data []byte) *file {
	if len(data) < 16 || !bytes.HasPrefix(data, []byte("\x7fELF")) {
		return nil
	}
	f := &file{data: data}
	switch data[5] {
	case 1:
		f.order = binary.LittleEndian
	case 2:
		f.order = binary.BigEndian
	default:
		return nil
	}
	switch {
	case data[4] == 1 && len(data) > 52:
		f.phOffset, f.shOffset = f.u32(28), f.u32(32)
		f.entry = f.u32(24)
		f.readCounts(42)
	case data[4] == 2 && len(data) > 64:
		f.wide = true
		f.phOffset, f.shOffset = f.u64(32), f.u64(40)
		f.entry = f.u64(24)
		f.readCounts(54)
	default:
		return nil
	}
	f.kind, f.machine = f.u16(16), f.u16(18)
	f.findTables()
	return f
}

// readCounts reads the six 16-bit fields that end the header, which start at off.
func (f *file) readCounts(off int) {
	f.phEntrySize, f.phCount = f.u16(off), f.u16(off+2)
	f.shEntrySize, f.shCount = f.u16(off+4), f.u16(off+6)
	f.shNames = f.u16(off + 8)
}

func (f *file) findTables() {
	if f.shCount < reservedSections && f.shNames < f.shCount &&
		f.holds(f.shOffset, int(f.shCount)*f.sectionSize()) {
		f.sections = int(f.shCount)
	}
	if f.phCount < extendedSegments && f.holds(f.phOffset, int(f.phCount)*f.segmentSize()) {
		f.segments = int(f.phCount)
	}
}

// holds tells whether n bytes at off lie in the file, and off before its end.
func (f *file) holds(off uint64, n int) bool {
	size := uint64(len(f.data))
	return off < size && uint64(n) <= size-off
}

// Offsets given to u16, u32, u64 and word must be known to lie in the data.

func (f *file) u16(off int) uint16 { return f.order.Uint16(f.data[off:]) }
func (f *file) u32(off int) uint64 { return uint64(f.order.Uint32(f.data[off:])) }
func (f *file) u64(off int) uint64 { return f.order.Uint64(f.data[off:]) }

// word reads an address, offset or size: 32 bits at off32 of a structure at
// base in files of 32 bits, 64 bits at off64 in files of 64.
func (f *file) word(base, off32, off64 int) uint64 {
	if f.wide {
		return f.u64(base + off64)
	}
	return f.u32(base + off32)
}

// sum adds two words, modulo 2^32 in files of 32 bits.
func (f *file) sum(a, b uint64) uint64 {
	if f.wide {
		return a + b
	}
	return uint64(uint32(a + b))
}

// size gives the size of a structure by the bits of the file.
func (f *file) size(narrow, wide int) int {
	if f.wide {
		return wide
	}
	return narrow
}

func (f *file) headerField(name string) module.Value {
	switch name {
	case "type":
		return integer(uint64(f.kind))
	case "machine":
		return integer(uint64(f.machine))
	case "entry_point":
		if f.entryOffset == nil {
			v := f.entryPoint()
			f.entryOffset = &v
		}
		return *f.entryOffset
	case "number_of_sections":
		return integer(uint64(f.shCount))
	case "sh_offset":
		return integer(f.shOffset)
	case "sh_entry_size":
		return integer(uint64(f.shEntrySize))
	case "number_of_segments":
		return integer(uint64(f.phCount))
	case "ph_offset":
		return integer(f.phOffset)
	case "ph_entry_size":
		return integer(uint64(f.phEntrySize))
	}
	return module.Value{}
}

// entryPoint gives the offset in the file of the entry point: by the segments
// of an executable, by the sections of anything else. It is undefined where
// the entry is 0 or in none of them.
func (f *file) entryPoint() module.Value {
	switch {
	case f.entry == 0:
		return module.Value{}
	case f.kind == typeExecutable:
		return f.throughSegments(f.entry)
	}
	return f.throughSections(f.entry)
}

// Unlike the lists, entry points are looked up in tables whose count is
// reserved, too, and for sections without regard to the table of names.

func (f *file) throughSegments(address uint64) module.Value {
	n := int(f.phCount)
	if f.phOffset == 0 || !f.holds(f.phOffset, n*f.segmentSize()) {
		return module.Value{}
	}
	for i := range n {
		s := segment{f, int(f.phOffset) + i*f.segmentSize()}
		if start := s.address(); address >= start && address < f.sum(start, s.memorySize()) {
			return integer(s.offset() + (address - start))
		}
	}
	return module.Value{}
}

func (f *file) throughSections(address uint64) module.Value {
	n := int(f.shCount)
	if f.shOffset == 0 || !f.holds(f.shOffset, n*f.sectionSize()) {
		return module.Value{}
	}
	for i := range n {
		s := section{f, int(f.shOffset) + i*f.sectionSize()}
		if k := s.kind(); k == sectionNull || k == sectionNoBits {
			continue
		}
		if start := s.address(); address >= start && address < f.sum(start, s.size()) {
			return integer(s.offset() + (address - start))
		}
	}
	return module.Value{}
}

func integer(n uint64) module.Value { return module.IntValue(int64(n)) }
