// Package console is the module that YARA calls "console" (since YARA 4.2):
// functions that write a line to the log of the scan and are true.
package console

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"candor/engine/module"
	"candor/engine/module/builtin"
)

// Module is the module "console". It is safe for concurrent use.
type Module struct{ typ *module.Type }

// New gives the module.
func New() module.Module {
	kinds := []struct {
		kind   module.Kind
		format func(module.Value) string
	}{{module.String, text}, {module.Int, decimal}, {module.Float, float}}
	var log []*module.Function
	for _, k := range kinds {
		log = append(log, overloads(k.kind, k.format)...)
	}
	return &Module{builtin.Struct(map[string]*module.Type{
		"log": builtin.Func(log...),
		"hex": builtin.Func(overloads(module.Int, hex)...),
	})}
}

// Name is the name by which rules import the module.
func (*Module) Name() string { return "console" }

// Type gives what the module declares.
func (m *Module) Type() *module.Type { return m.typ }

// Open gives an Object without values: the module has functions only.
func (*Module) Open(*module.Input) module.Object { return builtin.Empty{} }

// overloads gives the two forms of a function: a value, and a message before it.
func overloads(kind module.Kind, format func(module.Value) string) []*module.Function {
	plain := func(in *module.Input, _ module.Object, args []module.Value) module.Value {
		in.Log(format(args[0]))
		return module.IntValue(1)
	}
	message := func(in *module.Input, _ module.Object, args []module.Value) module.Value {
		in.Log(string(builtin.CString(args[0].Str)) + format(args[1]))
		return module.IntValue(1)
	}
	return []*module.Function{
		builtin.Overload(module.Int, plain, kind),
		builtin.Overload(module.Int, message, module.String, kind),
	}
}

// text shows bytes outside printable ASCII as \xHH. A backslash stands for itself.
func text(v module.Value) string {
	var b strings.Builder
	b.Grow(len(v.Str))
	for _, c := range v.Str {
		if 0x20 <= c && c <= 0x7e {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "\\x%02x", c)
	}
	return b.String()
}

func decimal(v module.Value) string { return strconv.FormatInt(v.Int, 10) }

func hex(v module.Value) string { return "0x" + strconv.FormatUint(uint64(v.Int), 16) }

// float writes six digits after the point, and infinities as C's printf does.
func float(v module.Value) string {
	switch {
	case math.IsInf(v.Float, 1):
		return "inf"
	case math.IsInf(v.Float, -1):
		return "-inf"
	}
	return strconv.FormatFloat(v.Float, 'f', 6, 64)
}
