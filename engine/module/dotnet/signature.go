package dotnet

import (
	"bytes"
	"encoding/binary"
	"strconv"
)

const (
	maxTypeDepth   = 16
	maxRank        = 50
	maxGenericArgs = 1000
	// maxSignatureWork bounds the steps that reading all signatures takes and
	// the bytes that it writes. libyara has no such bound; signatures that refer
	// to each other make both grow without end.
	maxSignatureWork = 1 << 25
)

// Element types (ECMA-335, II.23.1.16).
const (
	elementPtr         = 0x0f
	elementByRef       = 0x10
	elementValueType   = 0x11
	elementClass       = 0x12
	elementVar         = 0x13
	elementArray       = 0x14
	elementGenericInst = 0x15
	elementFnPtr       = 0x1b
	elementSZArray     = 0x1d
	elementMVar        = 0x1e
	elementModReqd     = 0x1f
	elementModOpt      = 0x20
)

// elementNames are the types that are written without more.
var elementNames = map[byte]string{
	0x01: "void", 0x02: "bool", 0x03: "char", 0x04: "sbyte", 0x05: "byte", 0x06: "short", 0x07: "ushort",
	0x08: "int", 0x09: "uint", 0x0a: "long", 0x0b: "ulong", 0x0c: "float", 0x0d: "double", 0x0e: "string",
	0x16: "TypedReference", 0x18: "IntPtr", 0x19: "UIntPtr", 0x1c: "object",
}

// signature is a blob that describes types, being read (ECMA-335, II.23.2).
// class and method are the names of the generic parameters in scope.
type signature struct {
	rest          []byte
	class, method [][]byte
}

// packed reads a compressed integer with the number of its bits, 0 if it is
// none.
func (s *signature) packed() (v uint32, bits int) {
	switch b := s.rest; {
	case len(b) >= 1 && b[0]&0x80 == 0:
		s.rest = b[1:]
		return uint32(b[0]), 7
	case len(b) >= 2 && b[0]&0xc0 == 0x80:
		s.rest = b[2:]
		return uint32(binary.BigEndian.Uint16(b)) & 0x3fff, 14
	case len(b) >= 4 && b[0]&0xe0 == 0xc0:
		s.rest = b[4:]
		return binary.BigEndian.Uint32(b) & 0x1fffffff, 29
	}
	return 0, 0
}

// unsigned reads a compressed unsigned integer.
func (s *signature) unsigned() uint32 {
	v, _ := s.packed()
	return v
}

// signed reads a compressed signed integer, of which the sign is the lowest
// bit.
func (s *signature) signed() int32 {
	v, bits := s.packed()
	if bits == 0 {
		return 0
	}
	i := int32(v >> 1)
	if v&1 != 0 {
		i -= 1 << (bits - 1)
	}
	return i
}

// signatureType reads a type and gives it in the manner of C#, nil if it makes
// no sense.
func (r *classReader) signatureType(s *signature, depth int) (name []byte) {
	if len(s.rest) < 1 || depth > maxTypeDepth || r.work <= 0 {
		return nil
	}
	defer func() { r.work -= 1 + len(name) }()
	element := s.rest[0]
	s.rest = s.rest[1:]
	if simple, ok := elementNames[element]; ok {
		return []byte(simple)
	}
	switch element {
	case elementPtr:
		return wrap("Ptr<", r.signatureType(s, depth+1), ">")
	case elementByRef:
		return wrap("ref ", r.signatureType(s, depth+1), "")
	case elementSZArray:
		return wrap("", r.signatureType(s, depth+1), "[]")
	case elementValueType, elementClass:
		return r.typeName(s.unsigned(), s.class, depth+1)
	case elementVar:
		return pick(s.class, s.unsigned())
	case elementMVar:
		return pick(s.method, s.unsigned())
	case elementArray:
		return r.arrayType(s, depth)
	case elementGenericInst:
		return r.genericType(s, depth)
	case elementFnPtr:
		return r.functionType(s, depth)
	case elementModReqd, elementModOpt:
		s.unsigned() // the modifier
		return r.signatureType(s, depth+1)
	}
	return nil
}

// wrap puts text around a type, unless it is none.
func wrap(before string, typ []byte, after string) []byte {
	if typ == nil {
		return nil
	}
	return append(append([]byte(before), typ...), after...)
}

