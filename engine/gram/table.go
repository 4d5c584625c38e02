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
}

// probe is the part of a Table that serves one tier: a Bloom filter that
// answers nearly all questions, with both bits of a gram in one word so that a
// question is one access to memory, and a hash table of the grams behind it.
// The filter of the pairs is a plain bitmap.
type probe struct {
	shift   uint8    // of the hash, to give a word of bits
	mask    uint32   // of slots
	bits    []uint64 // power of two words; nil if the tier is empty
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
	return t
}

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
	logWords := max(bits.Len(uint(len(grams)-1))-2, 4) // 16 to 32 bits a gram
	if direct {
		logWords = 10
	}
	logSlots := bits.Len(uint(len(grams)*2 - 1))
	p := probe{
		shift: uint8(64 - logWords),
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
		p.bits[h>>p.shift] |= bloom(h)
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

// bloom gives the two bits of a hash within its word.
func bloom(h uint64) uint64 { return 1<<(h>>32&63) | 1<<(h>>26&63) }

func slot(h uint64) uint32 { return uint32(h >> 30) }

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

func (f *Finder) strideFour() {
	l, s := &f.table.probes[long], &f.table.probes[four]
	data := f.data
	switch {
	case l.bits != nil && s.bits != nil:
		lb, sb, ls, ss := l.bits, s.bits, l.shift&63, s.shift&63
		for i := 0; i+8 <= len(data); i += 4 {
			v := binary.LittleEndian.Uint64(data[i:]) | fold64
			h := v * hashFactor
			g := (v & 0xFFFFFFFF) * hashFactor
			if m := bloom(h); lb[h>>ls]&m == m {
				f.check(l, v, i)
			}
			if m := bloom(g); sb[g>>ss]&m == m {
				f.check(s, v&0xFFFFFFFF, i)
			}
		}
	case l.bits != nil:
		lb, ls := l.bits, l.shift&63
		for i := 0; i+8 <= len(data); i += 4 {
			v := binary.LittleEndian.Uint64(data[i:]) | fold64
			h := v * hashFactor
			if m := bloom(h); lb[h>>ls]&m == m {
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
	h := v * hashFactor
	if m := bloom(h); p.bits[h>>(p.shift&63)]&m == m {
		f.check(p, v, at)
	}
}

// strideOne looks at every pair. There are so few different pairs that the
// bitmap needs no hash.
func (f *Finder) strideOne() {
	p := &f.table.probes[pair]
	data := f.data
	pairs := (*[1 << 16 / 64]uint64)(p.bits)
	i := 0
	for ; i+8 <= len(data); i += 7 {
		v := binary.LittleEndian.Uint64(data[i:]) | fold64
		m := pairs[v>>6&0x3FF]>>(v&63)&1 |
			pairs[v>>14&0x3FF]>>(v>>8&63)&1<<1 |
			pairs[v>>22&0x3FF]>>(v>>16&63)&1<<2 |
			pairs[v>>30&0x3FF]>>(v>>24&63)&1<<3 |
			pairs[v>>38&0x3FF]>>(v>>32&63)&1<<4 |
			pairs[v>>46&0x3FF]>>(v>>40&63)&1<<5 |
			pairs[v>>54&0x3FF]>>(v>>48&63)&1<<6
		for ; m != 0; m &= m - 1 {
			k := bits.TrailingZeros64(m)
			f.check(p, v>>(8*k)&0xFFFF, i+k)
		}
	}
	for ; i+2 <= len(data); i++ {
		v := uint64(data[i]) | uint64(data[i+1])<<8 | 0x2020
		if pairs[v>>6]>>(v&63)&1 != 0 {
			f.check(p, v, i)
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
	t := f.table
	for ; ; e++ {
		x := entry(p.entries[e])
		start, id := at-x.delta(), x.atom()
		atom := t.bytes[t.atomOff[id]:t.atomOff[id+1]]
		if start >= 0 && start+len(atom) <= len(f.data) && int(f.atoms[id].count) < f.Limit && foldEqual(f.data[start:start+len(atom)], atom) {
			f.record(id, start)
		}
		if x.last() {
			return
		}
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

func (t *Table) Tiers() (out [tiers]int) {
	for i := range t.probes {
		out[i] = len(t.probes[i].entries)
	}
	return
}

func (t *Table) AtomBytes(a int) []byte { return t.bytes[t.atomOff[a]:t.atomOff[a+1]] }
