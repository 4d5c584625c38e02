package pe

import (
	"crypto/md5"
	"encoding/hex"

	"candor/engine/module"
	"candor/engine/module/pe/image"
	"candor/engine/module/pe/record"
)

const (
	maxImports     = 16384 // libraries, and functions of all of them
	maxLibraryName = 256
	maxImportName  = 512
	// maxThunks bounds the entries looked at, good or bad. libyara has no such
	// bound and takes minutes over tables that point at each other.
	maxThunks = 1 << 19
)

// imports is what an import directory holds.
type imports struct {
	libraries []library
	functions int // in all of them
}

type library struct {
	name      []byte
	functions []function
}

// function is an imported function. byOrdinal tells whether ordinal is
// meaningful.
type function struct {
	name      []byte
	ordinal   uint16
	byOrdinal bool
	rva       uint64
}

func librarySchema() record.Schema[library] {
	functions := record.Schema[function]{
		"name":    record.Text(func(f function) []byte { return f.name }),
		"ordinal": record.MaybeInt(func(f function) (int64, bool) { return int64(f.ordinal), f.byOrdinal }),
		"rva":     record.MaybeInt(func(f function) (int64, bool) { return int64(f.rva), f.rva != 0 }),
	}
	return record.Schema[library]{
		"library_name":        record.Text(func(l library) []byte { return l.name }),
		"number_of_functions": record.Int(func(l library) int64 { return int64(len(l.functions)) }),
		"functions":           record.List(functions, func(l library) []function { return l.functions }),
	}
}

func importCount(of func(*file) imports) record.Member[*file] {
	return record.Int(func(f *file) int64 { return int64(len(of(f).libraries)) })
}

func functionCount(of func(*file) imports) record.Member[*file] {
	return record.Int(func(f *file) int64 { return int64(of(f).functions) })
}

func importLibraries(of func(*file) imports) func(*file) []library {
	return func(f *file) []library { return of(f).libraries }
}

// standardImports gives the libraries that the loader binds at start.
func (f *file) standardImports() imports { return f.imports.get(f.readImports) }

func (f *file) readImports() imports {
	r := importReader{file: f, thunks: maxThunks}
	at := int64(-1)
	if address, _ := f.Directory(image.DirectoryImport); address != 0 {
		at = f.Offset(uint64(address))
	}
	const descriptorSize = 20
	for range maxImports {
		if !f.Fits(at, descriptorSize) || f.U32(at+12) == 0 {
			break
		}
		name, ok := f.CString(f.Offset(uint64(f.U32(at+12))), maxLibraryName)
		if ok && validLibraryName(name) {
			functions := r.functions(name, f.U32(at), f.U32(at+16))
			if len(functions) > 0 {
				r.libraries = append(r.libraries, library{name, functions})
			}
		}
		at += descriptorSize
	}
	return r.imports
}

// importReader collects imports.
type importReader struct {
	imports
	file   *file
	thunks int // entries that may still be looked at
}

// functions reads the table that lookup points to, or address if that leads
// nowhere.
func (r *importReader) functions(library []byte, lookup, address uint32) []function {
	f := r.file
	at := f.Offset(uint64(lookup))
	if at <= 0 {
		at = f.Offset(uint64(address))
	}
	var found []function
	size := f.pointerSize()
	for i := range int64(maxImports) {
		thunk, ok := f.pointer(at)
		if !ok || thunk == 0 || r.imports.functions >= maxImports || r.thunks == 0 {
			break
		}
		r.thunks--
		fn, ok := f.function(library, thunk)
		if ok {
			fn.rva = uint64(address) + uint64(i*size)
			if !f.Wide {
				fn.rva = uint64(uint32(fn.rva))
			}
			found = append(found, fn)
			r.imports.functions++
		}
		at += size
	}
	return found
}

