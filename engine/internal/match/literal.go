package match

import (
	"bytes"

	"candor/engine/automaton"
	"candor/engine/clamav"
	"candor/engine/internal/ir"
)

// literalAt tells whether the literal v stands at start.
func (f *frame) literalAt(v *ir.Variant, start int) bool {
	data := f.s.data
	if start < 0 || start+len(v.Lit) > len(data) {
		return false
	}
	there := data[start : start+len(v.Lit)]
	switch {
	case v.Xor:
		if !xorEqual(there, v) {
			return false
		}
	case v.Nocase:
		if !caseEqual(there, v.Lit) {
			return false
		}
	default:
		if !bytes.Equal(there, v.Lit) {
			return false
		}
	}
	return f.around(v, start, start+len(v.Lit))
}

// around checks what must stand around an occurrence of v at [start,end).
func (f *frame) around(v *ir.Variant, start, end int) bool {
	data := f.s.data
	if !guardHolds(data, v.Guard, start, end) {
		return false
	}
	if v.Before|v.After != 0 && !(edge(v.Before).Before(data, start) && edge(v.After).After(data, end)) {
		return false
	}
	return v.Lead == nil || f.leads(v, start)
}

// bounded tells whether something must stand around occurrences of v.
func bounded(v *ir.Variant) bool {
	return v.Guard != ir.Free || v.Before|v.After != 0 || v.Lead != nil
}

func edge(e ir.Edge) clamav.Check {
	return clamav.Check{Kind: clamav.CheckKind(e & 15), Negate: e&16 != 0, Wide: e&32 != 0}
}

// maxLead bounds the length of what leads an occurrence.
const maxLead = 1024

// leads tells whether the lead of v ends at an offset.
func (f *frame) leads(v *ir.Variant, end int) bool {
	prog := f.s.lead(v)
	if prog == nil {
		return false
	}
	m := f.s.matcher(prog)
	for start := end; start >= max(end-maxLead, 0); start-- {
		if n, ok := m.Match(f.s.data[:end], start); ok && start+n == end {
			return true
		}
	}
	return false
}

func xorEqual(there []byte, v *ir.Variant) bool {
	if len(there) == 0 {
		return false
	}
	key := there[0] ^ v.Lit[0]
	if key < v.XorMin || key > v.XorMax {
		return false
	}
	for i, c := range v.Lit {
		if there[i]^c != key {
			return false
		}
	}
	return true
}

func caseEqual(a, b []byte) bool {
	for i, c := range b {
		if lower(a[i]) != lower(c) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 0x20
	}
	return c
}

func alnum(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// guardHolds checks the bytes around [start,end).
func guardHolds(data []byte, g ir.Guard, start, end int) bool {
	switch g {
	case ir.Word:
		return !(start >= 1 && alnum(data[start-1])) && !(end < len(data) && alnum(data[end]))
	case ir.WordWide:
		return !(start >= 2 && data[start-1] == 0 && alnum(data[start-2])) &&
			!(end+1 < len(data) && data[end+1] == 0 && alnum(data[end]))
	}
	return true
}

// boundedLength gives the length of the match of a tree at start, -1 if there
// is none or if what must stand around it does not. As in libyara, one match
// counts at each offset: no shorter one is tried.
func (f *frame) boundedLength(v *ir.Variant, prog *automaton.Program, start int) int {
	n, ok := f.match(prog, start)
	if !ok || n == 0 || !f.around(v, start, start+n) {
		return -1
	}
	return n
}

// match gives the length of the match of prog at start. libyara looks
// DefaultLimit bytes far on either side of an atom, wherever that is: mostly
// at the start, at the far end at the most.
func (f *frame) match(prog *automaton.Program, start int) (int, bool) {
	m := f.s.matcher(prog)
	n, ok := m.Match(f.s.data, start)
	if !ok && start+automaton.DefaultLimit < len(f.s.data) {
		m.Limit = 2 * automaton.DefaultLimit
		n, ok = m.Match(f.s.data, start)
		m.Limit = automaton.DefaultLimit
	}
	return n, ok
}
