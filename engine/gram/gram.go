// Package gram derives from a pattern the byte sequences without which it
// cannot match, and finds such sequences in content at the speed of memory.
//
// Everything here works on folded bytes: a byte with bit 5 set, so that the
// two cases of a letter are one. Folding merges a few other bytes as well
// ('@' and '`', NUL and space): what is found is necessary for a match, never
// sufficient.
package gram

import "candor/engine/pattern"

// Fold is the fold of one byte.
func Fold(b byte) byte { return b | 0x20 }

// Atom is one folded byte sequence that a pattern can be recognised by.
type Atom struct {
	Bytes []byte // folded, at most MaxAtom of them
	// Leaf and Off tell where the atom lies in its pattern: its first byte is
	// the byte Off of the leaf Leaf. Leaf is nil for an atom that was not
	// taken from a tree.
	Leaf *pattern.Node
	Off  int
	// Zero: content with a match of the pattern has a zero byte.
	Zero bool
	// At is the offset of the atom in every match, -1 if that is not known.
	At int
}

// MaxAtom bounds the length of an Atom.
const MaxAtom = 24

// Set is a set of atoms of which at least one is present in any content that
// the pattern matches, and what looking for it costs.
type Set struct {
	Atoms []Atom
	Cost  float64 // expected hits a byte of typical content, plus the price of short grams
}

// None is the Set of a pattern that nothing can be said about.
var None = Set{Cost: Impossible}

// Impossible is the cost of a Set without atoms.
const Impossible = 1e9

// FromLiteral gives the Set of a plain literal.
func FromLiteral(lit []byte) Set {
	b := FoldBytes(lit)
	if len(b) > MaxAtom {
		at := rarest(b)
		return single(Atom{Bytes: b[at : at+MaxAtom], Off: at})
	}
	return single(Atom{Bytes: b})
}

// Union is the set that either of two patterns needs.
func Union(a, b Set) Set {
	if a.Cost >= Impossible || b.Cost >= Impossible {
		return None
	}
	out := Set{Atoms: make([]Atom, 0, len(a.Atoms)+len(b.Atoms)), Cost: a.Cost + b.Cost}
	out.Atoms = append(append(out.Atoms, a.Atoms...), b.Atoms...)
	return out
}

func single(a Atom) Set {
	c := Cost(a.Bytes)
	if c >= Impossible {
		return None
	}
	return Set{Atoms: []Atom{a}, Cost: c}
}

// FoldBytes is the fold of a sequence.
func FoldBytes(b []byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		out[i] = Fold(c)
	}
	return out
}

// Short tells whether an atom is so short that it takes pairs of bytes to find
// it, mostly a look at every offset.
func Short(atom []byte) bool { return len(atom) < leastLen }

// Dense tells whether an atom is so short that no table that has it can leave
// offsets out.
func Dense(atom []byte) bool { return len(atom) < pairLen+pairStride-1 }

// OneFolded gives the folded byte that all bytes of a set have in common.
func OneFolded(s *pattern.Set) (byte, bool) {
	one := -1
	for c := 0; c < 256; c++ {
		if !s.Has(byte(c)) {
			continue
		}
		if f := int(Fold(byte(c))); one < 0 {
			one = f
		} else if one != f {
			return 0, false
		}
	}
	return byte(one), one >= 0
}
