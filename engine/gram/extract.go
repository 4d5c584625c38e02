package gram

import (
	"math/bits"

	"candor/engine/pattern"
)

// Limits of what the extraction enumerates: alternatives in one set, values
// of one class, depth of a tree.
const (
	maxPieces = 48
	maxValues = 16
	maxDepth  = 200
)

// FromPattern gives the cheapest Set of n that the extraction finds.
func FromPattern(n *pattern.Node) Set {
	x := extract(n, 0)
	return x.consider().best
}

// piece is one folded string that a node can stand for.
type piece struct {
	b    []byte
	leaf *pattern.Node
	off  int
}

// info is what the extraction knows of a node: all its strings, if they are
// few, and the best set found inside it.
type info struct {
	exact []piece // nil: too many to tell
	best  Set
}

func unknown() info { return info{best: None} }

// consider weighs the exact strings of x against its best set.
func (x info) consider() info {
	if s := setOf(x.exact); s.Cost < x.best.Cost {
		x.best = s
	}
	return x
}

func setOf(pieces []piece) Set {
	if len(pieces) == 0 {
		return None
	}
	var s Set
	for _, p := range pieces {
		b, off := p.b, p.off
		if len(b) > MaxAtom {
			at := rarest(b)
			// A piece that runs past its first leaf can only be trimmed at its end.
			if p.leaf != nil && (p.leaf.Op != pattern.Bytes || off+at >= len(p.leaf.Lit)) {
				at = 0
			}
			b, off = b[at:at+MaxAtom], off+at
		}
		c := Cost(b)
		if c >= Impossible {
			return None
		}
		s.Cost += c
		s.Atoms = append(s.Atoms, Atom{Bytes: b, Leaf: p.leaf, Off: off})
	}
	return s
}

func extract(n *pattern.Node, depth int) info {
	if depth > maxDepth {
		return unknown()
	}
	switch n.Op {
	case pattern.Bytes:
		return info{exact: []piece{{b: FoldBytes(n.Lit), leaf: n}}, best: None}
	case pattern.Class:
		return info{exact: classPieces(n), best: None}
	case pattern.Concat:
		return extractConcat(n.Sub, depth)
	case pattern.Alternate:
		return extractAlternate(n.Sub, depth)
	case pattern.Repeat:
		return extractRepeat(n, depth)
	}
	return info{exact: []piece{{}}, best: None} // zero width
}

func classPieces(n *pattern.Node) []piece {
	var folded pattern.Set
	count := 0
	for w, word := range n.Set {
		for word != 0 {
			b := Fold(byte(w<<6 | bits.TrailingZeros64(word)))
			word &= word - 1
			if !folded.Has(b) {
				folded.Add(b)
				if count++; count > maxValues {
					return nil
				}
			}
		}
	}
	out := make([]piece, 0, count)
	for c := 0; c < 256; c++ {
		if folded.Has(byte(c)) {
			out = append(out, piece{b: []byte{byte(c)}, leaf: n})
		}
	}
	return out
}

// extractConcat looks at every run of neighbours whose strings are few.
func extractConcat(sub []*pattern.Node, depth int) info {
	infos := make([]info, len(sub))
	out := info{best: None}
	whole := true
	for i, s := range sub {
		infos[i] = extract(s, depth+1)
		if infos[i].best.Cost < out.best.Cost {
			out.best = infos[i].best
		}
		whole = whole && infos[i].exact != nil
	}
	for i := range infos {
		cur := infos[i].exact
		if cur == nil || len(cur) == 1 && len(cur[0].b) == 0 {
			continue
		}
		out = info{exact: cur, best: out.best}.consider()
		for j := i + 1; j < len(infos) && infos[j].exact != nil && shortest(cur) < MaxAtom; j++ {
			if cur = cross(cur, infos[j].exact); cur == nil {
				break
			}
			out = info{exact: cur, best: out.best}.consider()
		}
	}
	out.exact = nil
	if whole {
		out.exact = []piece{{}}
		for _, x := range infos {
			if out.exact = cross(out.exact, x.exact); out.exact == nil {
				break
			}
		}
	}
	return out
}

func shortest(ps []piece) int {
	n := len(ps[0].b)
	for _, p := range ps {
		n = min(n, len(p.b))
	}
	return n
}

func cross(a, b []piece) []piece {
	if len(a)*len(b) > maxPieces {
		return nil
	}
	out := make([]piece, 0, len(a)*len(b))
	for _, p := range a {
		for _, q := range b {
			switch {
			case len(q.b) == 0:
				out = append(out, p)
			case len(p.b) == 0:
				out = append(out, q)
			default:
				s := make([]byte, 0, len(p.b)+len(q.b))
				out = append(out, piece{b: append(append(s, p.b...), q.b...), leaf: p.leaf, off: p.off})
			}
		}
	}
	return out
}

func extractAlternate(sub []*pattern.Node, depth int) info {
	out := info{exact: []piece{}}
	for _, s := range sub {
		x := extract(s, depth+1)
		if out.exact != nil && x.exact != nil && len(out.exact)+len(x.exact) <= maxPieces {
			out.exact = append(out.exact, x.exact...)
		} else {
			out.exact = nil
		}
		out.best = Union(out.best, x.consider().best)
	}
	return out
}

func extractRepeat(n *pattern.Node, depth int) info {
	if n.Min == 0 {
		if n.Max == 0 {
			return info{exact: []piece{{}}, best: None}
		}
		if n.Max == 1 {
			x := extract(n.Sub[0], depth+1)
			if x.exact != nil && len(x.exact) < maxPieces {
				return info{exact: append([]piece{{}}, x.exact...), best: None}
			}
		}
		return unknown()
	}
	copies := min(n.Min, MaxAtom)
	if copies == 1 {
		x := extract(n.Sub[0], depth+1).consider()
		if n.Max != 1 {
			x.exact = nil
		}
		return x
	}
	sub := make([]*pattern.Node, copies)
	for i := range sub {
		sub[i] = n.Sub[0]
	}
	x := extractConcat(sub, depth+1)
	if n.Max != copies {
		x.exact = nil
	}
	return x
}
