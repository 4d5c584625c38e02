package clamav

import "slices"

// Merge joins databases into one and takes the signatures that any of them
// ignores out of force: they are in Ignored then. The order of signatures is
// that of the databases. The databases themselves are left as they are.
//
// As in libclamav, entries of .ign and .ign2 apply to hashes, bodies and
// logical signatures, and not to YARA rules or to file types.
func Merge(dbs ...*Database) *Database {
	m := &Database{}
	list := ignoreList{}
	for _, db := range dbs {
		m.Ignores = append(m.Ignores, db.Ignores...)
		m.Ignored = append(m.Ignored, db.Ignored...)
		m.FileTypes = append(m.FileTypes, db.FileTypes...)
		m.Yara = append(m.Yara, db.Yara...)
		m.Info = append(m.Info, db.Info...)
	}
	for _, i := range m.Ignores {
		list[i.Name] = append(list[i.Name], i)
	}
	for _, db := range dbs {
		m.Hashes = m.keepHashes(m.Hashes, db.Hashes, list)
		m.SectionHashes = m.keepHashes(m.SectionHashes, db.SectionHashes, list)
		m.ImportHashes = m.keepHashes(m.ImportHashes, db.ImportHashes, list)
		m.FalsePositives = m.keepHashes(m.FalsePositives, db.FalsePositives, list)
		for _, b := range db.Bodies {
			if m.keep(list, b.Origin, b.Line, b.Name, b.Raw) {
				m.Bodies = append(m.Bodies, b)
			}
		}
		for _, l := range db.Logical {
			if m.keep(list, l.Origin, l.Line, l.Name, l.Raw) {
				m.Logical = append(m.Logical, l)
			}
		}
	}
	return m
}

func (m *Database) keepHashes(to, from []Hash, list ignoreList) []Hash {
	if len(list) == 0 {
		return append(to, from...)
	}
	to = slices.Grow(to, len(from))
	for i := range from {
		h := &from[i]
		if m.keep(list, h.Origin, int(h.Line), h.Name(), h.Raw) {
			to = append(to, *h)
		}
	}
	return to
}

func (m *Database) keep(list ignoreList, o *Origin, line int, name, raw string) bool {
	if !list.has(name, raw) {
		return true
	}
	m.Ignored = append(m.Ignored, Ignored{File: o.File, Line: line, Name: name, Reason: "on an ignore list"})
	return false
}
