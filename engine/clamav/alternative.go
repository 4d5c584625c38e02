package clamav

import (
	"errors"
	"fmt"
	"strings"

	"candor/engine/pattern"
)

// closing splits "(inner)rest" at the matching parenthesis.
func closing(s string) (inner, rest string, err error) {
	level, deepest := 0, 0
	for i := range len(s) {
		switch s[i] {
		case '(':
			level++
			deepest = max(deepest, level)
		case ')':
			if level--; level == 0 {
				if deepest-1 > maxNesting {
					return "", "", errors.New("alternatives are nested too deeply")
				}
				if i == 1 {
					return "", "", errors.New("empty parentheses")
				}
				return s[1:i], s[i+1:], nil
			}
		}
	}
	return "", "", errors.New("missing closing parenthesis")
}

// alternatives lowers the inside of parentheses.
func (b *partBuilder) alternatives(s string, negate bool) (*pattern.Node, error) {
	if !b.o.modified && !strings.ContainsAny(s, "(?") {
		if list, ok := sameLength(s); ok {
			return fixed(list, negate)
		}
	}
	if negate {
		return nil, errors.New("negated alternatives of different lengths, with wildcards or with modifiers")
	}
	return b.generic(s)
}

// sameLength cuts at "|" if all pieces have the same length.
func sameLength(s string) ([]string, bool) {
	list := strings.Split(s, "|")
	for _, e := range list {
		if len(e) != len(list[0]) {
			return nil, false
		}
	}
	return list, true
}

// maxNegated bounds the depth of a complement.
const maxNegated = 256

// fixed lowers plain alternatives of one length, or their complement: the
// byte sequences of the same length that are none of them.
func fixed(list []string, negate bool) (*pattern.Node, error) {
	lits := make([][]byte, len(list))
	for i, e := range list {
		lit, ok := hexBytes(e)
		if !ok || len(lit) == 0 {
			return nil, errDigits
		}
		lits[i] = lit
	}
	if negate {
		if len(lits[0]) > maxNegated {
			return nil, fmt.Errorf("negated alternatives longer than %d bytes", maxNegated)
		}
		n := complement(lits)
		if n == nil {
			return nil, errors.New("negated alternatives that exclude everything")
		}
		return n, nil
	}
	if len(lits[0]) == 1 {
		set := firstBytes(lits)
		return &pattern.Node{Op: pattern.Class, Set: &set}, nil
	}
	alt := &pattern.Node{Op: pattern.Alternate}
	for _, lit := range lits {
		alt.Sub = append(alt.Sub, &pattern.Node{Op: pattern.Bytes, Lit: lit})
	}
	return single(alt), nil
}

func firstBytes(lits [][]byte) pattern.Set {
	var set pattern.Set
	for _, lit := range lits {
		set.Add(lit[0])
	}
	return set
}

// complement gives the sequences of the length of lits that are not in lits:
// those that leave at the first byte, and for each first byte those that
// leave later. Nil stands for none.
func complement(lits [][]byte) *pattern.Node {
	n := len(lits[0])
	set := firstBytes(lits)
	alt := &pattern.Node{Op: pattern.Alternate}
	out := set
	out.Negate()
	if out != (pattern.Set{}) {
		seq := []*pattern.Node{{Op: pattern.Class, Set: &out}}
		if n > 1 {
			seq = append(seq, anyBytes(n-1, n-1))
		}
		alt.Sub = append(alt.Sub, concat(seq))
	}
	for c := 0; n > 1 && c < 256; c++ {
		if !set.Has(byte(c)) {
			continue
		}
		var tails [][]byte
		for _, lit := range lits {
			if lit[0] == byte(c) {
				tails = append(tails, lit[1:])
			}
		}
		if tail := complement(tails); tail != nil {
			alt.Sub = append(alt.Sub, concat([]*pattern.Node{{Op: pattern.Bytes, Lit: []byte{byte(c)}}, tail}))
		}
	}
	if len(alt.Sub) == 0 {
		return nil
	}
	return single(alt)
}

// generic lowers alternatives of any lengths, with wildcards and nesting.
func (b *partBuilder) generic(s string) (*pattern.Node, error) {
	alt := &pattern.Node{Op: pattern.Alternate}
	var seq []*pattern.Node
	for s != "" {
		switch s[0] {
		case '|':
			if len(seq) == 0 {
				return nil, errors.New("empty alternative")
			}
			alt.Sub, seq, s = append(alt.Sub, concat(seq)), nil, s[1:]
		case '!':
			return nil, errors.New("negation inside alternatives")
		case '(':
			inner, rest, err := closing(s)
			if err != nil {
				return nil, err
			}
			n, err := b.generic(inner)
			if err != nil {
				return nil, err
			}
			seq, s = append(seq, n), rest
		default:
			if len(s) < 2 {
				return nil, errDigits
			}
			lit, set, err := b.pair(s[:2])
			if err != nil {
				return nil, err
			}
			seq, s = appendByte(seq, lit, set), s[2:]
		}
	}
	if len(seq) == 0 {
		return nil, errors.New("empty alternative")
	}
	alt.Sub = append(alt.Sub, concat(seq))
	return single(alt), nil
}

// innerMarker lowers a marker that stands between bytes: there it takes a
// byte, or as (L) the two of a CR LF. after is the text that follows.
func innerMarker(k CheckKind, negate bool, after string) (*pattern.Node, error) {
	var set pattern.Set
	switch k {
	case Boundary:
		for _, c := range []byte(bothSides + beforeOnly + afterOnly) {
			set.Add(c)
		}
	case WordEdge:
		set.AddRange('0', '9')
		set.AddRange('A', 'Z')
		set.AddRange('a', 'z')
		set.Negate()
	case LineEdge:
		return innerLine(negate, after)
	}
	if negate {
		set.Negate()
	}
	return &pattern.Node{Op: pattern.Class, Set: &set}, nil
}

// innerLine lowers (L) between bytes. Negated, it is any byte but LF and but a
// CR before LF, so the byte that follows decides about CR.
func innerLine(negate bool, after string) (*pattern.Node, error) {
	if !negate {
		return &pattern.Node{Op: pattern.Alternate, Sub: []*pattern.Node{
			{Op: pattern.Bytes, Lit: []byte{'\n'}},
			{Op: pattern.Bytes, Lit: []byte{'\r', '\n'}},
		}}, nil
	}
	next, ok := hexBytes(after[:min(2, len(after))])
	if !ok || len(next) == 0 {
		return nil, errors.New("!(L) must be followed by a plain byte")
	}
	var set pattern.Set
	set.Add('\n')
	if next[0] == '\n' {
		set.Add('\r')
	}
	set.Negate()
	return &pattern.Node{Op: pattern.Class, Set: &set}, nil
}
