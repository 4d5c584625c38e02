package plan

import (
	"cmp"
	"slices"

	"candor/engine/gram"
	"candor/engine/internal/model"
	"candor/engine/pattern"
)

// Use says what an atom stands for, a place in a variant of a pattern: the
// number of the pattern (24 bits), the variant (8), the preorder number of
// the leaf in the variant's tree (16), and the offset of the atom within the
// leaf or the literal (16).
type Use uint64

// Limits of what a Use can hold.
const (
	MaxPatterns = 1<<24 - 1<<16
	maxVariant  = 1 << 8
	maxLeaf     = 1 << 16
	maxOff      = 1 << 16
)

func newUse(pattern uint32, variant, leaf, off int) Use {
	return Use(pattern)<<40 | Use(variant)<<32 | Use(leaf)<<16 | Use(off)
}

// gateUse is the Use of an atom that opens the gate of a group: the numbers
// above MaxPatterns stand for groups.
func gateUse(group int) Use { return newUse(uint32(MaxPatterns+group), 0, 0, 0) }

// Gate tells whether, and of which group, the atom opens the gate.
func (u Use) Gate() (group int, ok bool) {
	g := int(u.Pattern()) - MaxPatterns
	return g, g >= 0
}

// Pattern is the number of the pattern.
func (u Use) Pattern() uint32 { return uint32(u >> 40) }

// Variant is the index of the variant.
func (u Use) Variant() int { return int(u >> 32 & 0xFF) }

// Leaf is the preorder number of the leaf.
func (u Use) Leaf() int { return int(u >> 16 & 0xFFFF) }

// Off is the offset of the atom within the leaf or the literal.
func (u Use) Off() int { return int(u & 0xFFFF) }

// Lane is the table of one group of rules for one route.
type Lane struct {
	Table   *gram.Table
	UseOff  []uint32 // by atom; len = atoms+1
	Uses    []uint64 // Use
	Tracked []uint64 // bit by pattern number: all its atoms are in the table
	Always  []uint32 // rules that no atom covers
	// Triggers by pattern: the rules that become candidates when it may occur.
	TriggerKeys []uint32 // sorted pattern numbers
	TriggerOff  []uint32
	Triggers    []uint32
}

// frequent is the cost above which a rule is expected to be a candidate so
// often that all of its patterns are tracked rather than searched for.
const frequent = 1e-5

// trackable bounds the cost of a pattern that is tracked without being a trigger.
const trackable = 2e-3

// NewLane lays out the given rules for a route. Gates are those of other
// groups, by group; nil for none.
func NewLane(f *Formulas, rules []uint32, route Route, patterns int, gates []*Gate) *Lane {
	b := laneBuilder{all: f, byBytes: map[string]int{}, triggers: map[uint32][]uint32{}, tracked: make([]uint64, (patterns+63)/64)}
	l := &Lane{}
	for _, r := range rules {
		form := onRoute(f.Of(r), route)
		if form.Op == gram.Nothing {
			continue
		}
		cover, cost := form.Cover()
		if cost >= gram.Impossible {
			l.Always = append(l.Always, r)
			b.trackAll(r, 0)
			continue
		}
		for _, c := range cover {
			b.add(c)
			if t := b.triggers[c.Pattern]; len(t) == 0 || t[len(t)-1] != r {
				b.triggers[c.Pattern] = append(t, r)
			}
		}
		if cost > frequent {
			b.trackAll(r, 0)
		}
	}
	for g, gate := range gates {
		if gate != nil {
			for _, atom := range gate.Strong {
				b.use(atom, gateUse(g))
			}
		}
	}
	b.finish(l)
	return l
}

type laneBuilder struct {
	all      *Formulas
	byBytes  map[string]int
	atoms    [][]byte
	uses     [][]uint64
	triggers map[uint32][]uint32
	tracked  []uint64
}

// trackAll tracks the patterns of a rule, and of those it refers to, that are
// rare enough for it.
func (b *laneBuilder) trackAll(r uint32, depth int) {
	n := need{all: b.all, rule: r, loop: -1}
	for i := range b.all.Rules[r].Patterns {
		if f := n.pattern(uint32(i)); f.Op == gram.Present && f.Set.Cost < trackable {
			b.add(f)
		}
	}
	if depth < maxRefs {
		b.trackRefs(b.all.Rules[r].Cond, depth)
	}
}

