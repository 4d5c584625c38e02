// Package str is the module that YARA calls "string" (since YARA 4.3).
package str

import (
	"candor/engine/module"
	"candor/engine/module/builtin"
)

// Module is the module "string". It is safe for concurrent use.
type Module struct{ typ *module.Type }

// New gives the module.
func New() module.Module {
	return &Module{builtin.Struct(map[string]*module.Type{
		"to_int": builtin.Func(
			builtin.Overload(module.Int, toInt, module.String),
			builtin.Overload(module.Int, toIntBase, module.String, module.Int),
		),
		"length": builtin.Func(builtin.Overload(module.Int, length, module.String)),
	})}
}

// Name is the name by which rules import the module.
func (*Module) Name() string { return "string" }

// Type gives what the module declares.
func (m *Module) Type() *module.Type { return m.typ }

// Open gives an Object without values: the module has functions only.
func (*Module) Open(*module.Input) module.Object { return builtin.Empty{} }

func toInt(_ *module.Input, _ module.Object, args []module.Value) module.Value {
	return parse(args[0].Str, 0)
}

func toIntBase(_ *module.Input, _ module.Object, args []module.Value) module.Value {
	base := args[1].Int
	if base != 0 && (base < 2 || base > 36) {
		return module.Value{}
	}
	return parse(args[0].Str, int(base))
}

func length(_ *module.Input, _ module.Object, args []module.Value) module.Value {
	return module.IntValue(int64(len(args[0].Str)))
}

// parse reads the whole of s (up to a NUL) as strtoll of ISO C (7.22.1.4)
// does: white space, a sign, a prefix that the base allows, digits. The
// result is undefined where no digits stand, others follow, or it overflows.
func parse(s []byte, base int) module.Value {
	s = builtin.CString(s)
	for len(s) > 0 && isSpace(s[0]) {
		s = s[1:]
	}
	negative := false
	if len(s) > 0 && (s[0] == '+' || s[0] == '-') {
		negative = s[0] == '-'
		s = s[1:]
	}
	s, base = prefix(s, base)
	if len(s) == 0 {
		return module.Value{}
	}
	magnitude, ok := digits(s, uint64(base))
	switch {
	case !ok, !negative && magnitude > 1<<63-1, negative && magnitude > 1<<63:
		return module.Value{}
	case negative:
		return module.IntValue(-int64(magnitude))
	}
	return module.IntValue(int64(magnitude))
}

// prefix settles base 0 and drops the 0x of base 16. A 0x that no
// hexadecimal digit follows stays: then its x is what makes s invalid.
func prefix(s []byte, base int) ([]byte, int) {
	hex := len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' && digit(s[2]) < 16
	switch {
	case hex && (base == 0 || base == 16):
		return s[2:], 16
	case base != 0:
		return s, base
	case len(s) > 0 && s[0] == '0':
		return s, 8
	}
	return s, 10
}

// digits reads all of s in a base from 2 to 36.
func digits(s []byte, base uint64) (n uint64, ok bool) {
	for _, c := range s {
		d := digit(c)
		if d >= base || n > (1<<63-d)/base {
			return 0, false
		}
		n = n*base + d
	}
	return n, true
}

// digit gives the value of a digit or letter, 36 for any other byte.
func digit(c byte) uint64 {
	switch {
	case '0' <= c && c <= '9':
		return uint64(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'z':
		return uint64(c|0x20-'a') + 10
	}
	return 36
}

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }
