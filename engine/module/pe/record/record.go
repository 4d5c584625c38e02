// Package record describes structures whose members are computed from a Go
// value when they are asked for. One table gives both the static Type that
// conditions are checked against and the Objects that they see.
package record

import "candor/engine/module"

// Member is one member of a structure that is computed from a T.
type Member[T any] struct {
	Type *module.Type
	Get  func(T) module.Value // nil for functions
}

// Schema is a structure that is computed from a T: its members by name. It is
// never changed once built and is safe for concurrent use.
type Schema[T any] map[string]Member[T]

// Type gives the structure's static Type.
func (s Schema[T]) Type() *module.Type {
	fields := make(map[string]*module.Type, len(s))
	for name, m := range s {
		fields[name] = m.Type
	}
	return &module.Type{Kind: module.Struct, Fields: fields}
}

// Of gives the structure that is computed from v.
func (s Schema[T]) Of(v T) module.Object { return object[T]{s, v} }

type object[T any] struct {
	schema Schema[T]
	from   T
}

// Field computes the member; functions and unknown names are undefined.
func (o object[T]) Field(name string) module.Value {
	if m, ok := o.schema[name]; ok && m.Get != nil {
		return m.Get(o.from)
	}
	return module.Value{}
}

// Int is an integer member.
func Int[T any](get func(T) int64) Member[T] {
	return Member[T]{&module.Type{Kind: module.Int}, func(v T) module.Value { return module.IntValue(get(v)) }}
}

// MaybeInt is an integer member that a file may lack.
func MaybeInt[T any](get func(T) (int64, bool)) Member[T] {
	return Member[T]{&module.Type{Kind: module.Int}, func(v T) module.Value {
		if i, ok := get(v); ok {
			return module.IntValue(i)
		}
		return module.Value{}
	}}
}

// Text is a string member; nil, but not the empty string, is undefined.
func Text[T any](get func(T) []byte) Member[T] {
	return Member[T]{&module.Type{Kind: module.String}, func(v T) module.Value { return text(get(v)) }}
}

func text(b []byte) module.Value {
	if b == nil {
		return module.Value{}
	}
	return module.BytesValue(b)
}

// Struct is a structure member.
func Struct[T, U any](s Schema[U], get func(T) U) Member[T] {
	return Member[T]{s.Type(), func(v T) module.Value { return module.ObjectValue(s.Of(get(v))) }}
}

// List is an array of structures.
func List[T, U any](s Schema[U], get func(T) []U) Member[T] {
	typ := &module.Type{Kind: module.Array, Elem: s.Type()}
	return Member[T]{typ, func(v T) module.Value {
		return module.ListValue(list[U]{get(v), func(u U) module.Value { return module.ObjectValue(s.Of(u)) }})
	}}
}

// Texts is an array of strings, nil ones undefined.
func Texts[T any](get func(T) [][]byte) Member[T] {
	typ := &module.Type{Kind: module.Array, Elem: &module.Type{Kind: module.String}}
	return Member[T]{typ, func(v T) module.Value { return module.ListValue(list[[]byte]{get(v), text}) }}
}

// Ints is an array of integers.
func Ints[T any](get func(T) []int64) Member[T] {
	typ := &module.Type{Kind: module.Array, Elem: &module.Type{Kind: module.Int}}
	return Member[T]{typ, func(v T) module.Value { return module.ListValue(list[int64]{get(v), module.IntValue}) }}
}

// TextDict is a dictionary of strings.
func TextDict[T any](get func(T) module.Map) Member[T] {
	typ := &module.Type{Kind: module.Dict, Elem: &module.Type{Kind: module.String}}
	return Member[T]{typ, func(v T) module.Value { return module.MapValue(get(v)) }}
}

// Func is a function member with these overloads.
func Func[T any](overloads ...*module.Function) Member[T] {
	return Member[T]{Type: &module.Type{Kind: module.Func, Funcs: overloads}}
}

// list is a List over a slice whose elements become Values on demand.
type list[U any] struct {
	of    []U
	value func(U) module.Value
}

func (l list[U]) Len() int              { return len(l.of) }
func (l list[U]) At(i int) module.Value { return l.value(l.of[i]) }

// Absent gives what conditions see of a structure in a file that lacks it:
// plain members are undefined, arrays and dictionaries empty.
func Absent(t *module.Type) module.Object { return absent{t} }

type absent struct{ typ *module.Type }

func (a absent) Field(name string) module.Value {
	t, ok := a.typ.Fields[name]
	if !ok {
		return module.Value{}
	}
	switch t.Kind {
	case module.Struct:
		return module.ObjectValue(absent{t})
	case module.Array:
		return module.ListValue(list[int64]{})
	case module.Dict:
		return module.MapValue(noEntries{})
	}
	return module.Value{}
}

type noEntries struct{}

func (noEntries) Len() int                               { return 0 }
func (noEntries) Get(string) module.Value                { return module.Value{} }
func (noEntries) Entry(int) (key string, v module.Value) { return "", module.Value{} }
