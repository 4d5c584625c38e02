// Package module holds the contract between the engine and the modules that
// YARA conditions can import (pe, elf, hash, …): a static Type that conditions
// are checked against when they are compiled, and Values that a module
// computes from one file when a condition first asks for them.
package module

// Kind is the kind of a Type or a Value.
type Kind uint8

const (
	Undefined Kind = iota
	Int
	Float
	Bool   // as a Value: Int is 0 or 1
	String // bytes, not necessarily text
	Regexp // only as the kind of an argument
	Struct
	Array
	Dict // string keys
	Func
)

// Type describes what a module offers under a name. Types are static: built
// once, never changed.
type Type struct {
	Kind   Kind
	Fields map[string]*Type // Struct
	Elem   *Type            // Array, Dict
	Funcs  []*Function      // Func: the overloads
}

// Function is one overload of a function.
type Function struct {
	Args   []Kind
	Result *Type
	// Call computes the result. It is called with exactly the kinds in Args,
	// none of them Undefined (the engine makes the result undefined otherwise),
	// and must answer in time bounded by the size of the data.
	Call func(in *Input, recv Object, args []Value) Value
}

// Value is what an expression over a module amounts to for one file.
// The zero Value is the undefined value.
type Value struct {
	Kind  Kind
	Int   int64
	Float float64
	Str   []byte
	Obj   Object // Struct
	List  List   // Array
	Map   Map    // Dict
	Re    Matcher
}

// Object is a structure at run time.
type Object interface {
	// Field gives the member, the undefined Value if this file lacks it.
	Field(name string) Value
}

// List is an array at run time.
type List interface {
	Len() int
	At(i int) Value // 0 <= i < Len()
}

// Map is a dictionary at run time.
type Map interface {
	Len() int
	Get(key string) Value
	Entry(i int) (key string, v Value) // 0 <= i < Len(), in a fixed order
}

// Matcher is a compiled regular expression argument.
type Matcher interface {
	// Match tells whether the expression matches anywhere in b, and the length
	// of its first match.
	Match(b []byte) (length int, ok bool)
}

// Input is the file under examination. It lives for one scan and is used by
// one goroutine; modules may keep what they computed in Cache.
type Input struct {
	Data  []byte
	Cache map[string]any    // by module name; never nil
	Log   func(line string) // console output; never nil
	Now   func() int64      // Unix seconds
}

// Module is one importable module.
type Module interface {
	Name() string
	Type() *Type           // a Struct
	Open(in *Input) Object // never nil; a file of another format gives an Object whose fields are undefined
}

// Shorthands for building values.

func IntValue(i int64) Value     { return Value{Kind: Int, Int: i} }
func FloatValue(f float64) Value { return Value{Kind: Float, Float: f} }
func StringValue(s string) Value { return Value{Kind: String, Str: []byte(s)} }
func BytesValue(b []byte) Value  { return Value{Kind: String, Str: b} }
func ObjectValue(o Object) Value { return Value{Kind: Struct, Obj: o} }
func ListValue(l List) Value     { return Value{Kind: Array, List: l} }
func MapValue(m Map) Value       { return Value{Kind: Dict, Map: m} }
func BoolValue(b bool) Value {
	if b {
		return Value{Kind: Bool, Int: 1}
	}
	return Value{Kind: Bool}
}
