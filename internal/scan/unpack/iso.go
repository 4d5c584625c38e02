package unpack

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

// isoSector is the size of a logical sector (ECMA-119, 6.1).
const isoSector = 2048

// isoSpan is where a file or folder lies.
type isoSpan struct{ start, size uint32 }

// isoFolder is a folder whose records are to be read.
type isoFolder struct {
	isoSpan
	path string
	wide bool // names are of two bytes a character, as in Joliet
}

// openISO hands over the files of a disk image: of the primary volume, and
// those that only a supplementary one names. Each place is read once, so that
// folders that hold themselves end.
func openISO(w *walk, at place, content []byte) error {
	var folders []isoFolder
	for p := 16 * isoSector; p+isoSector <= len(content) && string(content[p+1:p+6]) == "CD001" && content[p] != 255; p += isoSector {
		if kind := content[p]; kind == 1 || kind == 2 {
			root := content[p+156:]
			folders = append(folders, isoFolder{isoSpan: isoSpan{binary.LittleEndian.Uint32(root[2:]), binary.LittleEndian.Uint32(root[10:])}, wide: kind == 2})
		}
	}
	seen := map[isoSpan]bool{}
	for len(folders) > 0 {
		f := folders[0]
		folders = folders[1:]
		if seen[f.isoSpan] {
			continue
		}
		seen[f.isoSpan] = true
		inner, err := w.isoFolder(at, content, f, seen)
		if err != nil {
			return err
		}
		folders = append(folders, inner...)
	}
	return nil
}

// isoData gives what lies at a place, and whether all of it is there.
func isoData(content []byte, s isoSpan) ([]byte, bool) {
	start := int64(s.start) * isoSector
	end := start + int64(s.size)
	if start > int64(len(content)) {
		return nil, false
	}
	return content[start:min(end, int64(len(content)))], end <= int64(len(content))
}

// isoFolder hands over the files of a folder, and gives the folders in it
// (ECMA-119, 9.1).
func (w *walk) isoFolder(at place, content []byte, f isoFolder, seen map[isoSpan]bool) ([]isoFolder, error) {
	records, whole := isoData(content, f.isoSpan)
	if !whole {
		w.gap(at, "iso", damaged("a folder lies outside of the image"))
	}
	var inner []isoFolder
	for p := 0; p < len(records); {
		r := records[p:]
		n := int(r[0])
		if n == 0 { // records do not cross sectors
			p = (p/isoSector + 1) * isoSector
			continue
		}
		if err := w.check(at); err != nil {
			return inner, err
		}
		if n < 34 || n > len(r) || 33+int(r[32]) > n {
			w.gap(at, "iso", damaged("a record of a folder"))
			return inner, nil
		}
		p += n
		span := isoSpan{binary.LittleEndian.Uint32(r[2:]), binary.LittleEndian.Uint32(r[10:])}
		name := f.path + isoName(r[33:33+int(r[32])], f.wide)
		if r[25]&2 != 0 {
			if r[32] != 1 || r[33] > 1 { // neither "." nor ".."
				if err := w.pass(at); err != nil {
					return inner, err
				}
				inner = append(inner, isoFolder{span, name + "/", f.wide})
			}
			continue
		}
		if seen[span] {
			continue
		}
		seen[span] = true
		data, whole := isoData(content, span)
		if !whole {
			w.gap(at.inside("iso", name), "iso", damaged("lies outside of the image"))
		}
		if err := w.slice(at, "iso", name, data); err != nil {
			return inner, err
		}
	}
	return inner, nil
}

// isoName gives a name without its version.
func isoName(b []byte, wide bool) string {
	name := string(b)
	if wide {
		units := make([]uint16, len(b)/2)
		for i := range units {
			units[i] = binary.BigEndian.Uint16(b[2*i:])
		}
		name = string(utf16.Decode(units))
	}
	name, _, _ = strings.Cut(name, ";")
	return name
}
