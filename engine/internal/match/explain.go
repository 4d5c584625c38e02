package match

import (
	"candor/engine/internal/ir"
	"candor/engine/module"
)

// Part is one part of a condition with what it amounts to.
type Part struct {
	Depth int
	Expr  *ir.Expr
	Value module.Value // undefined if it is
}

// maxParts bounds an explanation.
const maxParts = 1000

// Explain calls yield with the parts of the condition of rule r, outermost
// first, evaluated over data as YARA rules are.
func (s *Scanner) Explain(r uint32, data []byte, extern []module.Value, now func() int64, yield func(Part)) {
	s.Scan(data, extern, now, func(uint32) {})
	s.begin(data) // without a plan: every pattern is searched for
	f := &frame{s: s, u: s.set.unit(r), loop: -1}
	left := maxParts
	f.explain(f.u.rule.Cond, 0, &left, yield)
}

func (f *frame) explain(e *ir.Expr, depth int, left *int, yield func(Part)) {
	if *left--; *left < 0 {
		return
	}
	v, ok := f.truth(e)
	p := Part{Depth: depth, Expr: e}
	if ok {
		p.Value = module.BoolValue(v)
	}
	yield(p)
	switch e.Op {
	case ir.And, ir.Or, ir.Not:
		for _, k := range e.Kids {
			f.explain(k, depth+1, left, yield)
		}
	}
}
