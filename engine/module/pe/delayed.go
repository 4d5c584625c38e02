package pe

import "candor/engine/module/pe/image"

const (
	dosHeaderSize = 64
	// maxDelayedName bounds library names in delayed imports, which libyara
	// does not: it reads on to the end of the file.
	maxDelayedName = 4096
)

// delayedDescriptor is an entry of the delay import directory, addresses
// relative to the image.
type delayedDescriptor struct {
	attributes, name, addresses, names uint32
}

// delayedImports gives the libraries that are bound when first called.
func (f *file) delayedImports() imports { return f.delayed.get(f.readDelayed) }

func (f *file) readDelayed() imports {
	r := importReader{file: f, thunks: maxThunks}
	at := int64(-1)
	if address, _ := f.Directory(image.DirectoryDelayImport); address != 0 {
		at = f.Offset(uint64(address))
	}
	// Entries without a valid name do not count as libraries, so that only the
	// end of the data bounds their number: bound it as well.
	const descriptorSize = 32
	for range 2 * maxImports {
		if !f.Fits(at, descriptorSize) || len(r.libraries) >= maxImports {
			break
		}
		d, ok := f.delayedDescriptor(at)
		if !ok {
			break
		}
		at += descriptorSize
		name, ok := f.CString(f.Offset(uint64(d.name)), maxDelayedName)
		if ok && validLibraryName(name) {
			r.libraries = append(r.libraries, library{name, r.delayedFunctions(name, d)})
		}
	}
	return r.imports
}

// delayedDescriptor reads the entry at an offset. It is not ok for the last
// entry, which is all zero, and for nonsense.
func (f *file) delayedDescriptor(at int64) (delayedDescriptor, bool) {
	empty := true
	for _, b := range f.Bytes(at, 32) {
		empty = empty && b == 0
	}
	d := delayedDescriptor{f.U32(at), f.U32(at + 4), f.U32(at + 12), f.U32(at + 16)}
	if empty || d.attributes > 1 {
		return d, false
	}
	// Visual C++ 6 wrote addresses where later linkers write offsets from the
	// image's base, and marked it by this attribute.
	if !f.Wide && d.attributes == 0 {
		d.name = uint32(f.relative(uint64(d.name)))
		d.addresses = uint32(f.relative(uint64(d.addresses)))
		d.names = uint32(f.relative(uint64(d.names)))
	}
	size := f.U32(f.Optional(56, 56))
	return d, d.names < size && d.addresses < size && d.name >= dosHeaderSize && d.names >= dosHeaderSize
}

// relative makes an address relative to the image unless it already is.
func (f *file) relative(address uint64) uint64 {
	if base := f.OptionalWord(28, 24); address > base {
		address -= base
	}
	return address
}

func (r *importReader) delayedFunctions(library []byte, d delayedDescriptor) []function {
	f := r.file
	var found []function
	size := uint64(f.pointerSize())
	for i := uint64(0); r.imports.functions < maxImports && r.thunks > 0; i++ {
		r.thunks--
		thunk, ok1 := f.pointer(f.Offset(uint64(d.names) + i*size))
		target, ok2 := f.pointer(f.Offset(uint64(d.addresses) + i*size))
		if !ok1 || !ok2 || thunk == 0 || target == 0 {
			break
		}
		fn := function{rva: uint64(d.addresses) + i*size}
		if thunk&f.ordinalFlag() != 0 {
			fn.ordinal, fn.byOrdinal = uint16(thunk), true
			fn.name = ordinalName(library, fn.ordinal)
		} else {
			if d.attributes == 0 {
				thunk = f.relative(thunk)
			}
			at := f.Offset(thunk + 2)
			if at < 0 {
				continue
			}
			fn.name, _ = f.CString(at, maxImportName)
		}
		found = append(found, fn)
		r.imports.functions++
	}
	return found
}
