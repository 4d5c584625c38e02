package pattern

// Limits of what the constructors and ParseRegexp accept.
const (
	maxDepth   = 500     // nesting of groups
	maxStacked = 10      // quantifiers of quantifiers, each of which nests like a group
	maxSource  = 1 << 17 // bytes of a regular expression
)

// The one-byte nodes that many patterns share.
var (
	anyByte    = &Node{Op: Class, Set: &Set{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}}
	notNewline = &Node{Op: Class, Set: &Set{^uint64(1 << '\n'), ^uint64(0), ^uint64(0), ^uint64(0)}}
	empty      = &Node{Op: Empty}
	// nothing matches no data: there is no offset 0 behind a byte.
	nothing = &Node{Op: Concat, Sub: []*Node{anyByte, {Op: Begin}}}
)

// AnyByte is the class of all bytes.
func AnyByte() *Node { return anyByte }

// Literal is the node that matches exactly b, which it keeps.
func Literal(b []byte) *Node {
	if len(b) == 0 {
		return empty
	}
	return &Node{Op: Bytes, Lit: b}
}

// OneByte is the node that matches one byte out of s. A set of a single byte
// becomes Bytes, an empty one a tree that matches no data.
func OneByte(s Set) *Node {
	if s == *anyByte.Set {
		return anyByte
	}
	switch s.Len() {
	case 0:
		return nothing
	case 1:
		for c := 0; ; c++ {
			if s.Has(byte(c)) {
				return &Node{Op: Bytes, Lit: []byte{byte(c)}}
			}
		}
	}
	return &Node{Op: Class, Set: &s}
}

// Sequence is the canonical concatenation: nested ones are flattened, Empty is
// dropped and neighbouring Bytes become one node.
func Sequence(sub ...*Node) *Node {
	if flat(sub) {
		return concatOf(sub)
	}
	out := make([]*Node, 0, len(sub))
	for _, n := range sub {
		switch n.Op {
		case Empty:
		case Concat:
			for _, m := range n.Sub {
				out = appendMerged(out, m)
			}
		default:
			out = appendMerged(out, n)
		}
	}
	return concatOf(out)
}

// flat tells whether sub needs no work to be the children of a Concat.
func flat(sub []*Node) bool {
	for i, n := range sub {
		if n.Op == Empty || n.Op == Concat || n.Op == Bytes && i > 0 && sub[i-1].Op == Bytes {
			return false
		}
	}
	return true
}

func concatOf(sub []*Node) *Node {
	switch len(sub) {
	case 0:
		return empty
	case 1:
		return sub[0]
	}
	return &Node{Op: Concat, Sub: sub}
}

func appendMerged(out []*Node, n *Node) []*Node {
	if n.Op == Bytes && len(out) > 0 {
		if last := out[len(out)-1]; last.Op == Bytes {
			lit := make([]byte, 0, len(last.Lit)+len(n.Lit))
			out[len(out)-1] = &Node{Op: Bytes, Lit: append(append(lit, last.Lit...), n.Lit...)}
			return out
		}
	}
	return append(out, n)
}

// Either is the canonical alternation: nested ones are flattened, and
// neighbouring branches of one byte each become one class.
func Either(sub ...*Node) *Node {
	out := make([]*Node, 0, len(sub))
	for _, n := range sub {
		if n.Op == Alternate {
			for _, m := range n.Sub {
				out = appendBranch(out, m)
			}
			continue
		}
		out = appendBranch(out, n)
	}
	switch len(out) {
	case 0:
		return empty
	case 1:
		return out[0]
	}
	return &Node{Op: Alternate, Sub: out}
}

func appendBranch(out []*Node, n *Node) []*Node {
	if len(out) > 0 {
		a, ok1 := singleByte(out[len(out)-1])
		b, ok2 := singleByte(n)
		if ok1 && ok2 {
			for i := range a {
				a[i] |= b[i]
			}
			out[len(out)-1] = OneByte(a)
			return out
		}
	}
	return append(out, n)
}

// singleByte gives the set of a node that always matches exactly one byte.
func singleByte(n *Node) (s Set, ok bool) {
	switch {
	case n.Op == Class:
		return *n.Set, true
	case n.Op == Bytes && len(n.Lit) == 1:
		s.Add(n.Lit[0])
		return s, true
	}
	return s, false
}

// Repeated is n repeated min to max times, max Unbounded for no upper bound.
// What is repeated once, or has no width, is simplified.
func Repeated(n *Node, min, max int, lazy bool) *Node {
	switch {
	case max == 0:
		return empty
	case min == 1 && max == 1:
		return n
	case zeroWidth(n) && min == 0:
		return empty
	case zeroWidth(n):
		return n
	}
	return &Node{Op: Repeat, Sub: []*Node{n}, Min: min, Max: max, Lazy: lazy}
}

// zeroWidth tells whether n can consume no byte at all.
func zeroWidth(n *Node) bool {
	if n.Op == Bytes || n.Op == Class {
		return false
	}
	for _, m := range n.Sub {
		if !zeroWidth(m) {
			return false
		}
	}
	return true
}
