package automaton

import (
	"math/rand/v2"
	"slices"

	"candor/engine/pattern"
)

// reference is the meaning of patterns, by structural recursion over the tree:
// slow, and unlike the automaton in every respect.
type reference struct{ data []byte }

// ends gives the offsets at which n can be over if it begins at one of from.
func (r reference) ends(n *pattern.Node, from map[int]bool) map[int]bool {
	out := map[int]bool{}
	switch n.Op {
	case pattern.Concat:
		for _, s := range n.Sub {
			from = r.ends(s, from)
		}
		return from
	case pattern.Alternate:
		for _, s := range n.Sub {
			for e := range r.ends(s, from) {
				out[e] = true
			}
		}
		return out
	case pattern.Repeat:
		return r.repeated(n, from)
	}
	for at := range from {
		if e := r.leaf(n, at); e >= 0 {
			out[e] = true
		}
	}
	return out
}

func (r reference) repeated(n *pattern.Node, from map[int]bool) map[int]bool {
	for range n.Min {
		from = r.ends(n.Sub[0], from)
	}
	out := map[int]bool{}
	for count := n.Min; len(from) > 0; count++ {
		grew := false
		for e := range from {
			grew = grew || !out[e]
			out[e] = true
		}
		if !grew || count == n.Max {
			break
		}
		from = r.ends(n.Sub[0], from)
	}
	return out
}

// leaf gives the offset at which a leaf or assertion is over, or -1.
func (r reference) leaf(n *pattern.Node, at int) int {
	rest := r.data[at:]
	ok, size := false, 0
	switch n.Op {
	case pattern.Empty:
		ok = true
	case pattern.Bytes:
		size = len(n.Lit)
		ok = len(rest) >= size && string(rest[:size]) == string(n.Lit)
	case pattern.Class:
		size = 1
		ok = len(rest) > 0 && n.Set.Has(rest[0])
	case pattern.Begin:
		ok = at == 0
	case pattern.End:
		ok = len(rest) == 0
	case pattern.LineBegin:
		ok = at == 0 || r.data[at-1] == '\n'
	case pattern.LineEnd:
		ok = len(rest) == 0 || rest[0] == '\n'
	case pattern.WordBoundary:
		ok = r.boundary(n.Wide, at)
	case pattern.NoWordBoundary:
		ok = !r.boundary(n.Wide, at)
	}
	if !ok {
		return -1
	}
	return at + size
}

func (r reference) boundary(wide bool, at int) bool {
	size := 1
	if wide {
		size = 2
	}
	if at < size || len(r.data)-at < size {
		return true
	}
	word := func(b []byte) bool {
		c := b[0]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
		return letter && (!wide || b[1] == 0)
	}
	return word(r.data[at-size:]) != word(r.data[at:])
}

// endsAt gives the ends of all matches that start at an offset, ascending.
func (r reference) endsAt(n *pattern.Node, at int) []int {
	var out []int
	for e := range r.ends(n, map[int]bool{at: true}) {
		out = append(out, e)
	}
	slices.Sort(out)
	return out
}

// starts gives the offsets from lo to hi at which matches start.
func (r reference) starts(n *pattern.Node, lo, hi int, empty bool) []int {
	var out []int
	for at := lo; at < hi && at <= len(r.data); at++ {
		ends := r.endsAt(n, at)
		if len(ends) > 0 && (empty || ends[len(ends)-1] > at) {
			out = append(out, at)
		}
	}
	return out
}

// prefer gives the end that a backtracking matcher finds first, or -1. The
// bodies of repeats must consume.
func (r reference) prefer(n *pattern.Node, at int, then func(int) int) int {
	switch n.Op {
	case pattern.Concat:
		return r.preferAll(n.Sub, at, then)
	case pattern.Alternate:
		for _, s := range n.Sub {
			if e := r.prefer(s, at, then); e >= 0 {
				return e
			}
		}
		return -1
	case pattern.Repeat:
		return r.preferRepeat(n, 0, at, then)
	}
	if e := r.leaf(n, at); e >= 0 {
		return then(e)
	}
	return -1
}

