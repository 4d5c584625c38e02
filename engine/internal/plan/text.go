package plan

import (
	"bytes"

	"candor/engine/gram"
	"candor/engine/internal/ir"
	"candor/engine/pattern"
)

// TextGate gives atoms such that none of the rules can match the normal form
// of a text (normal.Text) unless one of the atoms is in the text itself or in
// its seams (normal.Seams): what is contiguous and free of spaces in the form
// is so there, but for case.
// Many signatures cannot match any normal form, for it has no capitals and
// no line ends. Ok is false if a rule has no such atoms.
func TextGate(f *Formulas, rules []uint32) (atoms [][]byte, ok bool) {
	seen := map[string]bool{}
	for _, r := range rules {
		cover, ok := f.textCover(f.Of(r))
		if !ok {
			return nil, false
		}
		for _, a := range cover {
			if !seen[string(a)] {
				seen[string(a)] = true
				atoms = append(atoms, a)
			}
		}
	}
	return atoms, true
}

// textCover chooses atoms for one formula. No atoms with ok mean that it
// cannot hold at all.
func (f *Formulas) textCover(form *gram.Formula) (atoms [][]byte, ok bool) {
	switch form.Op {
	case gram.Nothing:
		return nil, true
	case gram.Present:
		return f.textAtoms(form.Pattern)
	case gram.AllOf:
		best, cost := [][]byte(nil), gram.Impossible
		for _, s := range form.Sub {
			if a, ok := f.textCover(s); ok && sumCost(a) < cost {
				best, cost = a, sumCost(a)
			}
		}
		return best, cost < gram.Impossible
	case gram.AnyOf, gram.AtLeast:
		for _, s := range form.Sub {
			a, ok := f.textCover(s)
			if !ok {
				return nil, false
			}
			atoms = append(atoms, a...)
		}
		return atoms, true
	}
	return nil, false
}

func sumCost(atoms [][]byte) float64 {
	sum := 0.0
	for _, a := range atoms {
		sum += gram.Cost(a)
	}
	return sum
}

func (f *Formulas) textAtoms(p uint32) (atoms [][]byte, ok bool) {
	variants := f.pattern(p).Variants
	for i := range variants {
		a, possible, ok := textAtom(&variants[i])
		if !ok {
			return nil, false
		}
		if possible {
			atoms = append(atoms, a)
		}
	}
	return atoms, true
}

// textAtom chooses the atom of one variant.
func textAtom(v *ir.Variant) (atom []byte, possible, ok bool) {
	if v.Xor {
		return nil, true, false
	}
	pieces := [][]byte{v.Lit}
	if v.Tree != nil {
		pieces = fixedPieces(v.Tree)
	}
	cost := gram.Impossible
	for _, b := range pieces {
		if !v.Nocase && !inText(b) {
			return nil, false, true
		}
		for _, run := range bytes.FieldsFunc(b, func(c rune) bool { return c <= ' ' || c >= 0x7F }) {
			run = gram.FoldBytes(run[:min(len(run), gram.MaxAtom)])
			if gram.Cost(run) < cost {
				atom, cost = run, gram.Cost(run)
			}
		}
	}
	return atom, true, cost < gram.Impossible
}

// fixedPieces lists byte sequences that every match of a tree holds.
func fixedPieces(n *pattern.Node) [][]byte {
	switch n.Op {
	case pattern.Bytes:
		return [][]byte{n.Lit}
	case pattern.Concat:
		var out [][]byte
		for _, s := range n.Sub {
			if s.Op == pattern.Bytes {
				out = append(out, s.Lit)
			}
		}
		return out
	}
	return nil
}

// inText tells whether the normal form of a text can hold b.
func inText(b []byte) bool {
	for i, c := range b {
		if c < ' ' || c >= 0x80 || c >= 'A' && c <= 'Z' || c == ' ' && i > 0 && b[i-1] == ' ' {
			return false
		}
	}
	return true
}
