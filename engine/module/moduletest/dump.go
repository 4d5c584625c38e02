package moduletest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"candor/engine/module"
)

// maxElements bounds how much of an array Dump goes through, so that a fuzz
// test ends.
const maxElements = 1 << 16

// Dump gives every defined value that a module has for one file, each as
// "path = value", in the order of their paths. It fails the test where a value
// is not of the kind that is declared.
func Dump(t testing.TB, m module.Module, in *module.Input) []string {
	t.Helper()
	d := dumper{t: t}
	d.structure(m.Name(), m.Type(), m.Open(in))
	slices.Sort(d.lines)
	return d.lines
}

type dumper struct {
	t     testing.TB
	lines []string
}

func (d *dumper) structure(path string, typ *module.Type, o module.Object) {
	for _, name := range slices.Sorted(maps.Keys(typ.Fields)) {
		if field := typ.Fields[name]; field.Kind != module.Func {
			d.value(path+"."+name, field, o.Field(name))
		}
	}
}

func (d *dumper) value(path string, typ *module.Type, v module.Value) {
	if v.Kind != module.Undefined && v.Kind != typ.Kind {
		d.t.Fatalf("%s is of kind %d, declared %d", path, v.Kind, typ.Kind)
	}
	switch v.Kind {
	case module.Int, module.Bool:
		d.line(path, fmt.Sprint(v.Int))
	case module.Float:
		d.line(path, fmt.Sprintf("%f", v.Float))
	case module.String:
		d.line(path, quoted(v.Str))
	case module.Struct:
		d.structure(path, typ, v.Obj)
	case module.Array:
		for i := range min(v.List.Len(), maxElements) {
			d.value(fmt.Sprintf("%s[%d]", path, i), typ.Elem, v.List.At(i))
		}
	case module.Dict:
		for i := range min(v.Map.Len(), maxElements) {
			key, e := v.Map.Entry(i)
			d.value(path+"."+key, typ.Elem, e)
		}
	}
}

func (d *dumper) line(path, value string) { d.lines = append(d.lines, path+" = "+value) }

// quoted writes a string as `yara -D` does.
func quoted(b []byte) string {
	var s strings.Builder
	s.WriteByte('"')
	for _, c := range b {
		if 0x20 <= c && c <= 0x7e {
			s.WriteByte(c)
		} else {
			fmt.Fprintf(&s, "\\x%02x", c)
		}
	}
	s.WriteByte('"')
	return s.String()
}
