package clamav

import (
	"crypto/md5"
	"strings"
)

// Ignore takes a signature out of force: a line of .ign or .ign2.
type Ignore struct {
	Name   string
	Sum    [16]byte // MD5 of the line that is meant, if Exact
	Exact  bool
	Origin *Origin
	Line   int
}

// readIgnore reads "name", "name:md5" or "database:line:name".
func readIgnore(r *reader, l line) {
	var fields [4]string
	n := split(l.text, fields[:])
	i := Ignore{Name: fields[0], Origin: l.origin, Line: l.number}
	switch n {
	case 1:
	case 2:
		i.Exact = true
		if len(fields[1]) != 32 || !hexInto(i.Sum[:], fields[1]) {
			r.problem(l, i.Name, "malformed MD5")
			return
		}
	case 3:
		i.Name = fields[2]
	default:
		r.problem(l, nameOf(l.text), "more than 3 fields")
		return
	}
	if i.Name == "" {
		r.problem(l, "", "no name")
		return
	}
	r.db.Ignores = append(r.db.Ignores, i)
}

// ignoreList is a set of Ignore by name.
type ignoreList map[string][]Ignore

// has tells whether the signature with this name and line is ignored.
func (s ignoreList) has(name, raw string) bool {
	if len(s) == 0 {
		return false
	}
	for _, i := range s[plainName(name)] {
		if !i.Exact || md5.Sum([]byte(raw)) == i.Sum {
			return true
		}
	}
	return false
}

// plainName drops what is not part of a name for this purpose: ".{…}" at the
// end, or the suffix of unofficial signatures.
func plainName(name string) string {
	if len(name) > 3 && strings.HasSuffix(name, "}") {
		if i := strings.Index(name, ".{"); i >= 0 {
			return name[:i]
		}
		return name
	}
	if len(name) > 11 {
		return strings.TrimSuffix(name, ".UNOFFICIAL")
	}
	return name
}
