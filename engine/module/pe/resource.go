package pe

import (
	"candor/engine/module"
	"candor/engine/module/pe/image"
	"candor/engine/module/pe/record"
)

const (
	maxResources = 65536
	// maxResourceEntries bounds the directory entries looked at. libyara has no
	// such bound and can be kept busy for hours by directories that share
	// entries.
	maxResourceEntries = 1 << 20
	maxResourceName    = 1000 // characters
	maxResourceSize    = 0x3fffffff
	typeVersion        = 16
	highBit            = 1 << 31
)

// resources is what the resource directory holds. present tells whether the
// file has one that can be read.
type resources struct {
	present      bool
	timestamp    uint32
	major, minor uint16
	list         []resource
	versions     versionInfo
}

// resource is a leaf of the resource tree with the identifiers on the way to
// it.
type resource struct {
	rva, length uint32
	offset      int64 // negative: not in the file
	id          [3]resourceID
}

// resourceID is a type, a name or a language: text as UTF-16LE or else a
// number, -1 if there is none.
type resourceID struct {
	text   []byte
	number int64
}

func addResources(s record.Schema[*file]) {
	header := func(get func(*resources) int64) record.Member[*file] {
		return record.MaybeInt(func(f *file) (int64, bool) {
			r := f.resourceTree()
			return get(r), r.present
		})
	}
	s["resource_timestamp"] = header(func(r *resources) int64 { return int64(r.timestamp) })
	s["resource_version"] = record.Struct(record.Schema[*file]{
		"major": header(func(r *resources) int64 { return int64(r.major) }),
		"minor": header(func(r *resources) int64 { return int64(r.minor) }),
	}, func(f *file) *file { return f })
	s["number_of_resources"] = record.Int(func(f *file) int64 { return int64(len(f.resourceTree().list)) })
	s["resources"] = record.List(resourceSchema(), func(f *file) []resource { return f.resourceTree().list })
	s["number_of_version_infos"] = record.Int(func(f *file) int64 { return int64(len(f.resourceTree().versions.list)) })
	s["version_info_list"] = record.List(record.Schema[versionEntry]{
		"key":   record.Text(func(e versionEntry) []byte { return e.key }),
		"value": record.Text(func(e versionEntry) []byte { return e.value }),
	}, func(f *file) []versionEntry { return f.resourceTree().versions.list })
	s["version_info"] = record.TextDict(func(f *file) module.Map { return &f.resourceTree().versions })
}

func resourceSchema() record.Schema[resource] {
	s := record.Schema[resource]{
		"rva":    record.Int(func(r resource) int64 { return int64(r.rva) }),
		"offset": record.MaybeInt(func(r resource) (int64, bool) { return r.offset, r.offset >= 0 }),
		"length": record.Int(func(r resource) int64 { return int64(r.length) }),
	}
	for i, names := range [...][2]string{{"type", "type_string"}, {"id", "name_string"}, {"language", "language_string"}} {
		s[names[0]] = record.MaybeInt(func(r resource) (int64, bool) {
			return r.id[i].number, r.id[i].text == nil && r.id[i].number != -1
		})
		s[names[1]] = record.Text(func(r resource) []byte { return r.id[i].text })
	}
	return s
}

func (f *file) resourceTree() *resources { return f.resources.get(f.readResources) }

func (f *file) readResources() *resources {
	r := &resources{}
	address, _ := f.Directory(image.DirectoryResource)
	if address == 0 {
		return r
	}
	root := f.Offset(uint64(address))
	if !f.Fits(root, 16) {
		return r
	}
	r.present = true
	r.timestamp, r.major, r.minor = f.U32(root+4), f.U16(root+8), f.U16(root+10)
	w := resourceWalk{file: f, root: root, entries: maxResourceEntries}
	for i := range w.id {
		w.id[i].number = -1
	}
	w.directory(root, 0)
	r.list, r.versions = w.list, w.versions.versionInfo
	return r
}

// resourceWalk goes through the resource tree, which has three levels: type,
// name, language.
type resourceWalk struct {
	file    *file
	root    int64
	entries int // that may still be looked at
	// id holds the identifiers on the way to where the walk is. Numbers stay
	// when the walk goes back up, so that a leaf above the lowest level gets those
	// of the leaf before it, as it does in libyara; texts do not.
	id       [3]resourceID
	list     []resource
	versions versionReader
}

// directory visits the entries of the directory at an offset, and gives false
// once there is enough.
func (w *resourceWalk) directory(at int64, level int) bool {
	f := w.file
	named, numbered := f.U16(at+12), f.U16(at+14)
	if f.U32(at) != 0 || named > 32768 || numbered > 32768 {
		return true
	}
	defer func(text []byte) { w.id[level].text = text }(w.id[level].text)
	n := int64(named) + int64(numbered)
	if !f.Fits(at+16, n*8) {
		return true
	}
	for i := range n {
		if w.entries == 0 {
			return false
		}
		w.entries--
		name, target := f.U32(at+16+i*8), f.U32(at+20+i*8)
		if target == 0 { // libyara stays at this entry to the end
			return true
		}
		w.id[level] = resourceID{w.name(name), int64(int32(name))}
		to := w.root + int64(target&^highBit)
		switch {
		case target&highBit == 0 || level == 2:
			if !w.leaf(to) {
				return false
			}
		case to != at && f.Fits(to, 16):
			if !w.directory(to, level+1) {
				return false
			}
		}
	}
	return true
}

// name gives the text that an entry's name points to, nil if it is a number.
func (w *resourceWalk) name(name uint32) []byte {
	if name&highBit == 0 {
		return nil
	}
	at := w.root + int64(name&^highBit)
	length := int64(w.file.U16(at))
	if length > maxResourceName {
		return nil
	}
	return w.file.Bytes(at+2, length*2)
}

// leaf takes the data entry at an offset, and gives false once there is enough.
func (w *resourceWalk) leaf(at int64) bool {
	f := w.file
	rva, size := f.U32(at), f.U32(at+4)
	if !f.Fits(at, 16) || size == 0 || size > maxResourceSize {
		return true
	}
	if len(w.list) >= maxResources {
		return false
	}
	r := resource{rva: rva, length: size, offset: f.Offset(uint64(rva)), id: w.id}
	if r.id[0].number == typeVersion {
		w.versions.read(f, r.offset)
	}
	w.list = append(w.list, r)
	return true
}

// speaks tells whether a resource has a language of which the bits under the
// mask are these.
func (r *resources) speaks(mask, language int64) bool {
	for i := range r.list {
		id := r.list[i].id[2]
		if id.text == nil && id.number != -1 && id.number&mask == language {
			return true
		}
	}
	return false
}
