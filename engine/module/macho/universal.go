package macho

import (
	"candor/engine/module"
	"candor/engine/module/builtin"
)

// Magic numbers, read as big-endian. In the files that apply the CIGAM of fat
// binaries their header is big-endian all the same, and of 64 bits.
const (
	magic32 = 0xfeedface
	cigam32 = 0xcefaedfe
	magic64 = 0xfeedfacf
	cigam64 = 0xcffaedfe

	fatMagic32 = 0xcafebabe
	fatCigam32 = 0xbebafeca
	fatMagic64 = 0xcafebabf
	fatCigam64 = 0xbfbafeca
)

const fatHeaderSize = 8

// maxOpened bounds the files that are kept once they were opened.
const maxOpened = 64

// universal is a universal binary: a table of architectures, and for each a file.
type universal struct {
	data   []byte
	narrow bool // entries of 32 bits
	archs  int  // entries of the table, 0 if not all of them are in the data
	files  int  // up to the last entry whose file lies in the data
	opened map[int]*file
	work   *int // see allowance
}

// arch is an entry of the table.
type arch struct {
	cpuType, cpuSubtype, align uint32
	offset, size               uint64
}

// openUniversal finds the table in data of at least four bytes. It gives nil
// for data without a whole header.
func openUniversal(data []byte, narrow bool) *universal {
	if len(data) < fatHeaderSize {
		return nil
	}
	u := &universal{data: data, narrow: narrow, opened: make(map[int]*file), work: allowance(data)}
	if n := uint64(be.Uint32(data[4:])); n <= uint64((len(data)-fatHeaderSize)/u.archSize()) {
		u.archs = int(n)
	}
	for u.files = u.archs; u.files > 0 && !u.holds(u.arch(u.files-1)); u.files-- {
	}
	return u
}

func (u *universal) archSize() int {
	if u.narrow {
		return 20
	}
	return 32
}

// arch gives entry i of the table.
func (u *universal) arch(i int) arch {
	b := u.data[fatHeaderSize+i*u.archSize():]
	a := arch{cpuType: be.Uint32(b), cpuSubtype: be.Uint32(b[4:])}
	if u.narrow {
		a.offset, a.size = uint64(be.Uint32(b[8:])), uint64(be.Uint32(b[12:]))
		a.align = be.Uint32(b[16:])
	} else {
		a.offset, a.size = be.Uint64(b[8:]), be.Uint64(b[16:])
		a.align = be.Uint32(b[24:])
	}
	return a
}

// holds tells whether the file of an entry lies in the data.
func (u *universal) holds(a arch) bool {
	size := uint64(len(u.data))
	return a.offset <= size && a.size <= size-a.offset
}

// file gives the file of entry i, nil if it does not lie in the data or is too
// short for a header. Whether it has a magic number is not looked at.
func (u *universal) file(i int) *file {
	f, ok := u.opened[i]
	if ok {
		return f
	}
	if a := u.arch(i); u.holds(a) {
		f = openFile(u.data[a.offset:a.offset+a.size], u.work)
	}
	if len(u.opened) < maxOpened {
		u.opened[i] = f
	}
	return f
}

func (u *universal) field(name string) module.Value {
	switch {
	case name == "fat_arch" && u != nil:
		return module.ListValue(builtin.Objects{N: u.archs, Elem: func(i int) module.Object { return u.arch(i) }})
	case name == "file" && u != nil:
		return module.ListValue(builtin.Objects{N: u.files, Elem: func(i int) module.Object { return u.file(i) }})
	case name == "fat_arch" || name == "file":
		return module.ListValue(builtin.Objects{})
	case u == nil:
		return module.Value{}
	case name == "fat_magic":
		return integer(be.Uint32(u.data))
	}
	return integer(be.Uint32(u.data[4:]))
}

// Field gives a member of the entry.
func (a arch) Field(name string) module.Value {
	switch name {
	case "cputype":
		return integer(a.cpuType)
	case "cpusubtype":
		return integer(a.cpuSubtype)
	case "offset":
		return integer(a.offset)
	case "size":
		return integer(a.size)
	case "align":
		return integer(a.align)
	}
	return module.Value{}
}
