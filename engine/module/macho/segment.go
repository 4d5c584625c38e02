package macho

import (
	"bytes"

	"candor/engine/module"
	"candor/engine/module/builtin"
)

// segment is a command for a segment, at base in the file. Its file is nil
// where the data ended before the command did.
type segment struct {
	*file
	base int
	wide bool // 64 bits, which need not be those of the header
}

// addSegment lists the command at off. One that the data cut short counts,
// and leaves a gap in the list if others follow.
func (f *file) addSegment(off int) {
	f.listed++
	if len(f.data)-off < f.segmentAt(off).size() {
		return
	}
	for len(f.segments) < f.listed-1 {
		f.segments = append(f.segments, 0)
	}
	f.segments = append(f.segments, off)
}

// segment gives segment i of those listed.
func (f *file) segment(i int) segment {
	if f.segments[i] == 0 {
		return segment{}
	}
	return f.segmentAt(f.segments[i])
}

func (f *file) segmentAt(off int) segment {
	return segment{f, off, f.u32(off) == commandSegment64}
}

// size gives the size of the command without the sections that follow it.
func (s segment) size() int {
	if s.wide {
		return 72
	}
	return 56
}

// word reads address or size number i, which follow the name.
func (s segment) word(i int) uint64 {
	if s.wide {
		return s.u64(s.base + 24 + 8*i)
	}
	return uint64(s.u32(s.base + 24 + 4*i))
}

// tail reads 32-bit field number i of the four that end the command.
func (s segment) tail(i int) uint32 { return s.u32(s.base + s.size() - 16 + 4*i) }

func (s segment) address() uint64    { return s.word(0) }
func (s segment) memorySize() uint64 { return s.word(1) }
func (s segment) fileOffset() uint64 { return s.word(2) }

// Field gives a member of the segment.
func (s segment) Field(name string) module.Value {
	if s.file == nil {
		if name == "sections" {
			return module.ListValue(builtin.Objects{})
		}
		return module.Value{}
	}
	switch name {
	case "segname":
		return text(s.data[s.base+8:])
	case "vmaddr":
		return integer(s.address())
	case "vmsize":
		return integer(s.memorySize())
	case "fileoff":
		return integer(s.fileOffset())
	case "fsize":
		return integer(s.word(3))
	case "maxprot":
		return integer(s.tail(0))
	case "initprot":
		return integer(s.tail(1))
	case "nsects":
		return integer(s.tail(2))
	case "flags":
		return integer(s.tail(3))
	case "sections":
		return module.ListValue(builtin.Objects{N: s.sections(), Elem: s.section})
	}
	return module.Value{}
}

// sections gives the number of sections: those that are claimed, and fit into
// the command.
func (s segment) sections() int {
	room := int(s.u32(s.base+4)) - s.size()
	if room < 0 {
		return 0
	}
	return int(min(uint64(s.tail(2)), uint64(room/s.sectionSize())))
}

func (s segment) sectionSize() int {
	if s.wide {
		return 80
	}
	return 68
}

func (s segment) section(i int) module.Object {
	return section{s, s.base + s.size() + i*s.sectionSize()}
}

// section is a section of a segment, at base in the file.
type section struct {
	segment
	base int
}

// Field gives a member of the section.
func (s section) Field(name string) module.Value {
	switch name {
	case "sectname":
		return text(s.data[s.base:])
	case "segname":
		return text(s.data[s.base+16:])
	case "addr":
		return s.word(0)
	case "size":
		return s.word(1)
	case "offset":
		return s.tail(0)
	case "align":
		return s.tail(1)
	case "reloff":
		return s.tail(2)
	case "nreloc":
		return s.tail(3)
	case "flags":
		return s.tail(4)
	case "reserved1":
		return s.tail(5)
	case "reserved2":
		return s.tail(6)
	case "reserved3":
		if s.wide {
			return s.tail(7)
		}
	}
	return module.Value{}
}

func (s section) word(i int) module.Value {
	if s.wide {
		return integer(s.u64(s.base + 32 + 8*i))
	}
	return integer(s.u32(s.base + 32 + 4*i))
}

// tail reads 32-bit field number i of those after the two words.
func (s section) tail(i int) module.Value {
	off := 40
	if s.wide {
		off = 48
	}
	return integer(s.u32(s.base + off + 4*i))
}

// text gives a name of up to 16 bytes, which a NUL ends if it is shorter.
func text(b []byte) module.Value {
	b = b[:16]
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return module.BytesValue(b)
}
