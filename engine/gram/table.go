package gram

import (
	"encoding/binary"
	"math/bits"
)

// Table finds a fixed set of atoms. It is immutable and safe for concurrent
// use. Content is sampled: an atom is known by a gram of it for each of the
// alignments that it may have to the offsets that are looked at. Short atoms
// are looked for at every offset.
type Table struct {
	atomOff []uint32 // len = atoms+1
	bytes   []byte
	coarse  sampled
	fine    sampled
	pairs   pairs
}

// NewTable builds a Table. Atoms of less than two bytes are an error of the
// caller: they are never found.
func NewTable(atoms [][]byte) *Table {
	t := &Table{atomOff: make([]uint32, 1, len(atoms)+1)}
	for _, a := range atoms {
		t.bytes = append(t.bytes, a...)
		t.atomOff = append(t.atomOff, uint32(len(t.bytes)))
	}
	var entries [2][]entry
	coarseFrom := t.coarseFrom()
	for id, a := range atoms {
		s := fine
		if len(a) >= coarseFrom {
			s = coarse
		}
		if len(a) < s.least {
			continue
		}
		at, _ := s.places(a)
		for _, delta := range at[:s.stride] {
			entries[s.number] = append(entries[s.number], newEntry(id, delta))
		}
	}
	t.fill(entries)
	return t
}

// coarseFrom gives the length from which atoms are found by coarse grams. Those
// that just about can be leave much of a gram open; fine grams are better
// for them, if they are looked for at all.
func (t *Table) coarseFrom() int {
	for i := range t.Atoms() {
		if n := len(t.atom(uint32(i))); n >= fine.least && n < coarse.least {
			return coarse.whole()
		}
	}
	return coarse.least
}

// fill makes what the search wants of the entries.
func (t *Table) fill(entries [2][]entry) {
	t.coarse.fill(t, coarse, entries[coarse.number])
	t.fine.fill(t, fine, entries[fine.number])
	t.pairs.fill(t)
}

func (t *Table) atom(id uint32) []byte { return t.bytes[t.atomOff[id]:t.atomOff[id+1]] }

// Atoms is the number of atoms.
func (t *Table) Atoms() int { return len(t.atomOff) - 1 }

// entry says that a gram belongs to an atom: the atom (32 bits) and, from -1
// on, the offset of the gram in it.
type entry uint64

func newEntry(atom, delta int) entry { return entry(atom)<<32 | entry(delta+1) }
func (e entry) delta() int           { return int(uint32(e)) - 1 }
func (e entry) atom() uint32         { return uint32(e >> 32) }

// sampled finds atoms by grams at every so manieth offset. The filter is a
// bitmap of hashed grams; it answers nearly all questions.
type sampled struct {
	filter  []uint64 // nil without atoms
	slots   []uint64 // a hash table of grams: half of the hash, and 1 + the number of the first node; 0 for none
	nodes   []node
	entries []entry
	windows []window // by entry
	runs    map[byte]*run
}

// node is one of the entries of a gram.
type node struct{ entry, next uint32 } // next as in slots

func (s *sampled) fill(t *Table, k *sampling, entries []entry) {
	if s.entries = entries; len(entries) == 0 {
		return
	}
	n := 0
	for _, e := range entries {
		n += len(k.open(t.atom(e.atom()), e.delta()))
	}
	s.filter = make([]uint64, 1<<k.logWords)
	s.slots = make([]uint64, 1<<bits.Len(uint(2*n)))
	s.nodes = make([]node, 0, n)
	s.windows = make([]window, len(entries))
	for i, e := range entries {
		atom := t.atom(e.atom())
		s.windows[i] = windowOf(atom, e.delta())
		known := s.windows[i].value & (1<<(8*k.width) - 1)
		for _, open := range k.open(atom, e.delta()) {
			s.insert(k, known|open, uint32(i))
		}
		s.noteRun(e, &s.windows[i], atom)
	}
}

func (s *sampled) insert(k *sampling, gram uint64, entry uint32) {
	h := k.hash(gram)
	word, bit := k.place(h)
	s.filter[word] |= 1 << bit
	m, half := uint64(len(s.slots)-1), h>>32
	i := half & m
	for s.slots[i] != 0 && s.slots[i]>>32 != half {
		i = (i + 1) & m
	}
	s.nodes = append(s.nodes, node{entry, uint32(s.slots[i])})
	s.slots[i] = half<<32 | uint64(len(s.nodes))
}

// first gives 1 + the number of the first node of a gram, 0 for none. It may
// be one of another gram.
func (s *sampled) first(hash uint64) uint32 {
	m, half := uint64(len(s.slots)-1), hash>>32
	for i := half & m; ; i = (i + 1) & m {
		if x := s.slots[i]; x == 0 || x>>32 == half {
			return uint32(x)
		}
	}
}

// window is eight bytes of content, as far as an atom says what they are.
type window struct{ value, mask uint64 }

func (w *window) fits(v uint64) bool { return v&w.mask == w.value }

// windowOf gives what an atom says of the eight bytes from an offset on.
func windowOf(atom []byte, at int) (w window) {
	for i := range 8 {
		if k := at + i; k >= 0 && k < len(atom) {
			w.value |= uint64(atom[k]) << (8 * i)
			w.mask |= 0xFF << (8 * i)
		}
	}
	return w
}

const (
	fold64 = 0x2020202020202020
	fold32 = 0x20202020
)

func load64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }
func load32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
