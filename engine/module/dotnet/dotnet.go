// Package dotnet is the module that YARA calls "dotnet": the metadata of .NET
// assemblies (ECMA-335, partition II), as YARA 4.5 computes it. Each part is
// read when a condition first asks for it and kept for the scan.
package dotnet

import (
	"candor/engine/module"
	"candor/engine/module/pe/image"
	"candor/engine/module/pe/record"
)

// Module is the module "dotnet". It is safe for concurrent use.
type Module struct {
	schema record.Schema[*assembly]
	typ    *module.Type
}

// New gives the module.
func New() module.Module {
	s := assemblySchema()
	return &Module{s, s.Type()}
}

// Name is the name by which rules import the module.
func (*Module) Name() string { return "dotnet" }

// Type gives what the module declares.
func (m *Module) Type() *module.Type { return m.typ }

// Open reads the root of the metadata. Of an executable without any only
// is_dotnet is defined, of other files nothing.
func (m *Module) Open(in *module.Input) module.Object {
	const key = "dotnet"
	if o, ok := in.Cache[key].(module.Object); ok {
		return o
	}
	o := m.open(in.Data)
	in.Cache[key] = o
	return o
}

func (m *Module) open(data []byte) module.Object {
	img, ok := image.Open(data)
	if !ok {
		return record.Absent(m.typ)
	}
	a, ok := open(img)
	if !ok {
		return native{record.Absent(m.typ)}
	}
	return m.schema.Of(a)
}

// native is an executable that is no assembly.
type native struct{ module.Object }

func (o native) Field(name string) module.Value {
	if name == "is_dotnet" {
		return module.IntValue(0)
	}
	return o.Object.Field(name)
}

// lazy is a value that is computed at most once.
type lazy[T any] struct {
	done  bool
	value T
}

func (l *lazy[T]) get(compute func() T) T {
	if !l.done {
		l.value, l.done = compute(), true
	}
	return l.value
}
