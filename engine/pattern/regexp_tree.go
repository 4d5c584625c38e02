package pattern

import (
	"math"
	"math/bits"
)

// Len is how many bytes are in the set.
func (s *Set) Len() int {
	return bits.OnesCount64(s[0]) + bits.OnesCount64(s[1]) + bits.OnesCount64(s[2]) + bits.OnesCount64(s[3])
}

// Fold adds to the set the other case of each ASCII letter in it.
func (s *Set) Fold() {
	// 'A' to 'Z' and 'a' to 'z' lie in the same word, 32 bits apart.
	const upper = uint64(1<<26-1) << ('A' & 63)
	letters := (s[1] | s[1]>>32) & upper
	s[1] |= letters | letters<<32
}

// isLetter tells whether b is an ASCII letter, the only bytes with two cases.
func isLetter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }

// rebuild gives the tree with each leaf replaced by what leaf returns,
// canonical again.
func rebuild(n *Node, leaf func(*Node) *Node) *Node {
	switch n.Op {
	case Concat, Alternate:
		sub := make([]*Node, len(n.Sub))
		for i, m := range n.Sub {
			sub[i] = rebuild(m, leaf)
		}
		if n.Op == Concat {
			return Sequence(sub...)
		}
		return Either(sub...)
	case Repeat:
		return Repeated(rebuild(n.Sub[0], leaf), n.Min, n.Max, n.Lazy)
	}
	return leaf(n)
}

// Fold gives the tree that matches what n matches in any mixture of upper and
// lower case of the ASCII letters. A class that was negated before folding
// must be folded before: ParseRegexp with Nocase does so, and folding its
// result again changes nothing.
func Fold(n *Node) *Node {
	return rebuild(n, func(n *Node) *Node {
		switch n.Op {
		case Bytes:
			return foldBytes(n)
		case Class:
			s := *n.Set
			s.Fold()
			if s == *n.Set {
				return n
			}
			return OneByte(s)
		}
		return n
	})
}

// foldBytes splits a literal into runs without letters and one class a letter.
func foldBytes(n *Node) *Node {
	var sub []*Node
	start := 0
	for i, b := range n.Lit {
		if !isLetter(b) {
			continue
		}
		if start < i {
			sub = append(sub, Literal(n.Lit[start:i]))
		}
		var s Set
		s.Add(b)
		s.Fold()
		sub = append(sub, OneByte(s))
		start = i + 1
	}
	if sub == nil {
		return n
	}
	if start < len(n.Lit) {
		sub = append(sub, Literal(n.Lit[start:]))
	}
	return Sequence(sub...)
}

// Wide gives the tree for two-byte characters: each byte that n consumes is
// followed by a zero byte, and the word boundaries are marked Wide.
func Wide(n *Node) *Node {
	zero := Literal([]byte{0})
	return rebuild(n, func(n *Node) *Node {
		switch n.Op {
		case Bytes:
			lit := make([]byte, 0, 2*len(n.Lit))
			for _, b := range n.Lit {
				lit = append(lit, b, 0)
			}
			return Literal(lit)
		case Class:
			return Sequence(n, zero)
		case WordBoundary, NoWordBoundary:
			return &Node{Op: n.Op, Wide: true}
		}
		return n
	})
}

// Reverse gives the tree that matches the same places of the same data when it
// is read from right to left. The assertions stay as they are, since they
// speak of places in the data and not of a direction.
func Reverse(n *Node) *Node {
	switch n.Op {
	case Bytes:
		lit := make([]byte, len(n.Lit))
		for i, b := range n.Lit {
			lit[len(lit)-1-i] = b
		}
		return Literal(lit)
	case Concat:
		sub := make([]*Node, len(n.Sub))
		for i, m := range n.Sub {
			sub[len(sub)-1-i] = Reverse(m)
		}
		return Sequence(sub...)
	case Alternate:
		sub := make([]*Node, len(n.Sub))
		for i, m := range n.Sub {
			sub[i] = Reverse(m)
		}
		return Either(sub...)
	case Repeat:
		return Repeated(Reverse(n.Sub[0]), n.Min, n.Max, n.Lazy)
	}
	return n
}

// MinLen is the length of the shortest sequence that n matches, in bytes;
// what does not fit an int32 is given as math.MaxInt32.
func MinLen(n *Node) int {
	switch n.Op {
	case Bytes:
		return len(n.Lit)
	case Class:
		return 1
	case Concat:
		total := 0
		for _, m := range n.Sub {
			total = min(total+MinLen(m), math.MaxInt32)
		}
		return total
	case Alternate:
		least := math.MaxInt32
		for _, m := range n.Sub {
			least = min(least, MinLen(m))
		}
		return least
	case Repeat:
		return times(MinLen(n.Sub[0]), n.Min)
	}
	return 0
}

// MaxLen is the length of the longest sequence that n matches, in bytes, or
// Unbounded; what does not fit an int32 is Unbounded too.
func MaxLen(n *Node) int {
	most := 0
	switch n.Op {
	case Bytes:
		return len(n.Lit)
	case Class:
		return 1
	case Concat, Alternate:
		for _, m := range n.Sub {
			l := MaxLen(m)
			switch {
			case l == Unbounded:
				return Unbounded
			case n.Op == Concat:
				most = min(most+l, math.MaxInt32)
			default:
				most = max(most, l)
			}
		}
	case Repeat:
		l := MaxLen(n.Sub[0])
		switch {
		case l == 0:
			return 0
		case l == Unbounded || n.Max == Unbounded:
			return Unbounded
		}
		most = times(l, n.Max)
	}
	if most == math.MaxInt32 {
		return Unbounded
	}
	return most
}

// times multiplies and stops at math.MaxInt32.
func times(a, b int) int {
	if a != 0 && b > math.MaxInt32/a {
		return math.MaxInt32
	}
	return a * b
}
