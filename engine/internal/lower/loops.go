package lower

import (
	"candor/engine/internal/ir"
	"candor/engine/module"
	"candor/engine/yara"
)

// quantifier gives the Int and the first Kid of a quantified node.
func (s *scope) quantifier(q yara.Quantifier) (int64, *ir.Expr) {
	switch {
	case q.All:
		return ir.All, &ir.Expr{Op: ir.Undefined}
	case q.Any:
		return ir.AtLeast, intConst(1)
	case q.None:
		return ir.AtLeast, intConst(0)
	case q.Percent:
		return ir.Percent, s.integer(q.Count, "a percentage")
	}
	return ir.AtLeast, s.integer(q.Count, "a quantifier")
}

func (s *scope) quantified(e yara.Expr) typed {
	switch e := e.(type) {
	case *yara.OfStrings:
		out := of(boolType, ir.OfPatterns)
		out.Refs = s.set(e.Pos, e.Set)
		return s.withQuantifier(out, e.Q, s.place(e)...)
	case *yara.OfRules:
		out := of(boolType, ir.OfRules)
		out.Refs = s.ruleSet(e.Pos, e.Names)
		return s.withQuantifier(out, e.Q)
	case *yara.OfExprs:
		var kids []*ir.Expr
		for _, x := range e.Exprs {
			kids = append(kids, s.truth(x))
		}
		return s.withQuantifier(of(boolType, ir.OfExprs), e.Q, kids...)
	case *yara.ForStrings:
		return s.forStrings(e)
	case *yara.ForIn:
		return s.forIn(e)
	}
	return typed{}
}

func (s *scope) withQuantifier(out typed, q yara.Quantifier, kids ...*ir.Expr) typed {
	kind, first := s.quantifier(q)
	out.Int = kind
	out.Kids = append([]*ir.Expr{first}, kids...)
	return out
}

func (s *scope) place(e *yara.OfStrings) []*ir.Expr {
	switch {
	case e.At != nil:
		return []*ir.Expr{s.integer(e.At, "at")}
	case e.Lo != nil:
		return []*ir.Expr{s.integer(e.Lo, "in"), s.integer(e.Hi, "in")}
	}
	return nil
}

func (s *scope) forStrings(e *yara.ForStrings) typed {
	if s.inForOf {
		fail(e.Pos, "a for … of inside of another")
	}
	out := of(boolType, ir.ForOf)
	out.Refs = s.set(e.Pos, e.Set)
	s.inForOf = true
	body := s.truth(e.Body)
	s.inForOf = false
	return s.withQuantifier(out, e.Q, body)
}

func (s *scope) forIn(e *yara.ForIn) typed {
	var op ir.Op
	var kids []*ir.Expr
	types := []*module.Type{intType}
	switch it := e.Iter.(type) {
	case *yara.Range:
		op, kids = ir.ForRange, []*ir.Expr{s.integer(it.Lo, "a range"), s.integer(it.Hi, "a range")}
	case *yara.List:
		op = ir.ForList
		for i, item := range it.Items {
			x := s.expr(item)
			if i == 0 {
				types[0] = x.t
			}
			if x.t.Kind != types[0].Kind || x.t.Kind != module.Int && x.t.Kind != module.String {
				fail(item.Position(), "a list holds integers or strings, all of one kind")
			}
			kids = append(kids, x.Expr)
		}
	default:
		x := s.expr(e.Iter)
		kids = []*ir.Expr{x.Expr}
		switch x.t.Kind {
		case module.Array:
			op, types = ir.ForArray, []*module.Type{x.t.Elem}
		case module.Dict:
			op, types = ir.ForDict, []*module.Type{strType, x.t.Elem}
		default:
			fail(e.Pos, "%s cannot be iterated", kindName(x.t.Kind))
		}
	}
	if len(types) != len(e.Vars) {
		fail(e.Pos, "this loop needs %d variable(s), not %d", len(types), len(e.Vars))
	}
	first, unbind := s.bind(e.Pos, e.Vars, types)
	body := s.truth(e.Body)
	unbind()
	out := s.withQuantifier(of(boolType, op), e.Q, append(kids, body)...)
	out.Int2 = int64(first)
	return out
}
