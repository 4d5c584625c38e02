package elf

import (
	"candor/engine/module"
	"candor/engine/module/builtin"
)

// symbolTables are the tables of symbols that the sections name, nil where
// there is none in the file.
type symbolTables struct{ static, dynamic *symbolTable }

// symbolTable is a section of symbols, and the section of their names.
type symbolTable struct {
	*file
	base, n int
	names   stringTable
}

// tables finds the tables of symbols. The last section of each type whose
// link leads to a table of strings is the one.
func (f *file) tables() *symbolTables {
	if f.symbols != nil {
		return f.symbols
	}
	f.symbols = &symbolTables{}
	static, dynamic := -1, -1
	for i := range f.sections {
		s := f.sectionAt(i)
		k := s.kind()
		if k != sectionSymbols && k != sectionDynamicNames {
			continue
		}
		if link := s.link(); link >= uint64(f.sections) || f.sectionAt(int(link)).kind() != sectionStrings {
			continue
		}
		if k == sectionSymbols {
			static = i
		} else {
			dynamic = i
		}
	}
	f.symbols.static = f.symbolTable(static)
	f.symbols.dynamic = f.symbolTable(dynamic)
	return f.symbols
}

// symbolTable gives the table in section i, nil unless it and its names lie
// wholly in the file.
func (f *file) symbolTable(i int) *symbolTable {
	if i < 0 {
		return nil
	}
	symbols := f.sectionAt(i)
	table, ok := symbols.contents()
	if !ok {
		return nil
	}
	names, ok := f.sectionAt(int(symbols.link())).contents()
	if !ok {
		return nil
	}
	t := &symbolTable{file: f, base: int(symbols.offset()), n: len(table) / f.symbolSize()}
	t.names.data = names
	return t
}

// contents gives the bytes of a section, if the file has all of them.
func (s section) contents() (b []byte, ok bool) {
	size, off := uint64(len(s.data)), s.offset()
	if off > size || s.size() > size-off {
		return nil, false
	}
	return s.data[off : off+s.size()], true
}

func (f *file) symbolSize() int { return f.size(16, 24) }

func (f *file) symbolField(name string) module.Value {
	tables := f.tables()
	t := tables.static
	if name == "dynsym" || name == "dynsym_entries" {
		t = tables.dynamic
	}
	entries := name == "symtab_entries" || name == "dynsym_entries"
	switch {
	case entries && t == nil:
		return module.Value{}
	case entries:
		return module.IntValue(int64(t.n))
	case t == nil:
		return module.ListValue(builtin.Objects{})
	}
	return module.ListValue(builtin.Objects{N: t.n, Elem: func(i int) module.Object { return t.at(i) }})
}

func (t *symbolTable) at(i int) symbol { return symbol{t, t.base + i*t.symbolSize()} }

// symbol is an entry of a table of symbols, at base in the file.
type symbol struct {
	*symbolTable
	base int
}

func (s symbol) info() byte         { return s.data[s.base+s.size(12, 4)] }
func (s symbol) kind() byte         { return s.info() & 15 }
func (s symbol) bind() byte         { return s.info() >> 4 }
func (s symbol) visibility() byte   { return s.data[s.base+s.size(13, 5)] & 3 }
func (s symbol) section() uint16    { return s.u16(s.base + s.size(14, 6)) }
func (s symbol) name() module.Value { return s.names.at(s.u32(s.base)) }

// Field gives a member of the symbol.
func (s symbol) Field(name string) module.Value {
	switch name {
	case "name":
		return s.name()
	case "value":
		return integer(s.word(s.base, 4, 8))
	case "size":
		return integer(s.word(s.base, 8, 16))
	case "type":
		return integer(uint64(s.kind()))
	case "bind":
		return integer(uint64(s.bind()))
	case "shndx":
		return integer(uint64(s.section()))
	}
	return module.Value{}
}
