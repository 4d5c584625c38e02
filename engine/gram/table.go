package gram

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// tier is one way to look for atoms. A tier samples the content every Stride
// bytes and compares Gram bytes there; to be found at every alignment an atom
// must be Window = Gram+Stride-1 bytes long.
type tier uint8

const (
	long tier = iota // eight bytes, every fourth offset
	four             // four bytes, every fourth offset
	pair             // two bytes, every offset
	tiers
)

var (
	tierGram   = [tiers]int{8, 4, 2}
	tierStride = [tiers]int{4, 4, 1}
	tierWindow = [tiers]int{11, 7, 2}
)

// tierOf gives the cheapest tier for an atom of n bytes, tiers if there is none.
func tierOf(n int) tier {
	for t := range tiers {
		if n >= tierWindow[t] {
			return t
		}
	}
	return tiers
}

// Hit is an occurrence of an atom.
type Hit struct {
	Pos  int   // the offset of its first byte
	Next int32 // the index of another hit of the same atom, -1 for none
}

// Table finds a fixed set of atoms. It is immutable and safe for concurrent use.
type Table struct {
	atomOff []uint32 // len = atoms+1
	bytes   []byte
	probes  [tiers]probe
	pairs   *[1 << 16]uint8 // 1 for the pairs of the last tier; nil without any
	heads   []head          // by entry of the last tier
}

// head is the first eight bytes of an atom, or as many as there are.
type head struct{ value, mask uint64 }

// probe is the part of a Table that serves one tier: a bitmap of hashed grams
// that answers nearly all questions, and a hash table of the grams behind it.
// The bitmap is sparse: a branch that is hardly ever taken is a cheap one. That
// of the pairs needs no hash.
type probe struct {
	mask    uint32   // of slots
	bits    []uint64 // a power of two of words; nil if the tier is empty
	first   []uint32 // by slot; 1 + index into keys, 0 for an empty slot
	keys    []uint64 // the grams, zero-extended
	lists   []uint32 // by gram; index into entries
	entries []uint64 // entry
}

// entry says that a gram belongs to an atom: from the lowest bit, whether it
// is the last of its gram, the offset of the gram in the atom (31 bits), the
// atom (32 bits).
type entry uint64

func newEntry(atom, delta int) uint64 { return uint64(atom)<<32 | uint64(delta)<<1 }
func (e entry) last() bool            { return e&1 != 0 }
func (e entry) delta() int            { return int(uint32(e) >> 1) }
func (e entry) atom() uint32          { return uint32(e >> 32) }

const hashFactor = 0x9E3779B97F4A7C15

// NewTable builds a Table. Atoms too short for any tier are an error of the
// caller: they are never found.
func NewTable(atoms [][]byte) *Table {
	t := &Table{atomOff: make([]uint32, 1, len(atoms)+1)}
	grams := [tiers]map[uint64][]uint64{}
	for id, a := range atoms {
		t.bytes = append(t.bytes, a...)
		t.atomOff = append(t.atomOff, uint32(len(t.bytes)))
		k := tierOf(len(a))
		if k == tiers {
			continue
		}
		if grams[k] == nil {
			grams[k] = map[uint64][]uint64{}
		}
		at := window(a, k)
		for s := range tierStride[k] {
			key := load(a[at+s:], tierGram[k])
			grams[k][key] = append(grams[k][key], newEntry(id, at+s))
		}
	}
	for k := range tiers {
		t.probes[k] = newProbe(grams[k], k == pair)
	}
	t.spread()
	return t
}

// spread makes the table of pairs out of their bitmap.
func (t *Table) spread() {
	b := t.probes[pair].bits
	if b == nil {
		return
	}
	t.pairs = new([1 << 16]uint8)
	for i := range t.pairs {
		t.pairs[i] = uint8(b[i>>6] >> (i & 63) & 1)
	}
	for _, e := range t.probes[pair].entries {
		a := t.atom(entry(e).atom())
		n := min(len(a), 8)
		t.heads = append(t.heads, head{load(a, n), 1<<(8*n) - 1})
	}
}

func (t *Table) atom(id uint32) []byte { return t.bytes[t.atomOff[id]:t.atomOff[id+1]] }

func load(b []byte, n int) uint64 {
	var v uint64
	for i := n - 1; i >= 0; i-- {
		v = v<<8 | uint64(b[i])
	}
	return v
}

func newProbe(grams map[uint64][]uint64, direct bool) probe {
	if len(grams) == 0 {
		return probe{}
	}
	logWords := max(bits.Len(uint(len(grams)-1)), 4) // 64 to 128 bits a gram
	if direct {
		logWords = 10
	}
	logSlots := bits.Len(uint(len(grams)*2 - 1))
	p := probe{
		mask:  1<<logSlots - 1,
		bits:  make([]uint64, 1<<logWords),
		first: make([]uint32, 1<<logSlots),
	}
	keys := make([]uint64, 0, len(grams))
	for g := range grams {
		keys = append(keys, g)
	}
	slices.Sort(keys) // the same definitions give the same table
	for _, g := range keys {
		p.insert(g, grams[g], direct)
	}
	return p
}

func (p *probe) insert(g uint64, list []uint64, direct bool) {
	h := g * hashFactor
	if direct {
		p.bits[g>>6] |= 1 << (g & 63)
	} else {
		p.bits[h>>40&uint64(len(p.bits)-1)] |= 1 << (h >> 32 & 63)
	}
	s := slot(h) & p.mask
	for p.first[s] != 0 {
		s = (s + 1) & p.mask
	}
	p.keys, p.lists = append(p.keys, g), append(p.lists, uint32(len(p.entries)))
	p.first[s] = uint32(len(p.keys))
	list[len(list)-1] |= 1
	p.entries = append(p.entries, list...)
}

