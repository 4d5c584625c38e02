// Package clock is the module that YARA calls "time".
package clock

import (
	"candor/engine/module"
	"candor/engine/module/builtin"
)

// Module is the module "time". It is safe for concurrent use.
type Module struct{ typ *module.Type }

// New gives the module.
func New() module.Module {
	return &Module{builtin.Struct(map[string]*module.Type{
		"now": builtin.Func(builtin.Overload(module.Int, now)),
	})}
}

// Name is the name by which rules import the module.
func (*Module) Name() string { return "time" }

// Type gives what the module declares.
func (m *Module) Type() *module.Type { return m.typ }

// Open gives an Object without values: the module has functions only.
func (*Module) Open(*module.Input) module.Object { return builtin.Empty{} }

// now gives the seconds since 1970 by the clock that the scan was given.
func now(in *module.Input, _ module.Object, _ []module.Value) module.Value {
	return module.IntValue(in.Now())
}
