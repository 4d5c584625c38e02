package gram

import "candor/engine/internal/vector"

// few finds a handful of short atoms by three bytes of each at every offset,
// where the processor looks at many offsets at once.
type few struct {
	triples vector.Triples
	atoms   []fewAtom
}

// fewAtom is an atom with its begin, and the offset of the three bytes.
type fewAtom struct {
	head window
	id   uint32
	at   int
}

// Bounds of what is looked for so: three bytes, and so many atoms that there are
// few to ask about at a place.
const tripleLen, mostFew = 3, 2 * vector.Heaps

// fewOf makes that of a table. It gives nil where pairs do better.
func fewOf(t *Table) *few {
	if !vector.Fast() || len(t.short) == 0 {
		return nil
	}
	f, rate, last := &few{}, 0.0, -1
	f.triples.Fold(0x20)
	for _, e := range t.short { // those of one atom stand together
		id := int(e.atom())
		if id == last {
			continue
		}
		last = id
		atom := t.atom(e.atom())
		if len(atom) < tripleLen || len(f.atoms) == mostFew {
			return nil
		}
		at := rarestTriple(atom)
		rate += Rate(atom[at : at+tripleLen])
		one := func(i int) func(byte) bool { return func(c byte) bool { return c == atom[at+i] } }
		f.triples.Add(len(f.atoms)%vector.Heaps, [tripleLen]func(byte) bool{one(0), one(1), one(2)})
		f.atoms = append(f.atoms, fewAtom{windowOf(atom, 0), e.atom(), at})
	}
	if rate > sparse {
		return nil
	}
	return f
}

// rarestTriple gives the offset of the rarest three bytes of an atom.
func rarestTriple(atom []byte) int {
	best := 0
	for i := range len(atom) - tripleLen + 1 {
		if Rate(atom[i:i+tripleLen]) < Rate(atom[best:best+tripleLen]) {
			best = i
		}
	}
	return best
}

func (f *Finder) findFew(x *few) {
	i := x.triples.Next(f.data, 0)
	for ; !vector.Ends(f.data, i); i = x.triples.Next(f.data, i+1) {
		f.lookAtFew(x, i)
	}
	for ; i+tripleLen <= len(f.data); i++ {
		f.lookAtFew(x, i)
	}
}

func (f *Finder) lookAtFew(x *few, at int) {
	for i := range x.atoms {
		a := &x.atoms[i]
		start := at - a.at
		if start >= 0 && (start+8 > len(f.data) || a.head.fits(load64(f.data[start:])|fold64)) {
			f.compare(a.id, start)
		}
	}
}
