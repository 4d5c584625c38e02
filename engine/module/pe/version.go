package pe

import (
	"bytes"

	"candor/engine/module"
)

const (
	maxVersionKey   = 63
	maxVersionValue = 255
	// maxVersionWork bounds the characters and entries looked at, in all
	// version resources of a file: structures may overlap.
	maxVersionWork = 1 << 22
	versionHeader  = 6 // length, length of the value, type
)

// versionInfo is the strings of a file's version resources. It is a dictionary
// in which the last value of a key counts.
type versionInfo struct {
	list  []versionEntry
	keys  []string
	byKey map[string][]byte
}

type versionEntry struct{ key, value []byte }

// Len gives the number of different keys.
func (v *versionInfo) Len() int { return len(v.keys) }

// Get gives the value of a key.
func (v *versionInfo) Get(key string) module.Value {
	if value, ok := v.byKey[key]; ok {
		return module.BytesValue(value)
	}
	return module.Value{}
}

// Entry gives the keys in the order in which they first came.
func (v *versionInfo) Entry(i int) (string, module.Value) {
	return v.keys[i], v.Get(v.keys[i])
}

func (v *versionInfo) add(key, value []byte) {
	v.list = append(v.list, versionEntry{key, value})
	if v.byKey == nil {
		v.byKey = make(map[string][]byte)
	}
	if _, known := v.byKey[string(key)]; !known {
		v.keys = append(v.keys, string(key))
	}
	v.byKey[string(key)] = value
}

// versionReader collects the strings of VS_VERSIONINFO structures.
type versionReader struct {
	versionInfo
	file *file
	work int
}

// read takes the structure at an offset.
func (r *versionReader) read(f *file, at int64) {
	r.file = f
	if at < 0 || !r.hasKey(at, "VS_VERSION_INFO") {
		return
	}
	at += 92 // the header, the key and VS_FIXEDFILEINFO
	for r.hasKey(at, "VarFileInfo") && f.U16(at) != 0 {
		at = r.next(at)
	}
	for r.hasKey(at, "StringFileInfo") && f.U16(at) != 0 {
		table := at + 36
		at = r.next(at)
		for r.follows(table, at) {
			first := table + align(versionHeader+r.keySize(table))
			table = r.next(table)
			r.strings(first, table)
		}
	}
}

// strings takes the strings from an offset up to another.
func (r *versionReader) strings(at, end int64) {
	for r.follows(at, end) {
		value := at + align(versionHeader+r.keySize(at))
		if _, ok := r.wide(value); ok {
			text := r.narrow(value, maxVersionValue)
			if r.file.U16(at+2) == 0 {
				text = []byte{}
			}
			r.add(r.narrow(at+versionHeader, maxVersionKey), text)
		}
		at = r.next(at)
	}
}

// follows tells whether there is a structure at an offset that is before end.
func (r *versionReader) follows(at, end int64) bool {
	if !r.file.Fits(at, versionHeader) || r.file.U16(at) == 0 || at >= end {
		return false
	}
	_, ok := r.wide(at + versionHeader)
	return ok
}

// next gives the offset after the structure at an offset.
func (r *versionReader) next(at int64) int64 { return at + align(int64(r.file.U16(at))) }

func align(n int64) int64 { return (n + 3) &^ 3 }

// hasKey tells whether the structure at an offset has this key.
func (r *versionReader) hasKey(at int64, key string) bool {
	b := r.file.Bytes(at+versionHeader, int64(len(key)+1)*2)
	if b == nil || r.work > maxVersionWork {
		return false
	}
	r.work++
	for i := range len(b) / 2 {
		var want byte
		if i < len(key) {
			want = key[i]
		}
		if b[2*i] != want || b[2*i+1] != 0 {
			return false
		}
	}
	return true
}

// keySize gives the size of the key of the structure at an offset, with its
// end.
func (r *versionReader) keySize(at int64) int64 {
	s, _ := r.wide(at + versionHeader)
	return int64(len(s)) + 2
}

// wide gives the UTF-16 string at an offset without its end, which it must
// have.
func (r *versionReader) wide(at int64) ([]byte, bool) {
	if at < 0 || at > r.file.Size() {
		return nil, false
	}
	s := r.file.Data()[at:]
	for i := 0; i+1 < len(s); i += 2 {
		if r.work++; r.work > maxVersionWork {
			break
		}
		if s[i] == 0 && s[i+1] == 0 {
			return s[:i], true
		}
	}
	return nil, false
}

// narrow gives the low bytes of the UTF-16 string at an offset, up to a zero.
func (r *versionReader) narrow(at int64, limit int) []byte {
	s, _ := r.wide(at)
	low := make([]byte, 0, min(len(s)/2, limit))
	for i := 0; i < len(s) && len(low) < limit; i += 2 {
		low = append(low, s[i])
	}
	if i := bytes.IndexByte(low, 0); i >= 0 {
		low = low[:i]
	}
	return low
}
