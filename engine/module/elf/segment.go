package elf

import (
	"candor/engine/module"
	"candor/engine/module/builtin"
)

const segmentDynamic = 2 // PT_DYNAMIC

// segment is an entry of the program header table, at base in the file.
type segment struct {
	*file
	base int
}

func (f *file) segmentSize() int { return f.size(32, 56) }

func (f *file) segment(i int) module.Object { return f.segmentAt(i) }

// segmentAt gives segment i of those that the file holds.
func (f *file) segmentAt(i int) segment {
	return segment{f, int(f.phOffset) + i*f.segmentSize()}
}

func (s segment) kind() uint64       { return s.u32(s.base) }
func (s segment) flags() uint64      { return s.u32(s.base + s.size(24, 4)) }
func (s segment) offset() uint64     { return s.word(s.base, 4, 8) }
func (s segment) address() uint64    { return s.word(s.base, 8, 16) }
func (s segment) physical() uint64   { return s.word(s.base, 12, 24) }
func (s segment) fileSize() uint64   { return s.word(s.base, 16, 32) }
func (s segment) memorySize() uint64 { return s.word(s.base, 20, 40) }
func (s segment) alignment() uint64  { return s.word(s.base, 28, 48) }

// Field gives a member of the segment.
func (s segment) Field(name string) module.Value {
	switch name {
	case "type":
		return integer(s.kind())
	case "flags":
		return integer(s.flags())
	case "offset":
		return integer(s.offset())
	case "virtual_address":
		return integer(s.address())
	case "physical_address":
		return integer(s.physical())
	case "file_size":
		return integer(s.fileSize())
	case "memory_size":
		return integer(s.memorySize())
	case "alignment":
		return integer(s.alignment())
	}
	return module.Value{}
}

// dynamicTable holds where the dynamic entries are. Of several dynamic
// segments, which no linker writes, a later one hides as many entries of the
// earlier ones as it has itself: runs holds them in order of length, the
// longest first, each later in the file's table than those before it.
type dynamicTable struct {
	found bool // whether there is a dynamic segment at all
	last  int  // entries of the last one
	runs  []dynamicRun
}

type dynamicRun struct{ base, n int }

// dynamic finds the dynamic entries. It reads at most four times as many as
// the file can hold; dynamic segments after that are not looked at.
func (f *file) dynamic() *dynamicTable {
	if f.dynamics != nil {
		return f.dynamics
	}
	t := &dynamicTable{}
	f.dynamics = t
	budget := 4 * (len(f.data)/f.dynamicSize() + 1)
	for i := 0; i < f.segments && budget > 0; i++ {
		s := f.segmentAt(i)
		if s.kind() != segmentDynamic {
			continue
		}
		run := dynamicRun{int(s.offset()), 0}
		if s.offset() < uint64(len(f.data)) {
			run.n = f.countDynamic(run.base)
		}
		budget -= run.n + 1
		t.found, t.last = true, run.n
		for len(t.runs) > 0 && t.runs[len(t.runs)-1].n <= run.n {
			t.runs = t.runs[:len(t.runs)-1]
		}
		t.runs = append(t.runs, run)
	}
	return t
}

func (f *file) dynamicSize() int { return f.size(8, 16) }

// countDynamic counts the entries from base up to the one of type DT_NULL,
// which counts, or to the end of the file.
func (f *file) countDynamic(base int) (n int) {
	for size := f.dynamicSize(); base+(n+1)*size <= len(f.data); {
		tag := f.word(base+n*size, 0, 0)
		n++
		if tag == 0 {
			break
		}
	}
	return n
}

func (f *file) dynamicField(name string) module.Value {
	t := f.dynamic()
	if name == "dynamic" {
		n := 0
		if len(t.runs) > 0 {
			n = t.runs[0].n
		}
		return module.ListValue(builtin.Objects{N: n, Elem: f.dynamicEntry})
	}
	if !t.found {
		return module.Value{}
	}
	return module.IntValue(int64(t.last))
}

// dynamicEntry gives entry i, of the last run that has as many.
func (f *file) dynamicEntry(i int) module.Object {
	runs := f.dynamic().runs
	at := len(runs) - 1
	for at > 0 && runs[at].n <= i {
		at--
	}
	return dynamicEntry{f, runs[at].base + i*f.dynamicSize()}
}

// dynamicEntry is an entry of the dynamic section, at base in the file.
type dynamicEntry struct {
	*file
	base int
}

// Field gives a member of the entry.
func (d dynamicEntry) Field(name string) module.Value {
	switch name {
	case "type":
		return integer(d.word(d.base, 0, 0))
	case "val":
		return integer(d.word(d.base, 4, 8))
	}
	return module.Value{}
}
