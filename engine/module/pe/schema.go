package pe

import (
	"candor/engine/module/pe/image"
	"candor/engine/module/pe/record"
)

// fileSchema gives the members of the module.
func fileSchema() record.Schema[*file] {
	s := record.Schema[*file]{
		"is_pe":      record.Int(func(*file) int64 { return 1 }),
		"overlay":    record.Struct(spanSchema(), (*file).overlay),
		"pdb_path":   record.Text((*file).pdb),
		"sections":   record.List(sectionSchema(), (*file).sections),
		"image_base": record.Int(func(f *file) int64 { return int64(f.OptionalWord(28, 24)) }),
		"base_of_data": record.MaybeInt(func(f *file) (int64, bool) {
			return int64(f.U32(f.Optional(24, 0))), !f.Wide
		}),
		"entry_point": record.Int(func(f *file) int64 {
			return f.Offset(uint64(f.U32(f.Optional(16, 16))))
		}),
		"data_directories": record.List(directorySchema(), (*file).directories),
		"rich_signature":   record.Struct(richSchema(), (*file).richSignature),

		"number_of_imports":            importCount((*file).standardImports),
		"number_of_imported_functions": functionCount((*file).standardImports),
		"import_details":               record.List(librarySchema(), importLibraries((*file).standardImports)),

		"number_of_delayed_imports":            importCount((*file).delayedImports),
		"number_of_delayed_imported_functions": functionCount((*file).delayedImports),
		"delayed_import_details":               record.List(librarySchema(), importLibraries((*file).delayedImports)),
	}
	for name, v := range constants {
		s[name] = record.Int(func(*file) int64 { return v })
	}
	addHeader(s)
	addExports(s)
	addResources(s)
	addSignatures(s)
	addFunctions(s)
	return s
}

// addHeader adds the members that stand as they are in the headers.
func addHeader(s record.Schema[*file]) {
	for _, h := range []struct {
		name string
		at   int64 // from the signature "PE\0\0"
		size int
	}{
		{"machine", 4, 2},
		{"number_of_sections", 6, 2},
		{"timestamp", 8, 4},
		{"pointer_to_symbol_table", 12, 4},
		{"number_of_symbols", 16, 4},
		{"size_of_optional_header", 20, 2},
		{"characteristics", 22, 2},
	} {
		s[h.name] = number(h.size, func(f *file) int64 { return f.Header + h.at })
	}
	for _, h := range []struct {
		name       string
		at32, at64 int64 // in the optional header
		size       int   // 0: as wide as an address
	}{
		{"opthdr_magic", 0, 0, 2},
		{"size_of_code", 4, 4, 4},
		{"size_of_initialized_data", 8, 8, 4},
		{"size_of_uninitialized_data", 12, 12, 4},
		{"entry_point_raw", 16, 16, 4},
		{"base_of_code", 20, 20, 4},
		{"section_alignment", 32, 32, 4},
		{"file_alignment", 36, 36, 4},
		{"win32_version_value", 52, 52, 4},
		{"size_of_image", 56, 56, 4},
		{"size_of_headers", 60, 60, 4},
		{"checksum", 64, 64, 4},
		{"subsystem", 68, 68, 2},
		{"dll_characteristics", 70, 70, 2},
		{"size_of_stack_reserve", 72, 72, 0},
		{"size_of_stack_commit", 76, 80, 0},
		{"size_of_heap_reserve", 80, 88, 0},
		{"size_of_heap_commit", 84, 96, 0},
		{"loader_flags", 88, 104, 4},
		{"number_of_rva_and_sizes", 92, 108, 4},
	} {
		if h.size == 0 {
			s[h.name] = record.Int(func(f *file) int64 { return int64(f.OptionalWord(h.at32, h.at64)) })
			continue
		}
		s[h.name] = number(h.size, func(f *file) int64 { return f.Optional(h.at32, h.at64) })
	}
	for name, v := range map[string]struct {
		at   int64 // in the optional header
		size int
	}{
		"linker_version":    {2, 1},
		"os_version":        {40, 2},
		"image_version":     {44, 2},
		"subsystem_version": {48, 2},
	} {
		s[name] = record.Struct(record.Schema[*file]{
			"major": number(v.size, func(f *file) int64 { return f.Optional(v.at, v.at) }),
			"minor": number(v.size, func(f *file) int64 { return f.Optional(v.at, v.at) + int64(v.size) }),
		}, func(f *file) *file { return f })
	}
}

// number is a member that stands in the file: size bytes, 1, 2 or 4.
func number(size int, at func(*file) int64) record.Member[*file] {
	return record.Int(func(f *file) int64 {
		switch size {
		case 1:
			return int64(f.U8(at(f)))
		case 2:
			return int64(f.U16(at(f)))
		}
		return int64(f.U32(at(f)))
	})
}

// span is a run of bytes in the file or in memory.
type span struct{ at, size int64 }

func spanSchema() record.Schema[span] {
	return record.Schema[span]{
		"offset": record.Int(func(s span) int64 { return s.at }),
		"size":   record.Int(func(s span) int64 { return s.size }),
	}
}

func directorySchema() record.Schema[span] {
	return record.Schema[span]{
		"virtual_address": record.Int(func(s span) int64 { return s.at }),
		"size":            record.Int(func(s span) int64 { return s.size }),
	}
}

// directories gives the data directories that the file says it has.
func (f *file) directories() []span {
	all := make([]span, min(f.DeclaredDirectories(), image.NumDirectories))
	for i := range all {
		address, size := f.Directory(i)
		all[i] = span{int64(address), int64(size)}
	}
	return all
}
