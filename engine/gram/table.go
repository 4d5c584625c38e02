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
	heads   [tiers][]head   // by entry
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
	demoted := fewOfFour(atoms)
	for id, a := range atoms {
		t.bytes = append(t.bytes, a...)
		t.atomOff = append(t.atomOff, uint32(len(t.bytes)))
		k := tierOf(len(a))
		if k == tiers {
			continue
		}
		if k == four && demoted {
			k = pair
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

// fewOfFour tells whether the tier of four has so few atoms that they had
// better go with the pairs, which are looked at in any case.
func fewOfFour(atoms [][]byte) bool {
	var n [tiers + 1]int
	for _, a := range atoms {
		n[tierOf(len(a))]++
	}
	return n[pair] > 0 && n[four] < 64
}

// spread makes what the search wants besides the encoded form: the table of
// pairs out of their bitmap, and the heads.
func (t *Table) spread() {
	for k := range t.probes {
		t.heads[k] = make([]head, len(t.probes[k].entries))
		for i, e := range t.probes[k].entries {
			a := t.atom(entry(e).atom())
			n := min(len(a), 8)
			t.heads[k][i] = head{load(a, n), 1<<(8*n) - 1}
		}
	}
	b := t.probes[pair].bits
	if b == nil {
		return
	}
	t.pairs = new([1 << 16]uint8)
	for i := range t.pairs {
		t.pairs[i] = uint8(b[i>>6] >> (i & 63) & 1)
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

// strideFour samples the content. The loops that go over it are functions of
// their own that call none: so all they need stays in registers. They are where
// most of the time of a scan goes.
func (f *Finder) strideFour() {
	l, s := &f.table.probes[long], &f.table.probes[four]
	data := f.data
	switch {
	case l.bits != nil && s.bits != nil:
		for i := nextOfBoth(data, l.bits, s.bits, 0); i >= 0; i = nextOfBoth(data, l.bits, s.bits, i+4) {
			v := binary.LittleEndian.Uint64(data[i:]) | fold64
			if l.maybe(v * hashFactor) {
				f.check(long, v, i)
			}
			if v &= 0xFFFFFFFF; s.maybe(v * hashFactor) {
				f.check(four, v, i)
			}
		}
	case l.bits != nil:
		for i := nextOfEight(data, l.bits, 0); i >= 0; i = nextOfEight(data, l.bits, i+4) {
			f.check(long, binary.LittleEndian.Uint64(data[i:])|fold64, i)
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

// nextOfEight gives the first offset from i on, in steps of four, at which the
// bitmap lets the eight bytes through; -1 if there is none.
func nextOfEight(data []byte, bitmap []uint64, i int) int {
	m := uint64(len(bitmap) - 1)
	for ; i <= len(data)-8; i += 4 {
		h := (binary.LittleEndian.Uint64(data[i:i+8]) | fold64) * hashFactor
		if bitmap[h>>40&m]>>(h>>32&63)&1 != 0 {
			return i
		}
	}
	return -1
}

// nextOfBoth is nextOfEight for two bitmaps, the second of which is asked for
// the first four of the eight bytes.
func nextOfBoth(data []byte, eight, four []uint64, i int) int {
	m, n := uint64(len(eight)-1), uint64(len(four)-1)
	for ; i <= len(data)-8; i += 4 {
		v := binary.LittleEndian.Uint64(data[i:i+8]) | fold64
		h, g := v*hashFactor, v&0xFFFFFFFF*hashFactor
		if (eight[h>>40&m]>>(h>>32&63)|four[g>>40&n]>>(g>>32&63))&1 != 0 {
			return i
		}
	}
	return -1
}

func (f *Finder) probeFour(p *probe, at int) {
	v := uint64(binary.LittleEndian.Uint32(f.data[at:]) | 0x20202020)
	if p.maybe(v * hashFactor) {
		f.check(four, v, at)
	}
}

// strideOne looks at every pair. There are so few different pairs that a table
// with a byte for each needs no hash, and what is common stays in the cache.
func (f *Finder) strideOne() {
	t, data := f.table.pairs, f.data
	i := nextPairs(data, t, 0)
	for ; i+8 <= len(data); i = nextPairs(data, t, i+7) {
		v := binary.LittleEndian.Uint64(data[i:]) | fold64
		m := t[uint16(v)] | t[uint16(v>>8)]<<1 | t[uint16(v>>16)]<<2 | t[uint16(v>>24)]<<3 |
			t[uint16(v>>32)]<<4 | t[uint16(v>>40)]<<5 | t[uint16(v>>48)]<<6
		for ; m != 0; m &= m - 1 {
			k := bits.TrailingZeros8(m)
			f.check(pair, v>>(8*k)&0xFFFF, i+k)
		}
	}
	for ; i+2 <= len(data); i++ {
		if v := uint64(data[i]) | uint64(data[i+1])<<8 | 0x2020; t[v] != 0 {
			f.check(pair, v, i)
		}
	}
}

// nextPairs gives the first offset from i on, in steps of seven, with one of
// the pairs among the eight bytes there, or the first one that has not got as
// many.
func nextPairs(data []byte, t *[1 << 16]uint8, i int) int {
	for ; i <= len(data)-8; i += 7 {
		v := binary.LittleEndian.Uint64(data[i:i+8]) | fold64
		if t[uint16(v)]|t[uint16(v>>8)]|t[uint16(v>>16)]|t[uint16(v>>24)]|t[uint16(v>>32)]|t[uint16(v>>40)]|t[uint16(v>>48)] != 0 {
			return i
		}
	}
	return i
}

// check looks a gram up that a bitmap let through, and compares the atoms it
// belongs to, first their heads.
func (f *Finder) check(k tier, v uint64, at int) {
	p := &f.table.probes[k]
	s := slot(v*hashFactor) & p.mask
	for {
		g := p.first[s]
		if g == 0 {
			return
		}
		if p.keys[g-1] == v {
			f.compare(k, p.lists[g-1], at)
			return
		}
		s = (s + 1) & p.mask
	}
}

func (f *Finder) compare(k tier, e uint32, at int) {
	entries, heads := f.table.probes[k].entries, f.table.heads[k]
	for ; ; e++ {
		x := entry(entries[e])
		start := at - x.delta()
		if start >= 0 && (start+8 > len(f.data) || (binary.LittleEndian.Uint64(f.data[start:])|fold64)&heads[e].mask == heads[e].value) {
			f.compareOne(x, start)
		}
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
