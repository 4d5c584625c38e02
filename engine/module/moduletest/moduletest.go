// Package moduletest holds what the tests of modules share: calls of functions,
// a dump of all that a module tells of a file, and the answers of the yara
// program to compare with.
package moduletest

import (
	"slices"
	"testing"

	"candor/engine/module"
)

// Input gives an Input over data, and the lines that are logged to it. Its
// clock stands still at 1700000000.
func Input(data []byte) (in *module.Input, logged *[]string) {
	logged = new([]string)
	return &module.Input{
		Data:  data,
		Cache: map[string]any{},
		Log:   func(line string) { *logged = append(*logged, line) },
		Now:   func() int64 { return 1700000000 },
	}, logged
}

// Call calls the overload of a module's function that takes exactly these
// kinds; it fails the test if there is none.
func Call(t testing.TB, m module.Module, in *module.Input, name string, args ...module.Value) module.Value {
	t.Helper()
	f := m.Type().Fields[name]
	if f == nil || f.Kind != module.Func {
		t.Fatalf("%s has no function %s", m.Name(), name)
	}
	var kinds []module.Kind
	for _, a := range args {
		kinds = append(kinds, a.Kind)
	}
	for _, o := range f.Funcs {
		if slices.Equal(o.Args, kinds) {
			v := o.Call(in, m.Open(in), args)
			if v.Kind != module.Undefined && v.Kind != o.Result.Kind {
				t.Fatalf("%s.%s gave kind %d, declared %d", m.Name(), name, v.Kind, o.Result.Kind)
			}
			return v
		}
	}
	t.Fatalf("%s.%s has no overload for %v", m.Name(), name, kinds)
	return module.Value{}
}
