package plan

import (
	"bytes"
	"fmt"

	"candor/engine/gram"
	"candor/engine/internal/ir"
	"candor/engine/pattern"
)

// TextAtom is a word that a signature can be seen by in a text, and what the
// normal form of the text has around it if the signature matches.
type TextAtom struct {
	Bytes []byte // folded
	Piece []byte // as the form has it
	Off   int    // of the word in Piece
}

// maxPiece bounds a Piece on either side of its word.
const maxPiece = 24

// TextGate gives atoms such that none of the rules can match the normal form
// of a text (normal.Text) unless one of the atoms is in the text itself, with
// its piece around it (normal.TextHolds), or in the seams of the text
// (normal.Seams): what is contiguous and free of spaces in the form is so
// there, but for case.
// Many signatures cannot match any normal form, for it has no capitals and
// no line ends. Ok is false if a rule has no such atoms.
func TextGate(f *Formulas, rules []uint32) (atoms []TextAtom, ok bool) {
	seen := map[string]bool{}
	for _, r := range rules {
		cover, ok := f.textCover(f.Of(r))
		if !ok {
			return nil, false
		}
		for _, a := range cover {
			if key := fmt.Sprintf("%q %d %q", a.Bytes, a.Off, a.Piece); !seen[key] {
				seen[key] = true
				atoms = append(atoms, a)
			}
		}
	}
	return atoms, len(atoms) <= maxTextAtoms
}

// textCover chooses atoms for one formula. No atoms with ok mean that it
// cannot hold at all.
func (f *Formulas) textCover(form *gram.Formula) (atoms []TextAtom, ok bool) {
	switch form.Op {
	case gram.Nothing:
		return nil, true
	case gram.Present:
		return f.textAtoms(form.Pattern)
	case gram.AllOf:
		best, cost := []TextAtom(nil), gram.Impossible
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

func sumCost(atoms []TextAtom) float64 {
	sum := 0.0
	for _, a := range atoms {
		sum += textCost(a.Bytes)
	}
	return sum
}

// textCost is the cost of a word. A very short one makes the search for all
// short ones dear.
func textCost(word []byte) float64 {
	cost := gram.Cost(word)
	if gram.Dense(word) {
		cost++
	}
	return cost
}

func (f *Formulas) textAtoms(p uint32) (atoms []TextAtom, ok bool) {
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
func textAtom(v *ir.Variant) (atom TextAtom, possible, ok bool) {
	if v.Xor {
		return TextAtom{}, true, false
	}
	pieces := [][]byte{v.Lit}
	if v.Tree != nil {
		pieces = fixedPieces(v.Tree)
	}
	cost := gram.Impossible
	for _, b := range pieces {
		if !v.Nocase && !inText(b) {
			return TextAtom{}, false, true
		}
		for from := 0; from < len(b); from++ {
			to := from
			for to < len(b) && inWord(b[to]) {
				to++
			}
			word := gram.FoldBytes(b[from:min(to, from+gram.MaxAtom)])
			if c := textCost(word); c < cost {
				begin := max(0, from-maxPiece)
				piece := small(b[begin:min(len(b), from+len(word)+maxPiece)])
				atom, cost = TextAtom{word, piece, from - begin}, c
			}
			from = to
		}
	}
	return atom, true, cost < gram.Impossible
}

// small is b as the normal form of a text has it.
func small(b []byte) []byte {
	out := bytes.Clone(b)
	for i, c := range out {
		if c >= 'A' && c <= 'Z' {
			out[i] = c + 'a' - 'A'
		}
	}
	return out
}

// inWord tells whether a byte is neither white space nor one that is folded
// onto another one of texts.
func inWord(c byte) bool { return c > ' ' && c < 0x7F }

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
