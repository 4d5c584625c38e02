package dotnet

import "bytes"

const (
	maxMethods   = 20000 // of a class
	maxParams    = 2000
	maxEnclosing = 10
	// maxAllMethods bounds the methods of all classes, which libyara does not:
	// classes that claim each other's methods keep it busy for hours.
	maxAllMethods = 1 << 16
)

// class is a type that the assembly defines. hasMethods tells whether the
// place of its methods makes sense.
type class struct {
	name, namespace, fullName []byte
	flags                     uint32
	generics, bases           [][]byte
	methods                   []methodDef
	hasMethods                bool
}

// methodDef is a method. hasParameters tells whether the place of their names
// makes sense.
type methodDef struct {
	name, returns []byte
	flags         uint32
	generics      [][]byte
	parameters    []parameter
	hasParameters bool
}

type parameter struct{ name, typ []byte }

// userTypes gives the types in the order of their table.
func (a *assembly) userTypes() []*class {
	return a.classes.get(func() []*class {
		if !a.layout().complete {
			return nil
		}
		r := newClassReader(a)
		var all []*class
		for i := range r.typeDefs.rows {
			if c := r.class(i + 1); c != nil {
				all = append(all, c)
			}
		}
		return all
	})
}

// classReader puts together types from their tables. It indexes those that
// libyara searches for each type.
type classReader struct {
	*assembly
	typeDefs, typeRefs, typeSpecs, methodDefs, params *table

	enclosing  map[uint32]uint32   // nested type to the first that encloses it
	interfaces map[uint32][]uint32 // type to coded indexes
	generics   map[uint32][][]byte // coded owner to names
	methods    int                 // read so far
	work       int                 // left for signatures
}

func newClassReader(a *assembly) *classReader {
	r := &classReader{
		assembly:   a,
		typeDefs:   a.table(tTypeDef),
		typeRefs:   a.table(tTypeRef),
		typeSpecs:  a.table(tTypeSpec),
		methodDefs: a.table(tMethodDef),
		params:     a.table(tParam),
		enclosing:  map[uint32]uint32{},
		interfaces: map[uint32][]uint32{},
		generics:   map[uint32][][]byte{},
		work:       maxSignatureWork,
	}
	for n := range a.table(tNestedClass).each {
		if _, known := r.enclosing[n.cell(0)]; !known {
			r.enclosing[n.cell(0)] = n.cell(1)
		}
	}
	for i := range a.table(tInterfaceImpl).each {
		r.interfaces[i.cell(0)] = append(r.interfaces[i.cell(0)], i.cell(1))
	}
	for g := range a.table(tGenericParam).each {
		r.generics[g.cell(2)] = append(r.generics[g.cell(2)], g.name(3))
	}
	return r
}

// Columns of the table TypeDef.
const (
	typeDefFlags = iota
	typeDefName
	typeDefNamespace
	typeDefExtends
	_
	typeDefMethods
)

// class reads a type, nil if it has no proper name.
func (r *classReader) class(number uint32) *class {
	def, ok := r.typeDefs.row(number)
	if !ok {
		return nil
	}
	name := def.name(typeDefName)
	short := withoutArity(name)
	if len(short) == 0 || string(name) == "<Module>" {
		return nil
	}
	c := &class{name: short, flags: def.cell(typeDefFlags)}
	c.namespace = r.namespace(number, def)
	c.fullName = fullName(name, c.namespace)
	c.generics = r.genericParams(number << 1)
	c.bases = r.bases(number, def, c.generics)
	first := def.cell(typeDefMethods)
	if n := r.methodCount(number, first); n <= maxMethods && first != 0 {
		c.methods, c.hasMethods = r.classMethods(first, n, c.generics), true
	}
	return c
}

// namespace gives the namespace of a type, which for nested types is that of
// the enclosing one with its name.
func (r *classReader) namespace(number uint32, def row) []byte {
	ns := def.name(typeDefNamespace)
	if isNested(def.cell(typeDefFlags)) {
		return fullName(ns, r.enclosingName(number, 1))
	}
	return ns
}

