package match

import (
	"bytes"
	"math"

	"candor/engine/automaton"
	"candor/engine/internal/ir"
	"candor/engine/module"
	"candor/engine/pattern"
)

// value evaluates an expression of any type.
func (f *frame) value(e *ir.Expr) module.Value {
	switch e.Op {
	case ir.Undefined:
		return module.Value{}
	case ir.Float:
		return module.FloatValue(e.Float)
	case ir.Str:
		return module.BytesValue(e.Str)
	case ir.Regexp:
		return module.Value{Kind: module.Regexp, Re: f.regexp(e)}
	case ir.Var:
		if int(e.Int) < len(f.vars) {
			return f.vars[e.Int]
		}
		return module.Value{}
	case ir.Extern:
		f.s.consulted |= 1 << min(e.Int, 63)
		return f.s.extern[e.Int]
	case ir.Module:
		if o := f.s.object(string(e.Str)); o != nil {
			return module.ObjectValue(o)
		}
		return module.Value{}
	case ir.Field:
		if x := f.value(e.Kids[0]); x.Kind == module.Struct && x.Obj != nil {
			return defined(x.Obj.Field(string(e.Str)))
		}
		return module.Value{}
	case ir.Index:
		return f.index(e)
	case ir.Call:
		return f.call(e)
	case ir.ToFloat:
		x, ok := f.integer(e.Kids[0])
		if !ok {
			return module.Value{}
		}
		return module.FloatValue(float64(x))
	}
	switch {
	case e.Type == ir.TFloat && arithmetic(e.Op):
		return f.float(e)
	case arithmetic(e.Op) || integral(e.Op):
		if x, ok := f.integer(e); ok {
			return module.IntValue(x)
		}
	case logical(e.Op):
		if v, ok := f.truth(e); ok {
			return module.BoolValue(v)
		}
	}
	return module.Value{}
}

// arithmetic, integral and logical tell which of the evaluators an operation
// belongs to, whatever type a damaged rule may claim for it.
func arithmetic(op ir.Op) bool { return op == ir.Neg || op >= ir.Add && op <= ir.Shr }

func integral(op ir.Op) bool {
	switch op {
	case ir.Int, ir.Filesize, ir.Entrypoint, ir.Count, ir.Offset, ir.Length, ir.ReadInt, ir.BitNot:
		return true
	}
	return false
}

func logical(op ir.Op) bool {
	switch op {
	case ir.Bool, ir.Found, ir.FoundAt, ir.FoundIn, ir.Not, ir.Defined, ir.And, ir.Or, ir.Rule_,
		ir.ToBool, ir.SigLogic, ir.SigSize:
		return true
	}
	return op >= ir.Eq && op <= ir.ForDict
}

// defined turns a float that is no number into the undefined value, as YARA does.
func defined(v module.Value) module.Value {
	if v.Kind == module.Float && math.IsNaN(v.Float) {
		return module.Value{}
	}
	return v
}

func (f *frame) float(e *ir.Expr) module.Value {
	if e.Op == ir.Neg {
		x := f.value(e.Kids[0])
		x.Float = -x.Float
		return x
	}
	if len(e.Kids) != 2 {
		return module.Value{}
	}
	x, y := f.value(e.Kids[0]), f.value(e.Kids[1])
	if x.Kind != module.Float || y.Kind != module.Float {
		return module.Value{}
	}
	switch e.Op {
	case ir.Add:
		return module.FloatValue(x.Float + y.Float)
	case ir.Sub:
		return module.FloatValue(x.Float - y.Float)
	case ir.Mul:
		return module.FloatValue(x.Float * y.Float)
	case ir.Div:
		return module.FloatValue(x.Float / y.Float)
	}
	return module.Value{}
}

func (f *frame) index(e *ir.Expr) module.Value {
	x, i := f.value(e.Kids[0]), f.value(e.Kids[1])
	switch {
	case x.Kind == module.Array && x.List != nil && i.Kind == module.Int:
		if i.Int >= 0 && i.Int < int64(x.List.Len()) {
			return defined(x.List.At(int(i.Int)))
		}
	case x.Kind == module.Dict && x.Map != nil && i.Kind == module.String:
		return defined(x.Map.Get(string(i.Str)))
	}
	return module.Value{}
}

func (f *frame) call(e *ir.Expr) module.Value {
	callee := e.Kids[0]
	fn := f.function(callee)
	if fn == nil || e.Int < 0 || int(e.Int) >= len(fn.Funcs) {
		return module.Value{}
	}
	form := fn.Funcs[e.Int]
	if len(form.Args) != len(e.Kids)-1 {
		return module.Value{}
	}
	recv := f.value(callee.Kids[0])
	if recv.Kind != module.Struct {
		return module.Value{}
	}
	// Arguments lie on a stack of the Scanner's, for they may be calls.
	begin := len(f.s.args)
	defer func() { f.s.args = f.s.args[:begin] }()
	for i, kind := range form.Args {
		x := f.value(e.Kids[i+1])
		if x.Kind != kind {
			return module.Value{}
		}
		f.s.args = append(f.s.args, x)
	}
	return defined(form.Call(&f.s.input, recv.Obj, f.s.args[begin:]))
}