// maybe asks the bitmap for a hash.
func (p *probe) maybe(h uint64) bool {
	w := p.bits[h>>40&uint64(len(p.bits)-1)]
	return w>>(h>>32&63)&1 != 0
}

func slot(h uint64) uint32 { return uint32(h >> 20) }

// Atoms is the number of atoms.
func (t *Table) Atoms() int { return len(t.atomOff) - 1 }

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
	f.table, f.data = t, data
	if n := t.Atoms(); len(f.atoms) < n {
		f.atoms = make([]found, n)
	}
	f.strideFour()
	if t.probes[pair].bits != nil {
		f.strideOne()
	}
}

const fold64 = 0x2020202020202020

// strideFour samples the content. The bitmaps are asked in line, not through
// maybe: this loop is where most of the time of a scan goes.
func (f *Finder) strideFour() {
	l, s := &f.table.probes[long], &f.table.probes[four]
	data := f.data
	switch {
	case l.bits != nil && s.bits != nil:
		lb, sb := l.bits, s.bits
		lm, sm := uint64(len(lb)-1), uint64(len(sb)-1)
		for i := 0; i+8 <= len(data); i += 4 {
			v := binary.LittleEndian.Uint64(data[i:]) | fold64
			h := v * hashFactor
			g := (v & 0xFFFFFFFF) * hashFactor
			if w := lb[h>>40&lm]; w>>(h>>32&63)&1 != 0 {
				f.check(l, v, i)
			}
			if w := sb[g>>40&sm]; w>>(g>>32&63)&1 != 0 {
				f.check(s, v&0xFFFFFFFF, i)
			}
		}
	case l.bits != nil:
		lb, lm := l.bits, uint64(len(l.bits)-1)
		for i := 0; i+8 <= len(data); i += 4 {
			v := binary.LittleEndian.Uint64(data[i:]) | fold64
			h := v * hashFactor
			if w := lb[h>>40&lm]; w>>(h>>32&63)&1 != 0 {
				f.check(l, v, i)
			}
		}
	case s.bits != nil:
		for i := 0; i+8 <= len(data); i += 4 {
			f.probeFour(s, i)
		}
	}
	if s.bits != nil && len(data) >= 4 {
		// The loops read eight bytes; the last gram may end with the data.
		if i := (len(data) - 4) &^ 3; i+8 > len(data) {
			f.probeFour(s, i)
		}
	}
}

func (f *Finder) probeFour(p *probe, at int) {
	v := uint64(binary.LittleEndian.Uint32(f.data[at:]) | 0x20202020)
	if p.maybe(v * hashFactor) {
		f.check(p, v, at)
	}
}

// strideOne looks at every pair. There are so few different pairs that a table
// with a byte for each needs no hash, and what is common stays in the cache.
func (f *Finder) strideOne() {
	p := &f.table.probes[pair]
	t := f.table.pairs
	data := f.data
	i := 0
	for ; i+8 <= len(data); i += 7 {
		v := binary.LittleEndian.Uint64(data[i:]) | fold64
		if t[uint16(v)]|t[uint16(v>>8)]|t[uint16(v>>16)]|t[uint16(v>>24)]|t[uint16(v>>32)]|t[uint16(v>>40)]|t[uint16(v>>48)] == 0 {
			continue
		}
		for k := range 7 {
			if g := v >> (8 * k) & 0xFFFF; t[g] != 0 {
				f.checkPair(p, g, i+k)
			}
		}
	}
	for ; i+2 <= len(data); i++ {
		if v := uint64(data[i]) | uint64(data[i+1])<<8 | 0x2020; t[v] != 0 {
			f.checkPair(p, v, i)
		}
	}
}

// checkPair is check for pairs, of which there are so many that it pays to
// compare the begin of an atom at one stroke.
func (f *Finder) checkPair(p *probe, v uint64, at int) {
	s := slot(v*hashFactor) & p.mask
	for p.keys[p.first[s]-1] != v { // it is there: the table of pairs is exact
		s = (s + 1) & p.mask
	}
	for e := p.lists[p.first[s]-1]; ; e++ {
		x := entry(p.entries[e])
		start := at - x.delta()
		if h := &f.table.heads[e]; start >= 0 && (start+8 > len(f.data) || (binary.LittleEndian.Uint64(f.data[start:])|fold64)&h.mask == h.value) {
			f.compareOne(x, start)
		}
		if x.last() {
			return
		}
	}
}

// check looks a gram up that the bitmap let through, and compares the atoms it belongs to.
func (f *Finder) check(p *probe, v uint64, at int) {
	for s := slot(v*hashFactor) & p.mask; p.first[s] != 0; s = (s + 1) & p.mask {
		if g := p.first[s] - 1; p.keys[g] == v {
			f.compare(p, p.lists[g], at)
			return
		}
	}
}

func (f *Finder) compare(p *probe, e uint32, at int) {
	for ; ; e++ {
		x := entry(p.entries[e])
		f.compareOne(x, at-x.delta())
		if x.last() {
			return
		}
	}
}

func (f *Finder) compareOne(x entry, start int) {
	id := x.atom()
	atom := f.table.atom(id)
	if start >= 0 && start+len(atom) <= len(f.data) && int(f.atoms[id].count) < f.Limit && foldEqual(f.data[start:start+len(atom)], atom) {
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

// Tiers is the number of grams in each tier.
func (t *Table) Tiers() (out [tiers]int) {
	for i := range t.probes {
		out[i] = len(t.probes[i].entries)
	}
	return
}
