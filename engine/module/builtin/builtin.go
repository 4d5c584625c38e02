// Package builtin holds what the modules that come with the engine share: short
// ways to write a static Type, plain Objects and Lists, and the bytes that the
// arguments (offset, size) name.
package builtin

import (
	"bytes"
	"math"

	"candor/engine/module"
)

// Call is the body of an overload of a function.
type Call = func(in *module.Input, recv module.Object, args []module.Value) module.Value

// Of gives the Type of a plain value.
func Of(k module.Kind) *module.Type { return &module.Type{Kind: k} }

// Struct gives the Type of a structure.
func Struct(fields map[string]*module.Type) *module.Type {
	return &module.Type{Kind: module.Struct, Fields: fields}
}

// StructArray gives the Type of an array of structures.
func StructArray(fields map[string]*module.Type) *module.Type {
	return &module.Type{Kind: module.Array, Elem: Struct(fields)}
}

// Func gives the Type of a function with these overloads.
func Func(overloads ...*module.Function) *module.Type {
	return &module.Type{Kind: module.Func, Funcs: overloads}
}

// Overload gives one overload of a function: what it returns, its body and
// the kinds of its arguments.
func Overload(result module.Kind, call Call, args ...module.Kind) *module.Function {
	return &module.Function{Args: args, Result: Of(result), Call: call}
}

// Plain gives fields of the same plain kind.
func Plain(k module.Kind, names ...string) map[string]*module.Type {
	fields := make(map[string]*module.Type, len(names))
	for _, name := range names {
		fields[name] = Of(k)
	}
	return fields
}

// Constants are the named integers of a module, the same for every file.
type Constants map[string]int64

// Declare adds the constants to the fields of a structure.
func (c Constants) Declare(fields map[string]*module.Type) {
	for name := range c {
		fields[name] = Of(module.Int)
	}
}

// Field gives the constant of that name, the undefined Value if there is none.
func (c Constants) Field(name string) module.Value {
	if v, ok := c[name]; ok {
		return module.IntValue(v)
	}
	return module.Value{}
}

// Empty is an Object all of whose fields are undefined.
type Empty struct{}

// Field gives the undefined Value.
func (Empty) Field(string) module.Value { return module.Value{} }

// Objects is a List of N structures that are made when they are asked for.
type Objects struct {
	N    int
	Elem func(i int) module.Object
}

// Len gives the number of structures.
func (o Objects) Len() int { return o.N }

// At gives structure i.
func (o Objects) At(i int) module.Value { return module.ObjectValue(o.Elem(i)) }

// Float gives f as a Value: undefined for NaN, as libyara has it.
func Float(f float64) module.Value {
	if math.IsNaN(f) {
		return module.Value{}
	}
	return module.FloatValue(f)
}

// Range gives the bytes that (offset, size) name: at most size of them, fewer
// where the data ends. It is not ok for a negative offset or size, nor for an
// offset at or past the end.
func Range(data []byte, offset, size int64) (b []byte, ok bool) {
	if offset < 0 || size < 0 || offset >= int64(len(data)) {
		return nil, false
	}
	b = data[offset:]
	if size < int64(len(b)) {
		b = b[:size]
	}
	return b, true
}

// CString gives b up to its first NUL: what libyara sees of an argument that
// it takes as a C string.
func CString(b []byte) []byte {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return b[:i]
	}
	return b
}
