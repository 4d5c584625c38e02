package dotnet

import "bytes"

// typeString is the type of constants that are strings (ECMA-335, II.23.1.16).
const typeString = 0x0e

// assemblyVersion is the four numbers of a version.
type assemblyVersion [4]int64

// assemblyRef is an assembly that this one needs.
type assemblyRef struct {
	version   assemblyVersion
	key, name []byte
}

// resource is a file that the assembly holds or points to. offset and length
// are those of an embedded one.
type resource struct {
	name           []byte
	embedded       bool
	offset, length int64
}

func (a *assembly) moduleName() []byte {
	if r, ok := a.table(tModule).first(); ok {
		return r.name(1)
	}
	return nil
}

func (a *assembly) table(number int) *table { return &a.layout().of[number] }

// first gives the first row of a table with at most one, which libyara reads
// even if the table says that it has none.
func (x *table) first() (row, bool) {
	r := row{x, x.at}
	return r, x.present && x.file.Fits(x.at, x.size)
}

// each yields the rows of a table that are in the file.
func (x *table) each(yield func(row) bool) {
	for i := range x.rows {
		r, ok := x.row(i + 1)
		if !ok || !yield(r) {
			return
		}
	}
}

// identity gives the row of the assembly itself.
func (a *assembly) identity() (row, bool) { return a.table(tAssembly).first() }

// versionIn reads a version that begins at a column.
func (r row) versionIn(column int) (v assemblyVersion) {
	for i := range v {
		v[i] = int64(r.cell(column + i))
	}
	return v
}

func (a *assembly) assemblyRefs() []assemblyRef {
	return a.refs.get(func() (refs []assemblyRef) {
		for r := range a.table(tAssemblyRef).each {
			ref := assemblyRef{version: r.versionIn(0)}
			if key, ok := a.blob(r.cell(5)); ok {
				if len(key) > 0 {
					ref.key = key
				}
				ref.name = r.name(6)
			}
			refs = append(refs, ref)
		}
		return refs
	})
}

func (a *assembly) moduleRefs() (names [][]byte) {
	x := a.table(tModuleRef)
	for i := range int64(x.rows) {
		at := x.at + i*x.size
		if !a.Fits(at, 4) {
			break
		}
		if name := (row{x, at}).name(0); name != nil {
			names = append(names, name)
		}
	}
	return names
}

// constants gives the constants that are strings.
func (a *assembly) constants() (all [][]byte) {
	for r := range a.table(tConstant).each {
		if r.cell(0) != typeString || !a.insideFile(r.cell(2)) {
			continue
		}
		b, _ := a.blob(r.cell(2))
		all = append(all, b)
	}
	return all
}

// fieldOffsets gives where in the file the initial values of fields are.
func (a *assembly) fieldOffsets() (all []int64) {
	x := a.table(tFieldRVA)
	for i := range int64(x.rows) {
		at := x.at + i*x.size
		if !a.Fits(at, 8) {
			break
		}
		if offset := a.Offset(uint64(a.U32(at))); offset >= 0 {
			all = append(all, offset)
		}
	}
	return all
}

func (a *assembly) manifestResources() []resource {
	return a.res.get(func() (all []resource) {
		for r := range a.table(tManifestResource).each {
			x := resource{name: r.name(2)}
			if at := a.resources + int64(r.cell(0)); r.cell(3) == 0 && a.Fits(at, 4) {
				x.embedded, x.offset, x.length = true, at+4, int64(a.U32(at))
			}
			all = append(all, x)
		}
		return all
	})
}

// typeLibrary gives the GUID that the attribute Guid gives to the assembly,
// nil if it has none.
func (a *assembly) typeLibrary() []byte {
	return a.typelib.get(func() (id []byte) {
		members, types := a.table(tMemberRef), a.table(tTypeRef)
		if !members.present || !types.present {
			return nil
		}
		for r := range a.table(tCustomAttribute).each {
			// Both columns tell by their lowest bits which table they point into.
			const assembly, memberRef = 0x0e, 3
			if r.cell(0)&0x1f != assembly || r.cell(1)&7 != memberRef {
				continue
			}
			is, ok := a.isGUIDAttribute(members, types, r.cell(1)>>3)
			if !ok {
				break
			}
			if !is {
				continue
			}
			if s := a.attributeString(r.cell(2)); s != nil {
				id = s
			}
		}
		return id
	})
}

// isGUIDAttribute tells whether the member is one of a type GuidAttribute. It
// is not ok if that is outside of the file.
func (a *assembly) isGUIDAttribute(members, types *table, member uint32) (is, ok bool) {
	m := row{members, members.at + members.size*int64(max(member, 1)-1)}
	if !a.Fits(m.at, members.size) {
		return false, false
	}
	const typeRef = 1
	class := a.U16(m.at)
	if class&7 != typeRef {
		return false, true
	}
	t := row{types, types.at + types.size*int64(max(class>>3, 1)-1)}
	if !a.Fits(t.at, types.size) {
		return false, false
	}
	name := t.name(1)
	return name == nil || bytes.HasPrefix(name, []byte("GuidAttribute")), true
}

// attributeString gives the string that is the argument of an attribute
// (ECMA-335, II.23.3), nil if there is none.
func (a *assembly) attributeString(index uint32) []byte {
	if index == 0 || !a.insideFile(index) {
		return nil
	}
	b, start, _ := a.blobAt(a.blobs.offset + int64(index))
	if len(b) < 3 || b[0] != 1 || b[1] != 0 {
		return nil
	}
	length := int64(b[2])
	if !a.Fits(start+3, length) {
		return nil
	}
	if first := a.U8(start + 3); first == 0xff || first == 0 {
		return []byte{}
	}
	s, _ := a.CString(start+3, length)
	return s
}
