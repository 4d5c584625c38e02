package lower

import (
	"candor/engine/internal/ir"
	"candor/engine/module"
	"candor/engine/yara"
)

var (
	intType   = &module.Type{Kind: module.Int}
	floatType = &module.Type{Kind: module.Float}
	boolType  = &module.Type{Kind: module.Bool}
	strType   = &module.Type{Kind: module.String}
	reType    = &module.Type{Kind: module.Regexp}
)

func of(t *module.Type, op ir.Op, kids ...*ir.Expr) typed {
	return typed{&ir.Expr{Op: op, Type: modelType(t.Kind), Kids: kids}, t}
}

func modelType(k module.Kind) ir.Type {
	switch k {
	case module.Int:
		return ir.TInt
	case module.Float:
		return ir.TFloat
	case module.String:
		return ir.TStr
	case module.Struct:
		return ir.TStruct
	case module.Array:
		return ir.TArray
	case module.Dict:
		return ir.TDict
	case module.Func:
		return ir.TFunc
	case module.Regexp:
		return ir.TRegexp
	}
	return ir.TBool
}

func intConst(v int64) *ir.Expr { return &ir.Expr{Op: ir.Int, Type: ir.TInt, Int: v} }

// truth lowers e where a truth value is wanted.
func (s *scope) truth(e yara.Expr) *ir.Expr {
	x := s.expr(e)
	switch x.t.Kind {
	case module.Bool:
		return x.Expr
	case module.Int, module.Float, module.String:
		return of(boolType, ir.ToBool, x.Expr).Expr
	}
	fail(e.Position(), "a truth value is wanted here, not %s", kindName(x.t.Kind))
	return nil
}

func (s *scope) integer(e yara.Expr, where string) *ir.Expr {
	x := s.expr(e)
	if x.t.Kind != module.Int {
		fail(e.Position(), "%s needs an integer, not %s", where, kindName(x.t.Kind))
	}
	return x.Expr
}

func kindName(k module.Kind) string {
	return [...]string{"nothing", "an integer", "a float", "a boolean", "a string", "a regular expression", "a structure", "an array", "a dictionary", "a function"}[k]
}

func (s *scope) expr(e yara.Expr) typed {
	switch e := e.(type) {
	case *yara.Int:
		return typed{intConst(e.Value), intType}
	case *yara.Float:
		x := of(floatType, ir.Float)
		x.Float = e.Value
		return x
	case *yara.Str:
		x := of(strType, ir.Str)
		x.Str = nonNil(e.Value)
		return x
	case *yara.Bool:
		x := of(boolType, ir.Bool)
		if e.Value {
			x.Int = 1
		}
		return x
	case *yara.RegexpLit:
		x := of(reType, ir.Regexp)
		x.Tree = e.Node
		return x
	case *yara.Filesize:
		return of(intType, ir.Filesize)
	case *yara.Entrypoint:
		return of(intType, ir.Entrypoint)
	case *yara.StringRef, *yara.Count, *yara.Offset, *yara.Length:
		return s.stringExpr(e)
	case *yara.Unary:
		return s.unary(e)
	case *yara.Binary:
		return s.binary(e)
	case *yara.OfStrings, *yara.OfRules, *yara.OfExprs, *yara.ForStrings, *yara.ForIn:
		return s.quantified(e)
	case *yara.Ident:
		return s.ident(e)
	case *yara.Member:
		return s.member(e)
	case *yara.Index:
		return s.index(e)
	case *yara.Call:
		return s.call(e)
	}
	fail(e.Position(), "this cannot stand in a condition")
	return typed{}
}

func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func (s *scope) stringExpr(e yara.Expr) typed {
	switch e := e.(type) {
	case *yara.StringRef:
		refs := s.ref(e.Pos, e.Name)
		x := of(boolType, ir.Found)
		switch {
		case e.At != nil:
			x = of(boolType, ir.FoundAt, s.integer(e.At, "at"))
		case e.Lo != nil:
			x = of(boolType, ir.FoundIn, s.integer(e.Lo, "in"), s.integer(e.Hi, "in"))
		}
		x.Refs = refs
		return x
	case *yara.Count:
		x := of(intType, ir.Count)
		if e.Lo != nil {
			x.Kids = []*ir.Expr{s.integer(e.Lo, "in"), s.integer(e.Hi, "in")}
		}
		x.Refs = s.ref(e.Pos, e.Name)
		return x
	case *yara.Offset:
		x := of(intType, ir.Offset, s.occurrence(e.Index))
		x.Refs = s.ref(e.Pos, e.Name)
		return x
	case *yara.Length:
		x := of(intType, ir.Length, s.occurrence(e.Index))
		x.Refs = s.ref(e.Pos, e.Name)
		return x
	}
	return typed{}
}

