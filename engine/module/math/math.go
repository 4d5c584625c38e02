// Package math is the module that YARA calls "math": statistics over a part of
// the file or over a string, and small arithmetic.
//
// Results are those of libyara 4.5 on a machine where char is signed (x86):
// the order of operations is kept, products are rounded before they are added,
// and what would be NaN there is undefined.
package math

import (
	"candor/engine/module"
	"candor/engine/module/builtin"
)

// Module is the module "math". It is safe for concurrent use.
type Module struct{ typ *module.Type }

// New gives the module.
func New() module.Module {
	fields := arithmetic()
	for name, f := range statistics() {
		fields[name] = f
	}
	fields["MEAN_BYTES"] = builtin.Of(module.Float)
	return &Module{builtin.Struct(fields)}
}

// Name is the name by which rules import the module.
func (*Module) Name() string { return "math" }

// Type gives what the module declares.
func (m *Module) Type() *module.Type { return m.typ }

// Open gives the values of the module, which are the same for every file.
func (*Module) Open(*module.Input) module.Object { return constants{} }

type constants struct{}

// Field gives the constant of that name.
func (constants) Field(name string) module.Value {
	if name == "MEAN_BYTES" {
		return module.FloatValue(127.5)
	}
	return module.Value{}
}

// statistics declares the functions over bytes.
func statistics() map[string]*module.Type {
	const i, f, s = module.Int, module.Float, module.String
	return map[string]*module.Type{
		"entropy":            overBytes(entropy, entropy),
		"mean":               overBytes(mean, signedMean),
		"serial_correlation": overBytes(serialCorrelation, signedSerialCorrelation),
		"monte_carlo_pi":     overBytes(monteCarloPi, signedMonteCarloPi),
		"deviation": builtin.Func(
			builtin.Overload(f, deviation, i, i, f),
			builtin.Overload(f, signedDeviation, s, f)),
		"count": builtin.Func(
			builtin.Overload(i, count, i, i, i),
			builtin.Overload(i, count, i)),
		"percentage": builtin.Func(
			builtin.Overload(f, percentage, i, i, i),
			builtin.Overload(f, percentage, i)),
		"mode": builtin.Func(
			builtin.Overload(i, mode, i, i),
			builtin.Overload(i, mode)),
	}
}

// sample is what a statistic is computed from: bytes, and how often each byte
// value occurs among them.
type sample struct {
	bytes  []byte
	counts func() *histogram
}

// overBytes gives the two overloads of a statistic that needs no more than
// bytes: over (offset, size) and over a string.
func overBytes(ofRange, ofString func(sample) module.Value) *module.Type {
	return builtin.Func(
		builtin.Overload(module.Float, func(in *module.Input, _ module.Object, args []module.Value) module.Value {
			b, ok := builtin.Range(in.Data, args[0].Int, args[1].Int)
			if !ok {
				return module.Value{}
			}
			return ofRange(sample{b, func() *histogram { return counted(in, args[0].Int, b) }})
		}, module.Int, module.Int),
		builtin.Overload(module.Float, func(_ *module.Input, _ module.Object, args []module.Value) module.Value {
			b := args[0].Str
			return ofString(sample{b, func() *histogram { return countBytes(b) }})
		}, module.String),
	)
}
