package elf

import (
	"bytes"

	"candor/engine/module"
)

// Types of sections.
const (
	sectionNull         = 0
	sectionSymbols      = 2
	sectionStrings      = 3
	sectionNoBits       = 8
	sectionDynamicNames = 11
)

// section is an entry of the section table, at base in the file.
type section struct {
	*file
	base int
}

func (f *file) sectionSize() int { return f.size(40, 64) }

func (f *file) section(i int) module.Object { return f.sectionAt(i) }

// sectionAt gives section i of those that the file holds.
func (f *file) sectionAt(i int) section {
	return section{f, int(f.shOffset) + i*f.sectionSize()}
}

func (s section) name() uint64    { return s.u32(s.base) }
func (s section) kind() uint64    { return s.u32(s.base + 4) }
func (s section) flags() uint64   { return s.word(s.base, 8, 8) }
func (s section) address() uint64 { return s.word(s.base, 12, 16) }
func (s section) offset() uint64  { return s.word(s.base, 16, 24) }
func (s section) size() uint64    { return s.word(s.base, 20, 32) }
func (s section) link() uint64    { return s.u32(s.base + s.file.size(24, 40)) }

// Field gives a member of the section.
func (s section) Field(name string) module.Value {
	switch name {
	case "name":
		return s.sectionNames().at(s.name())
	case "type":
		return integer(s.kind())
	case "flags":
		return integer(s.flags())
	case "address":
		return integer(s.address())
	case "size":
		return integer(s.size())
	case "offset":
		return integer(s.offset())
	}
	return module.Value{}
}

// sectionNames gives the table of the names of sections: from where its
// section starts to the end of the file.
func (f *file) sectionNames() *stringTable {
	if f.names == nil {
		f.names = &stringTable{}
		off := f.sectionAt(int(f.shNames)).offset()
		if 0 < off && off < uint64(len(f.data)) {
			f.names.data = f.data[off:]
		}
	}
	return f.names
}

// stringTable is a table of NUL-terminated strings. A valid one starts with NUL.
type stringTable struct {
	data []byte
	// ends[i] is the place of the first NUL at or after i*stride, or the length
	// of data. It keeps hostile tables, in which thousands of names run to the
	// same distant NUL, from being searched over and over.
	ends []int
}

const stride = 4096

// at gives the string at an offset; it is undefined where the table is
// invalid or ends before the string does.
func (t *stringTable) at(off uint64) module.Value {
	if len(t.data) == 0 || t.data[0] != 0 || off > 1<<31-1 || off >= uint64(len(t.data)) {
		return module.Value{}
	}
	start := int(off)
	next := (start/stride + 1) * stride
	near := t.data[start:min(next, len(t.data))]
	if i := bytes.IndexByte(near, 0); i >= 0 {
		return module.BytesValue(near[:i])
	}
	if next >= len(t.data) {
		return module.Value{}
	}
	if t.ends == nil {
		t.findEnds()
	}
	end := t.ends[next/stride]
	if end == len(t.data) {
		return module.Value{}
	}
	return module.BytesValue(t.data[start:end])
}

func (t *stringTable) findEnds() {
	t.ends = make([]int, (len(t.data)+stride-1)/stride)
	end := len(t.data)
	for i := len(t.ends) - 1; i >= 0; i-- {
		block := t.data[i*stride : min((i+1)*stride, len(t.data))]
		if j := bytes.IndexByte(block, 0); j >= 0 {
			end = i*stride + j
		}
		t.ends[i] = end
	}
}
