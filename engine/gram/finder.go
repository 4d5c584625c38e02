package gram

// Hit is an occurrence of an atom.
type Hit struct {
	Pos  int   // the offset of its first byte
	Next int32 // the index of another hit of the same atom, -1 for none
}

// Finder runs a Table over content. It belongs to one goroutine.
type Finder struct {
	Hits  []Hit
	Found []uint32 // the atoms that occur
	Limit int      // hits of one atom that are recorded; further ones are not
	table *Table
	data  []byte
	atoms []found // by atom
}

// found is what a Finder knows of an atom.
type found struct{ count, head int32 }

// Head is the index of the last hit of an atom that occurs.
func (f *Finder) Head(atom uint32) int32 { return f.atoms[atom].head }

// Count is the number of hits of an atom.
func (f *Finder) Count(atom uint32) int { return int(f.atoms[atom].count) }

// Saturated tells whether an atom reached the limit: it may occur further.
func (f *Finder) Saturated(atom uint32) bool { return int(f.atoms[atom].count) >= f.Limit }

// Find replaces Hits by the occurrences of the atoms of t in data, not in
// order of their offset.
func (f *Finder) Find(t *Table, data []byte) {
	for _, a := range f.Found {
		f.atoms[a] = found{}
	}
	f.Found, f.Hits = f.Found[:0], f.Hits[:0]
	t.ready()
	f.table, f.data = t, data
	if n := t.Atoms(); len(f.atoms) < n {
		f.atoms = make([]found, n)
	}
	switch l := &t.sampled.filters; {
	case l.small != nil:
		sample(f, l.small)
	case l.medium != nil:
		sample(f, l.medium)
	case l.large != nil:
		sample(f, l.large)
	case l.huge != nil:
		sample(f, l.huge)
	}
	f.findPairs()
	f.data = nil
}

// lookAtEnd looks at the rest of the content from an offset on. What is not
// there reads as something; the atom is compared with what is.
func (f *Finder) lookAtEnd(at int) {
	for at+gramLen-1 <= len(f.data) {
		var v uint64
		if at+8 <= len(f.data) {
			v = load64(f.data[at:])
		} else {
			var tail [8]byte
			copy(tail[:], f.data[at:])
			v = load64(tail[:])
		}
		at = f.look(v|fold64, at)
	}
}

// look compares the atoms that have a gram at an offset, where the content is
// v, and gives the next offset to look at.
func (f *Finder) look(v uint64, at int) int {
	if v == ofOne(byte(v)) && at+8 <= len(f.data) {
		return f.lookAlong(byte(v), at)
	}
	s := &f.table.sampled
	for n := s.first(hashGram(v)); n != 0; n = s.nodes[n-1].next {
		i := s.nodes[n-1].entry
		if s.windows[i].fits(v) {
			e := f.table.grams[i]
			f.compare(e.atom(), at-e.delta())
		}
	}
	return at + stride
}

// compare records a hit if the atom stands at an offset.
func (f *Finder) compare(id uint32, start int) {
	atom := f.table.atom(id)
	if start >= 0 && start+len(atom) <= len(f.data) && !f.Saturated(id) && foldEqual(f.data[start:start+len(atom)], atom) {
		f.record(id, start)
	}
}

func (f *Finder) record(id uint32, start int) {
	a := &f.atoms[id]
	if a.count == 0 {
		a.head = -1
		f.Found = append(f.Found, id)
	}
	f.Hits = append(f.Hits, Hit{start, a.head})
	a.count, a.head = a.count+1, int32(len(f.Hits)-1)
}

func foldEqual(data, atom []byte) bool {
	for i, c := range atom {
		if data[i]|0x20 != c {
			return false
		}
	}
	return true
}
