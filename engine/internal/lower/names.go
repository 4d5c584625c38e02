package lower

import (
	"candor/engine/internal/ir"
	"candor/engine/module"
	"candor/engine/yara"
)

var readers = map[string]int64{
	"int8": 1 | ir.Signed, "int16": 2 | ir.Signed, "int32": 4 | ir.Signed,
	"uint8": 1, "uint16": 2, "uint32": 4,
	"int8be": 1 | ir.Signed | ir.BigEndian, "int16be": 2 | ir.Signed | ir.BigEndian, "int32be": 4 | ir.Signed | ir.BigEndian,
	"uint8be": 1 | ir.BigEndian, "uint16be": 2 | ir.BigEndian, "uint32be": 4 | ir.BigEndian,
}

func (s *scope) ident(e *yara.Ident) typed {
	for i := len(s.vars) - 1; i >= 0; i-- {
		if v := s.vars[i]; v.name == e.Name {
			x := of(v.t(), ir.Var)
			x.Int = int64(v.slot)
			return x
		}
	}
	if x, ok := s.env.Externals[e.Name]; ok {
		out := of(&module.Type{Kind: x.Kind}, ir.Extern)
		out.Int = int64(x.Index)
		return out
	}
	if m, ok := s.env.Modules[e.Name]; ok && s.env.Imported[e.Name] {
		out := of(m.Type(), ir.Module)
		out.Str = []byte(e.Name)
		return out
	}
	if i, ok := s.env.Rules[e.Name]; ok {
		out := of(boolType, ir.Rule_)
		out.Refs = []uint32{i}
		return out
	}
	if _, ok := s.env.Modules[e.Name]; ok {
		fail(e.Pos, "module %s is not imported: add import \"%s\"", e.Name, e.Name)
	}
	fail(e.Pos, "undefined identifier %s: neither a rule above, nor an imported module, nor a declared external variable", e.Name)
	return typed{}
}

func (v variable) t() *module.Type { return v.typ }

func (s *scope) member(e *yara.Member) typed {
	x := s.expr(e.X)
	if x.t.Kind != module.Struct {
		fail(e.Pos, "%s has no member %s", kindName(x.t.Kind), e.Name)
	}
	f, ok := x.t.Fields[e.Name]
	if !ok {
		fail(e.Pos, "no member %s here", e.Name)
	}
	out := of(f, ir.Field, x.Expr)
	out.Str = []byte(e.Name)
	return out
}

func (s *scope) index(e *yara.Index) typed {
	x, i := s.expr(e.X), s.expr(e.I)
	switch {
	case x.t.Kind == module.Array && i.t.Kind == module.Int, x.t.Kind == module.Dict && i.t.Kind == module.String:
		return of(x.t.Elem, ir.Index, x.Expr, i.Expr)
	}
	fail(e.Pos, "%s cannot be indexed by %s", kindName(x.t.Kind), kindName(i.t.Kind))
	return typed{}
}

func (s *scope) call(e *yara.Call) typed {
	if id, ok := e.X.(*yara.Ident); ok {
		if r, ok := readers[id.Name]; ok {
			if len(e.Args) != 1 {
				fail(e.Pos, "%s takes one offset", id.Name)
			}
			out := of(intType, ir.ReadInt, s.integer(e.Args[0], id.Name))
			out.Int = r
			return out
		}
	}
	f := s.expr(e.X)
	if f.t.Kind != module.Func {
		fail(e.Pos, "%s cannot be called", kindName(f.t.Kind))
	}
	kids := []*ir.Expr{f.Expr}
	var args []typed
	for _, a := range e.Args {
		x := s.expr(a)
		args = append(args, x)
		kids = append(kids, x.Expr)
	}
	i := overload(f.t.Funcs, args)
	if i < 0 {
		fail(e.Pos, "wrong arguments: no form of this function takes them")
	}
	out := of(f.t.Funcs[i].Result, ir.Call, kids...)
	out.Int = int64(i)
	return out
}

// overload gives the index of the form that takes args, -1 if none does. As in
// YARA, an integer is no float here.
func overload(fs []*module.Function, args []typed) int {
next:
	for i, f := range fs {
		if len(f.Args) != len(args) {
			continue
		}
		for k, want := range f.Args {
			if args[k].t.Kind != want {
				continue next
			}
		}
		return i
	}
	return -1
}