func (r reference) preferAll(sub []*pattern.Node, at int, then func(int) int) int {
	if len(sub) == 0 {
		return then(at)
	}
	return r.prefer(sub[0], at, func(e int) int { return r.preferAll(sub[1:], e, then) })
}

func (r reference) preferRepeat(n *pattern.Node, count, at int, then func(int) int) int {
	more := func() int {
		if count == n.Max {
			return -1
		}
		return r.prefer(n.Sub[0], at, func(e int) int { return r.preferRepeat(n, count+1, e, then) })
	}
	switch {
	case count < n.Min:
		return more()
	case n.Lazy:
		if e := then(at); e >= 0 {
			return e
		}
		return more()
	}
	if e := more(); e >= 0 {
		return e
	}
	return then(at)
}

// generator makes trees and data that meet often.
type generator struct {
	*rand.Rand
	alphabet string
	nullable bool // bodies of repeats may match nothing
	asserts  bool
}

func (g *generator) data(most int) []byte {
	b := make([]byte, g.IntN(most+1))
	for i := range b {
		b[i] = g.alphabet[g.IntN(len(g.alphabet))]
	}
	return b
}

func (g *generator) leaf() *pattern.Node {
	switch k := g.IntN(12); {
	case k < 5:
		return &pattern.Node{Op: pattern.Bytes, Lit: append(g.data(2), g.alphabet[g.IntN(len(g.alphabet))])}
	case k < 9 || !g.asserts:
		s := pattern.Set{}
		for range g.IntN(3) + 1 {
			s.Add(g.alphabet[g.IntN(len(g.alphabet))])
		}
		if g.IntN(4) == 0 {
			s.Negate()
		}
		return &pattern.Node{Op: pattern.Class, Set: &s}
	case k == 9:
		return &pattern.Node{Op: pattern.Empty}
	}
	ops := []pattern.Op{pattern.Begin, pattern.End, pattern.WordBoundary, pattern.NoWordBoundary, pattern.LineBegin, pattern.LineEnd}
	return &pattern.Node{Op: ops[g.IntN(len(ops))], Wide: g.IntN(3) == 0}
}

func (g *generator) tree(depth int) *pattern.Node {
	if depth == 0 || g.IntN(5) == 0 {
		return g.leaf()
	}
	switch g.IntN(5) {
	case 0, 1:
		n := &pattern.Node{Op: pattern.Concat}
		for range g.IntN(4) {
			n.Sub = append(n.Sub, g.tree(depth-1))
		}
		return n
	case 2, 3:
		n := &pattern.Node{Op: pattern.Alternate}
		for range g.IntN(3) + 1 {
			n.Sub = append(n.Sub, g.tree(depth-1))
		}
		return n
	}
	body := g.tree(depth - 1)
	if !g.nullable && pattern.MinLen(body) == 0 {
		return body
	}
	n := &pattern.Node{Op: pattern.Repeat, Sub: []*pattern.Node{body}, Min: g.IntN(3), Lazy: g.IntN(2) == 0}
	n.Max = n.Min + g.IntN(3)
	if g.IntN(3) == 0 {
		n.Max = pattern.Unbounded
	}
	return n
}

// leaves gives the leaves of a tree, shared ones once.
func leaves(n *pattern.Node) []*pattern.Node {
	var out []*pattern.Node
	var visit func(*pattern.Node)
	visit = func(n *pattern.Node) {
		if (n.Op == pattern.Bytes || n.Op == pattern.Class) && !slices.Contains(out, n) {
			out = append(out, n)
		}
		for _, s := range n.Sub {
			visit(s)
		}
	}
	visit(n)
	return out
}

// cut gives leaves of which every match that consumes something reads one.
func cut(n *pattern.Node) []*pattern.Node {
	if n.Op == pattern.Concat {
		for _, s := range n.Sub {
			if pattern.MinLen(s) > 0 {
				return cut(s)
			}
		}
	}
	return leaves(n)
}
