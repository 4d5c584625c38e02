package match

import (
	"candor/engine/clamav"
	"candor/engine/internal/ir"
)

// place gives the offsets, from lo to hi included, at which a signature may
// begin; ok is false if there is no such place in the content.
func (f *frame) place(e *ir.Expr) (lo, hi int, ok bool) {
	section, n, shift := e.Kids[1].Int, e.Kids[2].Int, e.Kids[3].Int
	size := int64(len(f.s.data))
	at := int64(-1)
	switch clamav.OffsetKind(e.Kids[0].Int) {
	case clamav.Anywhere:
		return 0, int(size), true
	case clamav.FromStart:
		at = n
	case clamav.FromEnd:
		at = size - n
	case clamav.AfterEntry, clamav.BeforeEntry:
		x := f.s.executable()
		if x.entry < 0 {
			return 0, 0, false
		}
		at = x.entry + n
		if clamav.OffsetKind(e.Kids[0].Int) == clamav.BeforeEntry {
			at = x.entry - n
		}
	case clamav.AfterBegin, clamav.InSection, clamav.AfterLast:
		x := f.s.executable()
		if clamav.OffsetKind(e.Kids[0].Int) == clamav.AfterLast {
			section = int64(len(x.sections)) - 1
		}
		if section < 0 || section >= int64(len(x.sections)) {
			return 0, 0, false
		}
		s := x.sections[section]
		if clamav.OffsetKind(e.Kids[0].Int) == clamav.InSection {
			return int(s[0]), int(min(s[0]+s[1]+shift, size)), true
		}
		at = s[0] + n
	}
	if at < 0 || at > size {
		return 0, 0, false
	}
	return int(at), int(min(at+shift, size)), true
}
