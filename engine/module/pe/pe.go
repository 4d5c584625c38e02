// Package pe is the module that YARA calls "pe": what Windows executables
// declare about themselves, as YARA 4.5 computes it. Each part of a file is read
// when a condition first asks for it and kept for the scan.
package pe

import (
	"candor/engine/module"
	"candor/engine/module/pe/authenticode"
	"candor/engine/module/pe/image"
	"candor/engine/module/pe/record"
)

// Module is the module "pe". It is safe for concurrent use.
type Module struct {
	schema record.Schema[*file]
	typ    *module.Type
}

// New gives the module.
func New() module.Module {
	s := fileSchema()
	return &Module{s, s.Type()}
}

// Name is the name by which rules import the module.
func (*Module) Name() string { return "pe" }

// Type gives what the module declares.
func (m *Module) Type() *module.Type { return m.typ }

// Open reads the headers. Of a file that is no executable only the constants
// and is_pe are defined.
func (m *Module) Open(in *module.Input) module.Object {
	if f, ok := open(in); ok {
		return m.schema.Of(f)
	}
	return notPE{record.Absent(m.typ)}
}

type notPE struct{ module.Object }

func (o notPE) Field(name string) module.Value {
	if name == "is_pe" {
		return module.IntValue(0)
	}
	if _, ok := constants[name]; ok {
		return constants.Field(name)
	}
	return o.Object.Field(name)
}

// file is one executable and what has been read of it so far. Like the Input
// that it belongs to it is used by one goroutine.
type file struct {
	*image.Image
	now func() int64

	imports    lazy[imports]
	delayed    lazy[imports]
	imphash    lazy[[]byte]
	exports    lazy[exports]
	resources  lazy[*resources]
	rich       lazy[rich]
	pdbPath    lazy[[]byte]
	signatures lazy[[]*authenticode.Signature]
	checksum   lazy[int64]
}

// cacheKey is where open keeps the file in Input.Cache.
const cacheKey = "pe"

func open(in *module.Input) (*file, bool) {
	if f, ok := in.Cache[cacheKey].(*file); ok {
		return f, f != nil
	}
	var f *file
	if img, ok := image.Open(in.Data); ok {
		f = &file{Image: img, now: in.Now}
	}
	in.Cache[cacheKey] = f
	return f, f != nil
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
