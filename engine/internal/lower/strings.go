package lower

import (
	"bytes"
	"encoding/base64"
	"slices"

	"candor/engine/automaton"
	"candor/engine/internal/ir"
	"candor/engine/pattern"
	"candor/engine/yara"
)

func patternOf(s *yara.String) ir.Pattern {
	p := ir.Pattern{Name: "$" + s.Name, Private: s.Mods&yara.Private != 0}
	switch {
	case s.Kind == yara.Text && s.Mods&(yara.Base64|yara.Base64Wide) != 0:
		p.Variants = base64Variants(s)
	case s.Kind == yara.Text:
		p.Variants = textVariants(s)
	case s.Kind == yara.Hex:
		p.Variants = []ir.Variant{treeVariant(s.Node, ir.Free)}
	default:
		p.Variants = regexpVariants(s)
	}
	for i := range p.Variants {
		if t := p.Variants[i].Tree; t != nil && size(t) > automaton.MaxPositions {
			fail(s.Pos, "%s is too large: with its repeats written out it has more than %d bytes", p.Name, automaton.MaxPositions)
		}
	}
	return p
}

func isASCII(m yara.Modifiers) bool { return m&yara.ASCII != 0 || m&yara.Wide == 0 }

func guard(m yara.Modifiers, wide bool) ir.Guard {
	switch {
	case m&yara.Fullword == 0:
		return ir.Free
	case wide:
		return ir.WordWide
	}
	return ir.Word
}

func textVariants(s *yara.String) []ir.Variant {
	base := ir.Variant{Nocase: s.Mods&yara.Nocase != 0, Xor: s.Mods&yara.Xor != 0, XorMin: s.XorMin, XorMax: s.XorMax}
	var out []ir.Variant
	if isASCII(s.Mods) {
		v := base
		v.Lit, v.Guard = s.Text, guard(s.Mods, false)
		out = append(out, v)
	}
	if s.Mods&yara.Wide != 0 {
		v := base
		v.Lit, v.Guard = widen(s.Text), guard(s.Mods, true)
		out = append(out, v)
	}
	return out
}

func widen(b []byte) []byte {
	out := make([]byte, 0, 2*len(b))
	for _, c := range b {
		out = append(out, c, 0)
	}
	return out
}

// base64Variants gives the three forms that a text can take inside base64,
// without the characters that also depend on its neighbours.
func base64Variants(s *yara.String) []ir.Variant {
	enc := base64.StdEncoding
	if s.Alphabet != nil {
		enc = base64.NewEncoding(string(s.Alphabet))
	}
	texts := [][]byte{}
	if isASCII(s.Mods) {
		texts = append(texts, s.Text)
	}
	if s.Mods&yara.Wide != 0 {
		texts = append(texts, widen(s.Text))
	}
	var out []ir.Variant
	for _, text := range texts {
		for lead := range 3 {
			b := aligned(enc, text, lead)
			if len(b) == 0 {
				continue // so short a text leaves no character of its own there
			}
			if s.Mods&yara.Base64 != 0 {
				out = append(out, ir.Variant{Lit: b})
			}
			if s.Mods&yara.Base64Wide != 0 {
				out = append(out, ir.Variant{Lit: widen(b)})
			}
		}
	}
	return out
}

func aligned(enc *base64.Encoding, text []byte, lead int) []byte {
	padded := append(bytes.Repeat([]byte{'A'}, lead), text...)
	full := []byte(enc.EncodeToString(padded))
	from := [3]int{0, 2, 3}[lead]
	trail := 0
	switch len(padded) % 3 {
	case 1:
		trail = 3
	case 2:
		trail = 2
	}
	return full[from : len(full)-trail]
}

func regexpVariants(s *yara.String) []ir.Variant {
	n := s.Node
	var out []ir.Variant
	if isASCII(s.Mods) {
		out = append(out, treeVariant(n, guard(s.Mods, false)))
	}
	if s.Mods&yara.Wide != 0 {
		out = append(out, treeVariant(pattern.Wide(n), guard(s.Mods, true)))
	}
	return out
}

// size is the number of bytes that a tree stands for with its repeats written
// out, or automaton.MaxPositions+1 if there are more.
func size(n *pattern.Node) int {
	switch n.Op {
	case pattern.Bytes:
		return len(n.Lit)
	case pattern.Class:
		return 1
	}
	sum := 0
	for _, s := range n.Sub {
		sum = min(sum+size(s), automaton.MaxPositions+1)
	}
	if n.Op == pattern.Repeat {
		sum = min(sum*max(n.Min, n.Max, 1), automaton.MaxPositions+1)
	}
	return sum
}

// treeVariant makes a literal of a tree that is one.
func treeVariant(n *pattern.Node, g ir.Guard) ir.Variant {
	if n.Op == pattern.Bytes {
		return ir.Variant{Lit: n.Lit, Guard: g}
	}
	if lit, ok := nocaseLiteral(n); ok {
		return ir.Variant{Lit: lit, Nocase: true, Guard: g}
	}
	return ir.Variant{Tree: unshare(n), Guard: g, Lazy: hasLazy(n)}
}

// unshare copies a tree so that each node stands at one place only: an atom is
// tied to its place by the node it begins in.
func unshare(n *pattern.Node) *pattern.Node {
	c := *n
	c.Sub = slices.Clone(n.Sub)
	for i, s := range c.Sub {
		c.Sub[i] = unshare(s)
	}
	return &c
}

// nocaseLiteral recognises a sequence of letters in both cases and of other bytes.
func nocaseLiteral(n *pattern.Node) ([]byte, bool) {
	if n.Op != pattern.Concat {
		return nil, false
	}
	var lit []byte
	for _, s := range n.Sub {
		switch s.Op {
		case pattern.Bytes:
			for _, c := range s.Lit {
				if isLetter(c) {
					return nil, false
				}
			}
			lit = append(lit, s.Lit...)
		case pattern.Class:
			c, ok := letterPair(s.Set)
			if !ok {
				return nil, false
			}
			lit = append(lit, c)
		default:
			return nil, false
		}
	}
	return lit, true
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func letterPair(set *pattern.Set) (byte, bool) {
	for c := byte('a'); c <= 'z'; c++ {
		var want pattern.Set
		want.Add(c)
		want.Add(c - 0x20)
		if *set == want {
			return c, true
		}
	}
	return 0, false
}

func hasLazy(n *pattern.Node) bool {
	if n.Op == pattern.Repeat && n.Lazy {
		return true
	}
	for _, s := range n.Sub {
		if hasLazy(s) {
			return true
		}
	}
	return false
}
