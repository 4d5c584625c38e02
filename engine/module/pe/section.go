package pe

import (
	"bytes"

	"candor/engine/module/pe/image"
	"candor/engine/module/pe/record"
)

// symbolSize is the size of an entry of the COFF symbol table, which the string
// table follows.
const symbolSize = 18

// section is an entry of the section table with its name in the string table.
type section struct {
	*image.Section
	file *file
}

func sectionSchema() record.Schema[section] {
	type s = section
	return record.Schema[section]{
		"name":                    record.Text(s.name),
		"full_name":               record.Text(s.fullName),
		"characteristics":         record.Int(func(v s) int64 { return int64(v.Characteristics) }),
		"virtual_address":         record.Int(func(v s) int64 { return int64(v.VirtualAddress) }),
		"virtual_size":            record.Int(func(v s) int64 { return int64(v.VirtualSize) }),
		"raw_data_offset":         record.Int(func(v s) int64 { return int64(v.RawOffset) }),
		"raw_data_size":           record.Int(func(v s) int64 { return int64(v.RawSize) }),
		"pointer_to_relocations":  record.Int(func(v s) int64 { return int64(v.Relocations) }),
		"pointer_to_line_numbers": record.Int(func(v s) int64 { return int64(v.LineNumbers) }),
		"number_of_relocations":   record.Int(func(v s) int64 { return int64(v.NumRelocations) }),
		"number_of_line_numbers":  record.Int(func(v s) int64 { return int64(v.NumLineNumbers) }),
	}
}

func (f *file) sections() []section {
	all := make([]section, len(f.Sections))
	for i := range all {
		all[i] = section{&f.Sections[i], f}
	}
	return all
}

// name gives the short name without its padding: NULs inside stay.
func (s section) name() []byte { return bytes.TrimRight(s.Name, "\x00") }

// fullName follows names such as "/42" into the string table. It is nil where
// that leads nowhere or to something unprintable.
func (s section) fullName() []byte {
	symbols := int64(s.file.U32(s.file.Header + 12))
	if symbols == 0 || s.Name[0] != '/' {
		return s.name()
	}
	at := symbols + int64(s.file.U32(s.file.Header+16))*symbolSize
	var index int64
	for _, c := range s.Name[1:] {
		if c < '0' || c > '9' {
			break
		}
		index = index*10 + int64(c-'0')
	}
	name, ok := s.file.CString(at+index, s.file.Size())
	if !ok {
		return nil
	}
	for _, c := range name {
		if c < ' ' || c > '~' {
			return nil
		}
	}
	return name
}

// overlay gives what follows the section that ends last in the file, 0 and 0
// if nothing does.
func (f *file) overlay() span {
	var end uint64
	for i := range f.Sections {
		s := &f.Sections[i]
		// The sum wraps at 32 bits where sections are compared, but not where
		// the last one is measured: so libyara has it.
		if uint64(s.RawOffset+s.RawSize) > end {
			end = uint64(s.RawOffset) + uint64(s.RawSize)
		}
	}
	if size := uint64(f.Size()); end != 0 && end < size {
		return span{int64(end), int64(size - end)}
	}
	return span{}
}

// sectionAt gives the index of the section whose raw data holds the offset.
func (f *file) sectionAt(offset int64) (int64, bool) {
	for i := range f.Sections {
		start := int64(f.Sections[i].RawOffset)
		if offset >= start && offset < start+int64(f.Sections[i].RawSize) {
			return int64(i), true
		}
	}
	return 0, false
}

// sectionNamed gives the index of the first section of that name.
func (f *file) sectionNamed(name []byte) (int64, bool) {
	for i, s := range f.sections() {
		if bytes.Equal(cut(s.name()), cut(name)) {
			return int64(i), true
		}
	}
	return 0, false
}
