package index

import (
	"encoding/binary"
	"math/bits"
)

// Bounds of the search for where a form goes on in its content, in bytes.
const (
	needle    = 8       // that are looked for
	leastLeap = 32      // of the form that are noted before the next search, at first
	mostLeap  = 8 << 10 // and at last: then the rest is noted
	reach     = 8       // of the content that are looked through, for each of the next leap
)

const fold64 = 0x2020202020202020

// noteForm notes what is in a form of a content and not in the content, which
// has been noted. Of sequences with a blank it may leave some out: of forms,
// none are asked for (see Asked.Words). Most of a page's forms lies in the page
// as it stands, and comparing costs a tenth of noting.
func (k *Sketcher) noteForm(form, of []byte) {
	i, j, leap := 0, 0, leastLeap // form[i:] is held against of[j:]
	for i < len(form) {
		n := alike(form[i:], of[j:])
		if i, j = i+n, j+n; n >= leastLeap {
			leap = leastLeap
		}
		switch {
		case i == len(form):
		case isBlank(form[i]) || i > 0 && isBlank(form[i-1]) && j < len(of) && isWhite(of[j]):
			for i < len(form) && isBlank(form[i]) {
				i++
			}
			for j < len(of) && isWhite(of[j]) {
				j++
			}
		default:
			begin := max(i-(wordLen-1), 0)
			i, j, leap = behind(form, of, i, j, leap)
			differs := form[begin:min(i+wordLen-1, len(form))]
			k.noted += len(differs)
			k.note(differs)
		}
	}
}

// behind gives where a form goes on as its content does, behind a place where
// they differ, or the end of the form. It takes longer leaps while that is not
// found.
func behind(form, of []byte, i, j, leap int) (atForm, atContent, next int) {
	for {
		if a, b, found := again(form, of, i, j, reach*leap); found {
			return a, b, leap
		}
		if i += leap; i >= len(form) || leap > mostLeap {
			return len(form), j, leap
		}
		leap *= 4
	}
}

// again finds the place if it is near: a byte was changed or put in, or some of
// the content was left out.
func again(form, of []byte, i, j, reach int) (atForm, atContent int, found bool) {
	if i+1+4 <= len(form) {
		next := form[i+1 : i+1+4]
		switch {
		case j < len(of) && alike(next, of[j+1:]) == 4:
			return i + 1, j + 1, true
		case alike(next, of[j:]) == 4:
			return i + 1, j, true
		}
	}
	if i+needle > len(form) {
		return 0, 0, false
	}
	want := binary.LittleEndian.Uint64(form[i:]) | fold64
	near := of[j:min(j+reach, len(of))]
	for at := range max(len(near)-needle+1, 0) {
		if binary.LittleEndian.Uint64(near[at:at+8])|fold64 == want {
			return i, j + at, true
		}
	}
	return 0, 0, false
}

// isBlank tells of a byte whether, folded, no sequence with it is asked for.
func isBlank(c byte) bool { return c|0x20 == ' ' || c|0x20 == 0x7f }

// isWhite tells of a byte whether a form may have a blank for it, or nothing.
func isWhite(c byte) bool { return isBlank(c) || c >= '\t' && c <= '\r' }

// alike is how many bytes a and b have in common at their beginnings, but for
// what folding merges.
func alike(a, b []byte) int {
	n := min(len(a), len(b))
	i := 0
	for ; i+8 <= n; i += 8 {
		if x := (binary.LittleEndian.Uint64(a[i:i+8]) ^ binary.LittleEndian.Uint64(b[i:i+8])) &^ fold64; x != 0 {
			return i + bits.TrailingZeros64(x)/8
		}
	}
	for i < n && (a[i]^b[i])&^0x20 == 0 {
		i++
	}
	return i
}