// enclosingName gives the full name of the type that encloses a type, nil if
// there is none.
func (r *classReader) enclosingName(number uint32, depth int) []byte {
	outer, ok := r.enclosing[number]
	if !ok || depth > maxEnclosing {
		return nil
	}
	def, ok := r.typeDefs.row(outer)
	if !ok {
		return nil
	}
	name := def.name(typeDefName)
	if string(name) == "<Module>" {
		return nil
	}
	ns := def.name(typeDefNamespace)
	if isNested(def.cell(typeDefFlags)) && outer != number {
		ns = fullName(ns, r.enclosingName(outer, depth+1))
	}
	return fullName(name, ns)
}

// genericParams gives the names of the generic parameters of a type or method,
// none if one of them is bad.
func (r *classReader) genericParams(owner uint32) [][]byte {
	names := r.generics[owner]
	for _, n := range names {
		if len(n) == 0 {
			return nil
		}
	}
	return names
}

// bases gives the type that a type extends and the interfaces that it has.
func (r *classReader) bases(number uint32, def row, generics [][]byte) (all [][]byte) {
	for _, coded := range append([]uint32{def.cell(typeDefExtends)}, r.interfaces[number]...) {
		if name := r.typeName(coded, generics, 0); name != nil {
			all = append(all, name)
		}
	}
	return all
}

// methodCount gives how many methods a type has: up to those of the next.
func (r *classReader) methodCount(number, first uint32) uint32 {
	if number < r.typeDefs.rows {
		next, ok := r.typeDefs.row(number + 1)
		if ok && next.cell(typeDefMethods) >= first {
			return next.cell(typeDefMethods) - first
		}
		return 0
	}
	if r.methodDefs.rows >= first {
		return r.methodDefs.rows + 1 - first
	}
	return 0
}

func (r *classReader) classMethods(first, n uint32, generics [][]byte) (all []methodDef) {
	for i := range n {
		number := first + i
		if number > r.methodDefs.rows || r.methods >= maxAllMethods {
			break
		}
		r.methods++
		if m, ok := r.method(number, generics); ok {
			all = append(all, m)
		}
	}
	return all
}

// method reads a method. It is not ok if its name or signature is not.
func (r *classReader) method(number uint32, classGenerics [][]byte) (m methodDef, ok bool) {
	def, ok := r.methodDefs.row(number)
	if !ok || def.cell(4) >= r.blobs.size {
		return m, false
	}
	m.flags, m.name = def.cell(2), def.name(3)
	sig, ok := r.blob(def.cell(4))
	if !ok || len(m.name) == 0 || len(sig) < 3 {
		return m, false
	}
	m.generics = r.genericParams(number<<1 | 1)
	s := signature{rest: sig[1:], class: classGenerics, method: m.generics}
	const generic = 0x10
	if sig[0]&generic != 0 {
		s.unsigned() // their number, which their table tells as well
	}
	n := s.unsigned()
	m.returns = r.signatureType(&s, 0)
	if m.returns == nil || n > maxParams {
		return m, false
	}
	if bytes.Equal(m.name, []byte(".ctor")) || bytes.Equal(m.name, []byte(".cctor")) {
		m.returns = nil
	}
	if names := def.cell(5); names != 0 {
		m.parameters, ok = r.parameters(names, n, &s)
		m.hasParameters = true
	}
	return m, ok
}

// parameters reads n parameters. It is not ok if one of them is not.
func (r *classReader) parameters(first, n uint32, s *signature) (all []parameter, ok bool) {
	for i := range n {
		var p parameter
		if number := first + i; number >= 1 && number <= r.params.rows {
			def, ok := r.params.row(number)
			if !ok {
				return nil, false
			}
			p.name = def.name(2)
		} else {
			p.name = defaultName(i)
		}
		if p.typ = r.signatureType(s, 0); p.typ == nil {
			return nil, false
		}
		all = append(all, p)
	}
	return all, true
}