// function reads what an entry of a lookup table points to.
func (f *file) function(library []byte, thunk uint64) (function, bool) {
	if flag := f.ordinalFlag(); thunk&flag != 0 {
		if thunk > flag|0xffff {
			return function{}, false
		}
		ordinal := uint16(thunk)
		name := ordinalName(library, ordinal)
		return function{name: name, ordinal: ordinal, byOrdinal: true}, validFunctionName(name)
	}
	at := f.Offset(thunk)
	if !f.Fits(at, 3) { // a hint and at least one byte
		return function{}, false
	}
	name, _ := f.CString(at+2, maxImportName)
	return function{name: name}, validFunctionName(name)
}

func (f *file) pointerSize() int64 {
	if f.Wide {
		return 8
	}
	return 4
}

// ordinalFlag is the bit of a lookup table's entry that marks ordinals.
func (f *file) ordinalFlag() uint64 {
	if f.Wide {
		return 1 << 63
	}
	return 1 << 31
}

// pointer reads a number that is as wide as an address of the image.
func (f *file) pointer(at int64) (uint64, bool) {
	if !f.Fits(at, f.pointerSize()) {
		return 0, false
	}
	if f.Wide {
		return f.U64(at), true
	}
	return uint64(f.U32(at)), true
}

// validLibraryName tells whether a file on Windows can have that name.
func validLibraryName(name []byte) bool {
	for _, c := range name {
		switch {
		case c < ' ', c > '~', c == '"', c == '*', c == '<', c == '>', c == '?', c == '|':
			return false
		}
	}
	return len(name) > 0
}

// validFunctionName tells whether pefile, whose import hashes everybody
// compares with, takes that name.
func validFunctionName(name []byte) bool {
	for _, c := range name {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case c == '.', c == '_', c == '?', c == '@', c == '$', c == '(', c == ')', c == '<', c == '>':
		default:
			return false
		}
	}
	return len(name) > 0
}

// importHash gives Mandiant's import hash: the MD5 of "library.function" of
// every import, in lower case, separated by commas.
func (f *file) importHash() []byte {
	return f.imphash.get(func() []byte {
		var list []byte
		for _, l := range f.standardImports().libraries {
			name := withoutExtension(l.name)
			for _, fn := range l.functions {
				if len(list) > 0 {
					list = append(list, ',')
				}
				list = append(append(append(list, name...), '.'), fn.name...)
			}
		}
		for i := range list {
			list[i] = lower(list[i])
		}
		sum := md5.Sum(list)
		return []byte(hex.EncodeToString(sum[:]))
	})
}

// withoutExtension drops an extension that begins with ocx, sys or dll.
func withoutExtension(name []byte) []byte {
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] != '.' {
			continue
		}
		for _, ext := range []string{".ocx", ".sys", ".dll"} {
			if hasPrefixFold(name[i:], ext) {
				return name[:i]
			}
		}
		break
	}
	return name
}

// importsFunction tells whether any library of that name gives a function that
// is wanted, and the first such.
func (i imports) find(name []byte, wanted func(function) bool) (function, bool) {
	for _, l := range i.libraries {
		if !equalFold(l.name, name) {
			continue
		}
		for _, fn := range l.functions {
			if wanted(fn) {
				return fn, true
			}
		}
	}
	return function{}, false
}

// count gives the number of functions imported from the libraries of that name.
func (i imports) count(name []byte) (n int64) {
	for _, l := range i.libraries {
		if equalFold(l.name, name) {
			n += int64(len(l.functions))
		}
	}
	return n
}

// countMatching gives the number of functions that match, from libraries that
// do. A match of no characters is none.
func (i imports) countMatching(name, fn module.Matcher) (n int64) {
	for _, l := range i.libraries {
		if length, ok := name.Match(l.name); !ok || length == 0 {
			continue
		}
		for _, f := range l.functions {
			if length, ok := fn.Match(f.name); ok && length > 0 {
				n++
			}
		}
	}
	return n
}