// function finds the static description of the function that callee names.
func (f *frame) function(callee *ir.Expr) *module.Type {
	t := f.typeOf(callee)
	if callee.Op != ir.Field || t == nil || t.Kind != module.Func {
		return nil
	}
	return t
}

func (f *frame) typeOf(e *ir.Expr) *module.Type {
	switch e.Op {
	case ir.Module:
		if m, ok := f.s.set.Modules[string(e.Str)]; ok {
			return m.Type()
		}
	case ir.Field:
		if t := f.typeOf(e.Kids[0]); t != nil && t.Kind == module.Struct {
			return t.Fields[string(e.Str)]
		}
	case ir.Index:
		if t := f.typeOf(e.Kids[0]); t != nil {
			return t.Elem
		}
	case ir.Var:
		if int(e.Int) < len(f.varTypes) {
			return f.varTypes[e.Int]
		}
	}
	return nil
}

func (f *frame) comparison(e *ir.Expr) (bool, bool) {
	x, y := e.Kids[0], e.Kids[1]
	switch {
	case x.Type == ir.TStr:
		a, b := f.value(x), f.value(y)
		if a.Kind != module.String || b.Kind != module.String {
			return false, false
		}
		return ordered(e.Op, bytes.Compare(a.Str, b.Str)), true
	case x.Type == ir.TFloat:
		a, b := f.value(x), f.value(y)
		if a.Kind != module.Float || b.Kind != module.Float {
			return false, false
		}
		return floatOrdered(e.Op, a.Float, b.Float), true
	}
	a, ok := f.integer(x)
	if !ok {
		return false, false
	}
	b, ok := f.integer(y)
	if !ok {
		return false, false
	}
	switch {
	case a < b:
		return ordered(e.Op, -1), true
	case a > b:
		return ordered(e.Op, 1), true
	}
	return ordered(e.Op, 0), true
}

func ordered(op ir.Op, c int) bool {
	switch op {
	case ir.Eq:
		return c == 0
	case ir.Ne:
		return c != 0
	case ir.Lt:
		return c < 0
	case ir.Le:
		return c <= 0
	case ir.Gt:
		return c > 0
	}
	return c >= 0
}

// floatOrdered compares as YARA does: equality allows for the last bits.
func floatOrdered(op ir.Op, a, b float64) bool {
	const epsilon = 2.220446049250313e-16
	switch op {
	case ir.Eq:
		return math.Abs(a-b) < epsilon
	case ir.Ne:
		return math.Abs(a-b) >= epsilon
	case ir.Lt:
		return a < b
	case ir.Le:
		return a <= b
	case ir.Gt:
		return a > b
	}
	return a >= b
}

func (f *frame) stringTest(e *ir.Expr) (bool, bool) {
	x, y := f.value(e.Kids[0]), f.value(e.Kids[1])
	if x.Kind != module.String || y.Kind != module.String {
		return false, false
	}
	a, b := x.Str, y.Str
	switch e.Op {
	case ir.IContains, ir.IStartsWith, ir.IEndsWith, ir.IEquals:
		a, b = lowered(a), lowered(b)
	}
	switch e.Op {
	case ir.Contains, ir.IContains:
		return bytes.Contains(a, b), true
	case ir.StartsWith, ir.IStartsWith:
		return bytes.HasPrefix(a, b), true
	case ir.EndsWith, ir.IEndsWith:
		return bytes.HasSuffix(a, b), true
	}
	return bytes.Equal(a, b), true
}

func lowered(b []byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		out[i] = lower(c)
	}
	return out
}

// expression is a regular expression of a condition.
type expression struct {
	prog  *automaton.Program // nil: the tree is beyond the limits of the automaton
	least int                // bytes of a match
}

// inScanner is an expression with the memory that it needs.
type inScanner struct {
	*expression
	s *Scanner
}

func (f *frame) regexp(e *ir.Expr) inScanner {
	if x, ok := f.u.expressions.Load(e); ok {
		return inScanner{x.(*expression), f.s}
	}
	x := &expression{compileTree(e.Tree), pattern.MinLen(e.Tree)}
	f.u.expressions.Store(e, x)
	return inScanner{x, f.s}
}

// Match tells whether and how long the expression matches in b.
func (x inScanner) Match(b []byte) (int, bool) {
	if x.prog == nil || len(b) < x.least {
		return 0, false
	}
	m := x.s.matcher(x.prog)
	for at := 0; at <= len(b); at++ {
		if at > 0 || x.least > 0 {
			if !m.Has(b, at, len(b)) {
				break
			}
		}
		if n, ok := m.Match(b, at); ok {
			return n, true
		}
	}
	return 0, false
}
