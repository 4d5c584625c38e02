package macho

import "encoding/binary"

// threadHeader is the size of LC_UNIXTHREAD before the registers.
const threadHeader = 16

// registers tells of a machine how many bytes its registers take in
// LC_UNIXTHREAD, and where in them the instruction pointer is.
type registers struct {
	size, pointer int
	wide          bool // the pointer has 64 bits
}

// threads holds the registers by CPU type (Apple, mach/machine/thread_status.h).
var threads = map[uint32]registers{
	0x00000006: {72, 68, false},   // Motorola 68000
	0x0000000d: {136, 124, false}, // Motorola 88000
	0x0000000e: {76, 4, false},    // SPARC
	0x00000012: {160, 0, false},   // PowerPC
	0x00000007: {64, 40, false},   // x86
	0x0000000c: {68, 60, false},   // ARM
	0x01000007: {168, 128, true},  // x86-64
	0x0100000c: {268, 256, true},  // ARM64
	0x01000012: {304, 0, true},    // PowerPC64
}

// readThread takes the entry point from LC_UNIXTHREAD at off, if a segment has it.
func (f *file) readThread(off int) {
	r, known := threads[f.u32(4)]
	rest := f.data[off:]
	if !known || len(rest) < threadHeader {
		return
	}
	// libyara takes this size as little-endian whatever the file's order: of a
	// big-endian file it is too large, and the rest of the data counts.
	if size := binary.LittleEndian.Uint32(rest[4:]); uint64(size) < uint64(len(rest)) {
		rest = rest[:size]
	}
	if len(rest) < threadHeader+r.size {
		return
	}
	at := off + threadHeader + r.pointer
	address := uint64(0)
	if r.wide {
		address = f.u64(at)
	} else {
		address = uint64(f.u32(at))
	}
	if entry, ok := f.offset(address); ok {
		f.entry, f.hasEntry = entry, true
	}
}
