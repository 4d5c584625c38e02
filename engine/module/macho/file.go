package macho

import (
	"encoding/binary"

	"candor/engine/module"
	"candor/engine/module/builtin"
)

var be = binary.BigEndian

// The sizes of a header. Even a file of 32 bits must have room for the larger.
const (
	headerSize32 = 28
	headerSize64 = 32
)

// Types of load commands.
const (
	commandSegment32  = 0x1
	commandUnixThread = 0x5
	commandSegment64  = 0x19
	commandMain       = 0x80000028
)

// file is a Mach-O file: data of at least headerSize64 bytes. A nil file is
// one without a value.
type file struct {
	data   []byte
	magic  uint32
	order  binary.ByteOrder
	narrow bool // a header of 32 bits
	work   *int // steps that load may still take

	loaded             bool
	segments           []int // where their commands are, 0 for one that could not be read
	listed             int   // commands for segments
	entry, stack       uint64
	hasEntry, hasStack bool
}

// allowance gives the steps that loading all files in these data may take: as
// many as two passes over the commands of honest files, which do not overlap,
// and half as many again to look up addresses. What a universal binary of
// thousands of overlapping files has beyond that is not seen.
func allowance(data []byte) *int {
	steps := 1024 + 3*(len(data)/8)
	return &steps
}

// openFile gives nil for data that have no room for a header.
func openFile(data []byte, work *int) *file {
	if len(data) < headerSize64 {
		return nil
	}
	f := &file{data: data, work: work, magic: be.Uint32(data), order: binary.LittleEndian}
	switch f.magic {
	case magic32, magic64, fatMagic32, fatMagic64:
		f.order = be
	}
	f.narrow = f.magic == magic32 || f.magic == cigam32
	return f
}

// Offsets given to u32 and u64 must be known to lie in the data.

func (f *file) u32(off int) uint32 { return f.order.Uint32(f.data[off:]) }
func (f *file) u64(off int) uint64 { return f.order.Uint64(f.data[off:]) }

// Field gives a value of the file. Arrays are never undefined.
func (f *file) Field(name string) module.Value {
	switch {
	case f == nil && name == "segments":
		return module.ListValue(builtin.Objects{})
	case f == nil:
		return module.Value{}
	}
	switch name {
	case "magic":
		return integer(f.magic)
	case "cputype":
		return integer(f.u32(4))
	case "cpusubtype":
		return integer(f.u32(8))
	case "filetype":
		return integer(f.u32(12))
	case "ncmds":
		return integer(f.u32(16))
	case "sizeofcmds":
		return integer(f.u32(20))
	case "flags":
		return integer(f.u32(24))
	case "reserved":
		if f.narrow {
			return module.Value{}
		}
		return integer(f.u32(28))
	}
	f.load()
	return f.loadedField(name)
}

func (f *file) loadedField(name string) module.Value {
	switch {
	case name == "segments":
		return module.ListValue(builtin.Objects{N: len(f.segments), Elem: func(i int) module.Object { return f.segment(i) }})
	case name == "number_of_segments":
		return integer(uint64(f.listed))
	case name == "entry_point" && f.hasEntry:
		return integer(f.entry)
	case name == "stack_size" && f.hasStack:
		return integer(f.stack)
	}
	return module.Value{}
}

// load goes through the load commands, once: first for the segments, then for
// what is computed with them. The last command that says so has the entry point.
func (f *file) load() {
	if f.loaded {
		return
	}
	f.loaded = true
	f.commands(func(kind uint32, off int) {
		if kind == commandSegment32 || kind == commandSegment64 {
			f.addSegment(off)
		}
	})
	f.commands(func(kind uint32, off int) {
		switch kind {
		case commandUnixThread:
			f.readThread(off)
		case commandMain:
			f.readMain(off)
		}
	})
}

// commands calls visit for each load command, which starts at off and whose
// claimed size lies in the data. It ends at the first for which that is not so.
func (f *file) commands(visit func(kind uint32, off int)) {
	off := headerSize64
	if f.narrow {
		off = headerSize32
	}
	for n := f.u32(16); n > 0 && len(f.data)-off >= 8; n-- {
		size := f.u32(off + 4)
		if size < 8 || uint64(size) > uint64(len(f.data)-off) || *f.work <= 0 {
			return
		}
		*f.work--
		visit(f.u32(off), off)
		off += int(size)
	}
}

// readMain reads LC_MAIN.
func (f *file) readMain(off int) {
	if len(f.data)-off < 24 {
		return
	}
	f.entry, f.hasEntry = f.u64(off+8), true
	f.stack, f.hasStack = f.u64(off+16), true
}

// offset gives where an address lies in the file.
func (f *file) offset(address uint64) (off uint64, ok bool) {
	if *f.work -= len(f.segments); *f.work < 0 {
		return 0, false
	}
	for i := range f.segments {
		s := f.segment(i)
		if s.file == nil {
			continue
		}
		if start := s.address(); address >= start && address < start+s.memorySize() {
			return s.fileOffset() + (address - start), true
		}
	}
	return 0, false
}

// integer gives an unsigned number as a Value.
func integer[T uint32 | uint64](n T) module.Value { return module.IntValue(int64(n)) }