func (s *scope) occurrence(e yara.Expr) *ir.Expr {
	if e == nil {
		return intConst(1)
	}
	return s.integer(e, "an index")
}

func (s *scope) unary(e *yara.Unary) typed {
	switch e.Op {
	case "not":
		return of(boolType, ir.Not, s.truth(e.X))
	case "defined":
		return of(boolType, ir.Defined, s.expr(e.X).Expr)
	case "~":
		return of(intType, ir.BitNot, s.integer(e.X, "~"))
	}
	x := s.expr(e.X)
	if x.t.Kind != module.Int && x.t.Kind != module.Float {
		fail(e.Pos, "- needs a number, not %s", kindName(x.t.Kind))
	}
	return of(x.t, ir.Neg, x.Expr)
}

var arithmetic = map[string]ir.Op{"+": ir.Add, "-": ir.Sub, "*": ir.Mul, "\\": ir.Div}

var bitwise = map[string]ir.Op{"%": ir.Mod, "&": ir.BitAnd, "|": ir.BitOr, "^": ir.BitXor, "<<": ir.Shl, ">>": ir.Shr}

var comparison = map[string]ir.Op{"==": ir.Eq, "!=": ir.Ne, "<": ir.Lt, "<=": ir.Le, ">": ir.Gt, ">=": ir.Ge}

var stringOp = map[string]ir.Op{
	"contains": ir.Contains, "icontains": ir.IContains, "startswith": ir.StartsWith, "istartswith": ir.IStartsWith,
	"endswith": ir.EndsWith, "iendswith": ir.IEndsWith, "iequals": ir.IEquals,
}

func (s *scope) binary(e *yara.Binary) typed {
	if e.Op == "and" || e.Op == "or" {
		return s.junction(e)
	}
	x, y := s.expr(e.X), s.expr(e.Y)
	if e.Op == "matches" {
		if x.t.Kind != module.String || y.t.Kind != module.Regexp {
			fail(e.Pos, "matches needs a string and a regular expression")
		}
		out := of(boolType, ir.Matches, x.Expr)
		out.Tree = y.Tree
		return out
	}
	if op, ok := stringOp[e.Op]; ok {
		if x.t.Kind != module.String || y.t.Kind != module.String {
			fail(e.Pos, "%s needs two strings", e.Op)
		}
		return of(boolType, op, x.Expr, y.Expr)
	}
	if op, ok := bitwise[e.Op]; ok {
		if x.t.Kind != module.Int || y.t.Kind != module.Int {
			fail(e.Pos, "%s needs two integers", e.Op)
		}
		return of(intType, op, x.Expr, y.Expr)
	}
	if op, ok := comparison[e.Op]; ok {
		if x.t.Kind == module.String && y.t.Kind == module.String {
			return of(boolType, op, x.Expr, y.Expr)
		}
		x, y = numbers(e, x, y)
		return of(boolType, op, x.Expr, y.Expr)
	}
	op, ok := arithmetic[e.Op]
	if !ok {
		fail(e.Pos, "unknown operator %s", e.Op)
	}
	x, y = numbers(e, x, y)
	return of(x.t, op, x.Expr, y.Expr)
}

// numbers brings two numbers to one type.
func numbers(e *yara.Binary, x, y typed) (typed, typed) {
	for _, v := range []typed{x, y} {
		if v.t.Kind != module.Int && v.t.Kind != module.Float {
			fail(e.Pos, "%s cannot be used on %s and %s", e.Op, kindName(x.t.Kind), kindName(y.t.Kind))
		}
	}
	if x.t.Kind == y.t.Kind {
		return x, y
	}
	if x.t.Kind == module.Int {
		x = of(floatType, ir.ToFloat, x.Expr)
	} else {
		y = of(floatType, ir.ToFloat, y.Expr)
	}
	return x, y
}

// junction flattens chains of the same operator.
func (s *scope) junction(e *yara.Binary) typed {
	op := ir.And
	if e.Op == "or" {
		op = ir.Or
	}
	out := of(boolType, op)
	var walk func(x yara.Expr)
	walk = func(x yara.Expr) {
		if b, ok := x.(*yara.Binary); ok && b.Op == e.Op {
			walk(b.X)
			walk(b.Y)
			return
		}
		out.Kids = append(out.Kids, s.truth(x))
	}
	walk(e)
	return out
}
