package plan

import (
	"candor/engine/internal/ir"
	"candor/engine/internal/vector"
	"candor/engine/pattern"
)

// Alphabet is a kind of bytes. What holds one that plain text lacks need not be
// looked for in plain text.
type Alphabet uint8

// The alphabets: bytes of plain text, those beyond ASCII, and control
// characters other than white space.
const (
	Text Alphabet = iota
	High
	Control
	Alphabets
)

func alphabetOfByte(c byte) Alphabet {
	switch {
	case c >= 0x80:
		return High
	case c < ' ' && (c < '\t' || c > '\r'):
		return Control
	}
	return Text
}

// AlphabetsIn tells which alphabets content has bytes of, and the offset before
// which all is plain text.
func AlphabetsIn(data []byte) (has [Alphabets]bool, plain int) {
	plain = vector.Plain(data)
	has[Text] = true
	has[High], has[Control] = vector.Unplain(data[plain:])
	return has, plain
}

// alphabetOf gives the alphabet without a byte of which content cannot match
// a variant; Text if there is none. A variant with XOR keys is asked for one.
func alphabetOf(v *ir.Variant, key byte) Alphabet {
	if v.Tree == nil {
		return alphabetOfBytes(v.Lit, key)
	}
	for a := Control; a > Text; a-- {
		if treeHolds(v.Tree, func(c byte) bool { return alphabetOfByte(c) == a }) {
			return a
		}
	}
	return Text
}

func alphabetOfBytes(b []byte, key byte) (a Alphabet) {
	for _, c := range b {
		a = max(a, alphabetOfByte(c^key))
	}
	return a
}

// treeHolds tells whether all that a tree matches holds one of some bytes.
func treeHolds(n *pattern.Node, some func(byte) bool) bool {
	switch n.Op {
	case pattern.Bytes:
		for _, c := range n.Lit {
			if some(c) {
				return true
			}
		}
	case pattern.Class:
		for c := range 256 {
			if n.Set.Has(byte(c)) && !some(byte(c)) {
				return false
			}
		}
		return true
	case pattern.Concat:
		for _, s := range n.Sub {
			if treeHolds(s, some) {
				return true
			}
		}
	case pattern.Alternate:
		for _, s := range n.Sub {
			if !treeHolds(s, some) {
				return false
			}
		}
		return len(n.Sub) > 0
	case pattern.Repeat:
		return n.Min > 0 && treeHolds(n.Sub[0], some)
	}
	return false
}
