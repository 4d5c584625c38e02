package match

import (
	"candor/engine/automaton"
	"candor/engine/internal/ir"
	"candor/engine/pattern"
)

// union is patterns of one rule, out of those that a condition wants one of,
// that are searched for together.
type union struct {
	refs []uint32
	prog *automaton.Program // of all their variants; nil if there is nothing to gain
}

// searchTogether searches at one stroke for those patterns of e that begin
// alike and that no hits speak for. It tells whether one of them occurs; if
// not, it is known of each afterwards. Rules for scripts ask for any of a dozen
// expressions that differ in their ends, with variants for wide characters.
func (f *frame) searchTogether(e *ir.Expr) bool {
	x := f.u.union(e)
	if x.prog == nil {
		return false
	}
	unknown := 0
	for _, r := range x.refs {
		if p := f.u.numbers[r]; f.s.occMark[p] != f.s.epoch && !f.s.tracked(p) {
			unknown++
		}
	}
	if unknown < 2 {
		return false
	}
	if f.s.matcher(x.prog).Has(f.s.data, 0, len(f.s.data)) {
		return true
	}
	for _, r := range x.refs {
		if p := f.u.numbers[r]; f.s.occMark[p] != f.s.epoch {
			f.s.occurrences(p)
		}
	}
	return false
}

// union gives what the patterns of e are searched for with.
func (u *unit) union(e *ir.Expr) *union {
	if x, ok := u.expressions.Load(e); ok {
		return x.(*union)
	}
	x := u.newUnion(e.Refs)
	u.expressions.Store(e, x)
	return x
}

func (u *unit) newUnion(refs []uint32) *union {
	groups := map[pattern.Set][]uint32{}
	largest := pattern.Set{}
	for _, r := range refs {
		if first, ok := firstOf(u.rule.Patterns[r].Variants); ok {
			groups[first] = append(groups[first], r)
			if len(groups[first]) > len(groups[largest]) {
				largest = first
			}
		}
	}
	x := &union{refs: groups[largest]}
	if len(x.refs) < 2 {
		return x
	}
	all := &pattern.Node{Op: pattern.Alternate}
	for _, r := range x.refs {
		for _, v := range u.rule.Patterns[r].Variants {
			all.Sub = append(all.Sub, v.Tree)
		}
	}
	if prog, err := automaton.Compile(all); err == nil {
		x.prog = prog
	}
	return x
}

// firstOf gives the bytes that a pattern begins with, the same ones for each
// variant. Ok is false if they differ, or if there is more to its occurrences
// than that a tree matches.
func firstOf(variants []ir.Variant) (first pattern.Set, ok bool) {
	for i := range variants {
		v := &variants[i]
		if v.Tree == nil || bounded(v) || !isPlain(v.Tree) {
			return first, false
		}
		if n := pattern.MaxLen(v.Tree); n == pattern.Unbounded || n > automaton.DefaultLimit {
			return first, false
		}
		begin := v.Tree
		for begin.Op == pattern.Concat {
			begin = begin.Sub[0]
		}
		var set pattern.Set
		switch begin.Op {
		case pattern.Bytes:
			set.Add(begin.Lit[0])
		case pattern.Class:
			set = *begin.Set
		default:
			return first, false
		}
		if i > 0 && set != first {
			return first, false
		}
		first = set
	}
	return first, len(variants) > 0
}

// isPlain tells whether what a tree matches depends on that alone, and not on
// where it stands.
func isPlain(n *pattern.Node) bool {
	if n.Op >= pattern.Begin {
		return false
	}
	for _, s := range n.Sub {
		if !isPlain(s) {
			return false
		}
	}
	return true
}