func pick(names [][]byte, i uint32) []byte {
	if int64(i) < int64(len(names)) {
		return names[i]
	}
	return nil
}

// arrayType reads the type of the elements and the shape (ECMA-335, II.23.2.13).
func (r *classReader) arrayType(s *signature, depth int) []byte {
	element := r.signatureType(s, depth+1)
	if element == nil {
		return nil
	}
	rank := s.unsigned()
	if rank == 0 || rank > maxRank {
		return nil
	}
	numSizes := s.unsigned()
	if numSizes > rank {
		return nil
	}
	var sizes, bounds [maxRank]int32
	for i := range numSizes {
		sizes[i] = int32(s.unsigned())
	}
	numBounds := s.unsigned()
	if numBounds > rank {
		return nil
	}
	for i := range numBounds {
		bounds[i] = s.signed()
		if i < numSizes && bounds[i] != 0 {
			sizes[i] += bounds[i] - 1
		}
	}
	out := append(bytes.Clone(element), '[')
	for i := range rank {
		if i > 0 {
			out = append(out, ',')
		}
		if i < numBounds && bounds[i] != 0 {
			out = append(strconv.AppendInt(out, int64(bounds[i]), 10), "..."...)
		}
		if i < numSizes {
			out = strconv.AppendInt(out, int64(sizes[i]), 10)
		}
	}
	return append(out, ']')
}

// genericType reads a generic type and its arguments.
func (r *classReader) genericType(s *signature, depth int) []byte {
	typ := r.signatureType(s, depth+1)
	if typ == nil {
		return nil
	}
	n := s.unsigned()
	if n > maxGenericArgs {
		return nil
	}
	return r.typeList(wrap("", typ, "<"), s, n, ",", ">", depth)
}

// functionType reads a function pointer.
func (r *classReader) functionType(s *signature, depth int) []byte {
	if len(s.rest) == 0 {
		return nil
	}
	s.rest = s.rest[1:] // flags
	n := s.unsigned()
	if n > maxParams {
		return nil
	}
	returns := r.signatureType(s, depth+1)
	if returns == nil {
		return nil
	}
	return r.typeList(wrap("FnPtr<", returns, "("), s, n, ", ", ")>", depth)
}

// typeList adds n types to out. Those that make no sense are left out.
func (r *classReader) typeList(out []byte, s *signature, n uint32, separator, end string, depth int) []byte {
	for i := range n {
		typ := r.signatureType(s, depth+1)
		if typ == nil {
			continue
		}
		if i > 0 {
			out = append(out, separator...)
		}
		out = append(out, typ...)
	}
	return append(out, end...)
}

// typeName gives the full name of the type that a coded index (ECMA-335,
// II.23.2.8) points to, nil if there is none.
func (r *classReader) typeName(coded uint32, generics [][]byte, depth int) []byte {
	number := coded >> 2
	switch coded & 3 {
	case 0:
		if def, ok := r.typeDefs.row(number); ok {
			return fullName(def.name(typeDefName), r.namespace(number, def))
		}
	case 1:
		if ref, ok := r.typeRefs.row(number); ok {
			return fullName(ref.name(1), ref.name(2))
		}
	case 2:
		spec, ok := r.typeSpecs.row(number)
		if !ok || spec.cell(0) >= r.blobs.size {
			return nil
		}
		if b, ok := r.blob(spec.cell(0)); ok {
			return r.signatureType(&signature{rest: b, class: generics}, depth)
		}
	}
	return nil
}

// fullName puts a namespace before a name, and cuts the arity of generic types
// off.
func fullName(name, namespace []byte) []byte {
	switch {
	case len(name) == 0:
		return namespace
	case len(namespace) == 0:
		return withoutArity(name)
	}
	return withoutArity(bytes.Join([][]byte{namespace, name}, []byte(".")))
}

// withoutArity cuts a name at the backtick before its number of parameters.
func withoutArity(name []byte) []byte {
	if i := bytes.IndexByte(name, '`'); i >= 0 {
		return name[:i:i]
	}
	return name
}

// defaultName names parameters without a name.
func defaultName(i uint32) []byte { return strconv.AppendUint([]byte("P_"), uint64(i), 10) }
