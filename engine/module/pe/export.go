package pe

import (
	"candor/engine/module/pe/image"
	"candor/engine/module/pe/record"
)

const (
	maxExports    = 16384
	maxExportName = 512
)

// exports is what the export directory holds. present tells whether the file
// has one that can be read.
type exports struct {
	present   bool
	timestamp uint32
	dllName   []byte
	functions []export
}

// export is an exported function. offset is negative if its address is not in
// the file, and meaningless if it is forwarded.
type export struct {
	ordinal   int64
	rva       uint32
	offset    int64
	name      []byte
	forwarded []byte
}

func addExports(s record.Schema[*file]) {
	s["number_of_exports"] = record.Int(func(f *file) int64 { return int64(len(f.exported().functions)) })
	s["dll_name"] = record.Text(func(f *file) []byte { return f.exported().dllName })
	s["export_timestamp"] = record.MaybeInt(func(f *file) (int64, bool) {
		e := f.exported()
		return int64(e.timestamp), e.present
	})
	s["export_details"] = record.List(record.Schema[export]{
		"offset": record.MaybeInt(func(e export) (int64, bool) {
			return e.offset, e.offset >= 0 && e.forwarded == nil
		}),
		"name":         record.Text(func(e export) []byte { return e.name }),
		"forward_name": record.Text(func(e export) []byte { return e.forwarded }),
		"ordinal":      record.Int(func(e export) int64 { return e.ordinal }),
		"rva":          record.Int(func(e export) int64 { return int64(e.rva) }),
	}, func(f *file) []export { return f.exported().functions })
}

func (f *file) exported() exports { return f.exports.get(f.readExports) }

func (f *file) readExports() (e exports) {
	address, size := f.Directory(image.DirectoryExport)
	if address == 0 {
		return e
	}
	at := f.Offset(uint64(address))
	if !f.Fits(at, 40) {
		return e
	}
	e.present = true
	e.timestamp = f.U32(at + 4)
	nameAt := f.Offset(uint64(f.U32(at + 12)))
	if nameAt > 0 {
		e.dllName, _ = f.CString(nameAt, f.Size())
	}
	n := int64(min(f.U32(at+20), maxExports))
	if n*4 > f.Size()-nameAt {
		return e
	}
	names, ok := f.exportNames(at, n)
	functions := f.Offset(uint64(f.U32(at + 28)))
	if !ok || functions < 0 || n > 0 && !f.Fits(functions, n*4) {
		return e
	}
	base := f.U32(at + 16)
	e.functions = make([]export, n)
	for i := range e.functions {
		x := export{ordinal: int64(base + uint32(i)), rva: f.U32(functions + int64(i)*4), name: names[uint16(i)]}
		x.offset = f.Offset(uint64(x.rva))
		if x.offset > at && x.offset < at+int64(size) {
			x.forwarded, _ = f.CString(x.offset, maxExportName)
		}
		e.functions[i] = x
	}
	return e
}

// exportNames gives the names of the n functions of the export directory by
// their index. It is not ok if the tables are not in the file.
func (f *file) exportNames(directory, n int64) (map[uint16][]byte, bool) {
	count := int64(f.U32(directory + 24))
	var names int64
	if count > 0 {
		names = f.Offset(uint64(f.U32(directory + 32)))
		if names < 0 || count > (f.Size()-names)/4 {
			return nil, false
		}
	}
	indexes := f.Offset(uint64(f.U32(directory + 36)))
	if indexes < 0 || n > 0 && !f.Fits(indexes, n*2) {
		return nil, false
	}
	byIndex := make(map[uint16][]byte, min(count, n))
	for j := range min(count, n) {
		i := f.U16(indexes + j*2)
		if _, named := byIndex[i]; named { // the first name counts
			continue
		}
		byIndex[i] = nil
		if at := f.Offset(uint64(f.U32(names + j*4))); at > 0 {
			byIndex[i], _ = f.CString(at, maxExportName)
		}
	}
	return byIndex, true
}

// index gives the index of the first export that is wanted.
func (e exports) index(wanted func(export) bool) (int64, bool) {
	for i, x := range e.functions {
		if wanted(x) {
			return int64(i), true
		}
	}
	return 0, false
}

// indexOfOrdinal gives the index of the export with that ordinal. Ordinals
// past the number of exports are not looked for, even where the base makes
// them possible: so libyara has it.
func (e exports) indexOfOrdinal(ordinal int64) (int64, bool) {
	if ordinal == 0 || ordinal > int64(len(e.functions)) {
		return 0, false
	}
	return e.index(func(x export) bool { return x.ordinal == ordinal })
}
