package gram

import (
	"slices"

	"candor/engine/pattern"
)

// Limits of Needs: sets of one pattern, and atoms of a set that says more than
// the cheapest.
const (
	mostNeeds   = 6
	mostFurther = 16
)

// Needs gives sets of which each has an atom in whatever n matches: the one of
// FromPattern, and others that lie beside it or take in what does. None are
// given for a pattern that nothing can be said about.
func Needs(n *pattern.Node) []Set {
	all := needs(nil, n, 0)
	return all[:min(len(all), mostNeeds)]
}

// LiteralNeeds are the Needs of a plain literal.
func LiteralNeeds(lit []byte) (all []Set) {
	first := FromLiteral(lit)
	if first.Cost >= Impossible {
		return nil
	}
	all = append(all, first)
	at := first.Atoms[0].Off
	for from := at + MaxAtom; from+leastFurther <= len(lit) && len(all) < mostNeeds; from += MaxAtom {
		all = append(all, pieceOf(lit, from, min(from+MaxAtom, len(lit))))
	}
	for to := at; to >= leastFurther && len(all) < mostNeeds; to -= MaxAtom {
		all = append(all, pieceOf(lit, max(to-MaxAtom, 0), to))
	}
	return all
}

// leastFurther is the length of a piece of a literal from which on it is worth
// asking for beside another.
const leastFurther = 6

func pieceOf(lit []byte, from, to int) Set {
	return single(Atom{Bytes: FoldBytes(lit[from:to]), Off: from})
}

func needs(dst []Set, n *pattern.Node, depth int) []Set {
	switch {
	case depth > maxDepth || len(dst) >= mostNeeds:
		return dst
	case n.Op == pattern.Concat:
		return needsOfConcat(dst, n.Sub, depth)
	case n.Op == pattern.Repeat && n.Min == 1 && n.Max != 1:
		return needs(dst, n.Sub[0], depth+1)
	}
	return appendSet(dst, extract(n, depth).consider().best)
}

func appendSet(dst []Set, s Set) []Set {
	if s.Cost >= Impossible {
		return dst
	}
	return append(dst, s)
}

// needsOfConcat looks at every stretch of neighbours whose strings are few. What
// has many ends one, with what it or what follows may begin with, and begins the
// next, with what it ends with.
func needsOfConcat(dst []Set, sub []*pattern.Node, depth int) []Set {
	var stretch [][]piece
	for i, s := range sub {
		if x := extract(s, depth+1); x.exact != nil {
			stretch = append(stretch, x.exact)
			continue
		}
		if begin := beginOf(sub[i:], depth+1); begin != nil {
			stretch = append(stretch, begin)
		}
		dst, stretch = needs(needsOfStretch(dst, stretch), s, depth+1), nil
		if s.Op == pattern.Repeat && s.Min > 0 {
			if end := extract(s.Sub[0], depth+1).exact; end != nil {
				stretch = append(stretch, end)
			}
		}
	}
	return needsOfStretch(dst, stretch)
}

// beginOf gives strings of which one begins whatever nodes match one after
// another, nil if they are not few or it may be nothing.
func beginOf(sub []*pattern.Node, depth int) (all []piece) {
	for i, s := range sub {
		if depth > maxDepth || len(all) > mostFurther {
			return nil
		}
		x, more := extract(s, depth).exact, false
		switch {
		case x != nil:
		case s.Op == pattern.Repeat:
			x, more = extract(s.Sub[0], depth+1).exact, s.Min == 0
		case s.Op == pattern.Concat:
			x = beginOf(s.Sub, depth+1)
		case s.Op == pattern.Alternate:
			for _, a := range s.Sub {
				b := beginOf([]*pattern.Node{a}, depth+1)
				if b == nil {
					return nil
				}
				x = append(x, b...)
			}
		}
		if x == nil {
			return nil
		}
		for _, p := range x {
			if more = more || len(p.b) == 0; len(p.b) > 0 {
				all = append(all, p)
			}
		}
		if !more {
			return all
		}
		if i+1 == len(sub) {
			return nil
		}
	}
	return nil
}

// needsOfStretch takes the cheapest set of a stretch, the one that takes in what
// lies around it, and then those of what lies before and behind.
func needsOfStretch(dst []Set, stretch [][]piece) []Set {
	best, from, to := None, 0, 0
	for i := range stretch {
		cur := []piece{{}}
		for j := i; j < len(stretch) && shortest(cur) < MaxAtom; j++ {
			if cur = cross(cur, stretch[j]); cur == nil {
				break
			}
			if s := setOf(cur); s.Cost < best.Cost {
				best, from, to = s, i, j+1
			}
		}
	}
	if best.Cost >= Impossible || len(dst) >= mostNeeds {
		return dst
	}
	dst = append(dst, best)
	if wide := widened(stretch, from, to); wide != nil {
		dst = appendSet(dst, setOf(wide))
	}
	return needsOfStretch(needsOfStretch(dst, stretch[:from]), stretch[to:])
}

// widened gives the strings of a part of a stretch together with what lies around
// it, as long as they are few; nil if nothing does.
func widened(stretch [][]piece, from, to int) []piece {
	cur := []piece{{}}
	for _, x := range stretch[from:to] {
		cur = cross(cur, x)
	}
	more := false
	for ; to < len(stretch) && shortest(cur) < MaxAtom && len(cur)*len(stretch[to]) <= mostFurther; to++ {
		cur, more = cross(cur, stretch[to]), more || !allEmpty(stretch[to])
	}
	for ; from > 0 && shortest(cur) < MaxAtom && len(cur)*len(stretch[from-1]) <= mostFurther; from-- {
		cur, more = cross(stretch[from-1], cur), more || !allEmpty(stretch[from-1])
	}
	if !more {
		return nil
	}
	return cur
}

// allEmpty tells whether strings are all empty.
func allEmpty(ps []piece) bool {
	return !slices.ContainsFunc(ps, func(p piece) bool { return len(p.b) > 0 })
}