func (b *laneBuilder) trackRefs(e *model.Expr, depth int) {
	if e.Op == model.Rule_ || e.Op == model.OfRules {
		for _, r := range e.Refs {
			b.trackAll(r, depth+1)
		}
	}
	for _, k := range e.Kids {
		b.trackRefs(k, depth)
	}
}

// maxRefs bounds how far references to rules are followed.
const maxRefs = 4

// add puts the atoms of a pattern into the lane.
func (b *laneBuilder) add(f *gram.Formula) {
	if b.tracked[f.Pattern>>6]>>(f.Pattern&63)&1 != 0 {
		return
	}
	b.tracked[f.Pattern>>6] |= 1 << (f.Pattern & 63)
	for _, a := range b.all.placed[f.Pattern] {
		b.use(a.Bytes, a.use)
	}
}

func (b *laneBuilder) use(atom []byte, u Use) {
	id, ok := b.byBytes[string(atom)]
	if !ok {
		id = len(b.atoms)
		b.byBytes[string(atom)] = id
		b.atoms = append(b.atoms, atom)
		b.uses = append(b.uses, nil)
	}
	b.uses[id] = append(b.uses[id], uint64(u))
}

func (b *laneBuilder) finish(l *Lane) {
	l.Table = gram.NewTable(b.atoms)
	l.Tracked = b.tracked
	l.UseOff = make([]uint32, 1, len(b.uses)+1)
	for _, u := range b.uses {
		l.Uses = append(l.Uses, u...)
		l.UseOff = append(l.UseOff, uint32(len(l.Uses)))
	}
	l.TriggerOff = []uint32{0}
	for p := range b.triggers {
		l.TriggerKeys = append(l.TriggerKeys, p)
	}
	slices.SortFunc(l.TriggerKeys, cmp.Compare[uint32])
	for _, p := range l.TriggerKeys {
		l.Triggers = append(l.Triggers, b.triggers[p]...)
		l.TriggerOff = append(l.TriggerOff, uint32(len(l.Triggers)))
	}
}

// onRoute decides what the route decides.
func onRoute(f *gram.Formula, route Route) *gram.Formula {
	switch f.Op {
	case gram.Header:
		if !route.allows(f) {
			return gram.Never()
		}
	case gram.AllOf, gram.AnyOf, gram.AtLeast:
		sub := make([]*gram.Formula, len(f.Sub))
		for i, s := range f.Sub {
			sub[i] = onRoute(s, route)
		}
		switch f.Op {
		case gram.AllOf:
			return gram.And(sub...)
		case gram.AnyOf:
			return gram.Or(sub...)
		}
		sub = slices.DeleteFunc(sub, func(s *gram.Formula) bool { return s.Op == gram.Nothing })
		return gram.Threshold(f.N, sub)
	}
	return f
}

// placed is an atom with its use.
type placed struct {
	gram.Atom
	use Use
}

// place gives the atoms of pattern number p, and what looking for them costs.
// A pattern with a place that a Use cannot hold is one without atoms.
func place(p uint32, variants []model.Variant) ([]placed, float64) {
	var out []placed
	cost := 0.0
	for v := range variants {
		set := variantSet(&variants[v])
		if set.Cost >= gram.Impossible || v >= maxVariant {
			return nil, gram.Impossible
		}
		cost += set.Cost
		leaves := leafNumbers(variants[v].Tree)
		for _, a := range set.Atoms {
			leaf := leaves[a.Leaf]
			if leaf >= maxLeaf || a.Off >= maxOff {
				return nil, gram.Impossible
			}
			out = append(out, placed{a, newUse(p, v, leaf, a.Off)})
		}
	}
	return out, cost
}

func leafNumbers(tree *pattern.Node) map[*pattern.Node]int {
	if tree == nil {
		return nil
	}
	leaves := map[*pattern.Node]int{}
	for i, l := range Leaves(tree) {
		if _, ok := leaves[l]; !ok {
			leaves[l] = i
		}
	}
	return leaves
}

// Leaves lists the nodes of a tree that consume bytes, in preorder.
func Leaves(n *pattern.Node) []*pattern.Node { return appendLeaves(nil, n) }

func appendLeaves(dst []*pattern.Node, n *pattern.Node) []*pattern.Node {
	if n.Op == pattern.Bytes || n.Op == pattern.Class {
		return append(dst, n)
	}
	for _, s := range n.Sub {
		dst = appendLeaves(dst, s)
	}
	return dst
}
