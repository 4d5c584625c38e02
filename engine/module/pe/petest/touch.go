package petest

import (
	"maps"
	"slices"
	"testing"

	"candor/engine/module"
	"candor/engine/module/moduletest"
)

// Touch asks a module for everything that it offers for data: all values, and
// all functions with some arguments. It fails the test for results that are not
// of the kind that is declared.
func Touch(t testing.TB, m module.Module, data []byte) {
	t.Helper()
	in, _ := moduletest.Input(data)
	moduletest.Dump(t, m, in)
	toucher{t, in}.structure(m.Type(), m.Open(in))
}

type toucher struct {
	t  testing.TB
	in *module.Input
}

// everything is a regular expression that matches all.
type everything struct{}

func (everything) Match(b []byte) (int, bool) { return len(b), true }

// maxTouched bounds the elements of an array whose functions are called.
const maxTouched = 8

func (x toucher) structure(typ *module.Type, o module.Object) {
	// In a fixed order, so that fuzzing sees the same coverage every time.
	for _, name := range slices.Sorted(maps.Keys(typ.Fields)) {
		f := typ.Fields[name]
		switch f.Kind {
		case module.Func:
			for _, overload := range f.Funcs {
				x.call(name, overload, o)
			}
		case module.Struct:
			x.structure(f, o.Field(name).Obj)
		case module.Array:
			list := o.Field(name).List
			for i := range min(list.Len(), maxTouched) {
				if f.Elem.Kind == module.Struct {
					x.structure(f.Elem, list.At(i).Obj)
				}
			}
		}
	}
}

// call calls a function with small, large and negative numbers and some text.
func (x toucher) call(name string, f *module.Function, recv module.Object) {
	for _, number := range []int64{0, 1, 5, 0x2000, -1, 1<<63 - 1} {
		for _, text := range []string{"", "kernel32.dll", "CreateFileW", "\xff\x00"} {
			args := make([]module.Value, len(f.Args))
			for i, kind := range f.Args {
				args[i] = module.Value{Kind: kind, Int: number, Str: []byte(text), Re: everything{}}
			}
			if v := f.Call(x.in, recv, args); v.Kind != module.Undefined && v.Kind != f.Result.Kind {
				x.t.Fatalf("%s gave kind %d, declared %d", name, v.Kind, f.Result.Kind)
			}
		}
	}
}
