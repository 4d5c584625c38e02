package match

import (
	"slices"
	"sync"

	"candor/engine/automaton"
	"candor/engine/internal/ir"
	"candor/engine/internal/plan"
	"candor/engine/internal/vector"
	"candor/engine/pattern"
)

// unit is a rule decoded, with the automata of its patterns built when first used.
type unit struct {
	id          uint32
	numbers     []uint32 // of its patterns, in the whole set
	rule        *ir.Rule
	programs    []lazyProgram // by pattern and variant
	offset      []int         // of a pattern's first variant in programs
	expressions sync.Map      // *ir.Expr to *expression, of conditions
	unprintable []bool        // by pattern: it occurs in no printable content; see plan.Unprintable
}

type lazyProgram struct {
	once sync.Once
	prog *automaton.Program // nil: the tree is beyond the limits of the automaton
	leaf int                // the leaf of the longest literal that is in every match
	lit  []byte             // its bytes; nil if there is none
	two  *vector.Triples    // finds lit if it is of two bytes, where the processor looks at many offsets at once
}

func newUnit(id uint32, numbers []uint32, rule *ir.Rule) *unit {
	u := &unit{id: id, numbers: numbers, rule: rule}
	n := 0
	for i := range rule.Patterns {
		u.offset = append(u.offset, n)
		u.unprintable = append(u.unprintable, plan.Unprintable(&rule.Patterns[i]))
		n += len(rule.Patterns[i].Variants)
	}
	u.programs = make([]lazyProgram, n)
	if !logs(rule.Cond) {
		cheapFirst(rule.Cond)
	}
	return u
}

func (u *unit) program(p uint32, variant int) *automaton.Program {
	l := &u.programs[u.offset[p]+variant]
	l.once.Do(func() {
		tree := u.rule.Patterns[p].Variants[variant].Tree
		l.prog = compileTree(tree)
		l.leaf, l.lit = fixedLeaf(tree)
		if len(l.lit) == 2 && vector.Fast() {
			is := func(i int) func(byte) bool { return func(c byte) bool { return c == l.lit[i] } }
			l.two = &vector.Triples{}
			l.two.Add(0, [3]func(byte) bool{is(0), is(1), func(byte) bool { return true }})
		}
	})
	return l.prog
}

// fixed gives what has the literal by which a tree can be searched for, after
// program; nil if there is none.
func (u *unit) fixed(p uint32, variant int) *lazyProgram {
	if l := &u.programs[u.offset[p]+variant]; l.lit != nil {
		return l
	}
	return nil
}

// each finds the literal.
func (l *lazyProgram) each(data []byte, yield func(at int) bool) {
	i := 0
	if l.two != nil {
		for i = l.two.Next(data, 0); !vector.Ends(data, i); i = l.two.Next(data, i+1) {
			if data[i] == l.lit[0] && data[i+1] == l.lit[1] && !yield(i) {
				return
			}
		}
	}
	eachExact(data, l.lit, i, yield)
}

// fixedLeaf finds the longest literal that each match of a tree holds exactly
// once.
func fixedLeaf(tree *pattern.Node) (leaf int, lit []byte) {
	if tree.Op != pattern.Concat {
		return 0, nil
	}
	for i, l := range plan.Leaves(tree) {
		if l.Op == pattern.Bytes && len(l.Lit) > max(len(lit), 1) && slices.Contains(tree.Sub, l) {
			leaf, lit = i, l.Lit
		}
	}
	return leaf, lit
}

func compileTree(tree *pattern.Node) *automaton.Program {
	prog, err := automaton.Compile(tree, plan.Leaves(tree)...)
	if err != nil {
		return nil
	}
	return prog
}

// logs tells whether a condition prints: its operands must keep their order.
func logs(e *ir.Expr) bool {
	return e.Op == ir.Module && string(e.Str) == "console" || slices.ContainsFunc(e.Kids, logs)
}

// cheapFirst orders the operands of and and or by what they cost to evaluate.
// That changes no result: the engine's and and or are commutative.
func cheapFirst(e *ir.Expr) {
	for _, k := range e.Kids {
		cheapFirst(k)
	}
	if e.Op == ir.And || e.Op == ir.Or {
		slices.SortStableFunc(e.Kids, func(a, b *ir.Expr) int { return expense(a) - expense(b) })
	}
}

// expense ranks what evaluating e costs.
func expense(e *ir.Expr) int {
	own := 0
	switch e.Op {
	case ir.Found, ir.FoundAt, ir.FoundIn, ir.OfPatterns:
		own = 2
	case ir.Count, ir.Offset, ir.Length, ir.SigLogic:
		own = 3
	case ir.Rule_, ir.OfRules:
		own = 4
	case ir.ForOf, ir.ForRange, ir.ForList:
		own = 5
	case ir.Field, ir.Module:
		own = 6
	case ir.Call, ir.ForArray, ir.ForDict:
		own = 7
	}
	for _, k := range e.Kids {
		own = max(own, expense(k))
	}
	if e.Op == ir.Not && own >= 2 {
		own++ // what must not occur mostly does not, and to know that takes a whole search
	}
	return own
}
