package gram

import (
	"encoding/binary"
	"math/bits"
	"sync"

	"candor/engine/internal/memory"
)

// Table finds a fixed set of atoms. It is immutable and safe for concurrent
// use. Content is sampled: an atom is known by a gram of it for each of the
// alignments that it may have to the offsets that are looked at. Short atoms
// are looked for by pairs of bytes.
type Table struct {
	atomOff []uint32 // len = atoms+1
	bytes   []byte
	grams   []entry // by which atoms are found
	short   []entry // and the pairs by which short ones are

	shortStep int // at every offset, or at every fourth one

	// What the search wants is made of these when the table is first used:
	// many tables of a set never are.
	once    sync.Once
	sampled sampled
	pairs   pairs
	few     *few // in place of pairs, which then are not there; may be nil
}

// NewTable builds a Table. Atoms of less than two bytes are an error of the
// caller: they are never found.
func NewTable(atoms [][]byte) *Table {
	t := &Table{atomOff: make([]uint32, 1, len(atoms)+1)}
	for _, a := range atoms {
		t.bytes = append(t.bytes, a...)
		t.atomOff = append(t.atomOff, uint32(len(t.bytes)))
	}
	for id, a := range atoms {
		if !Short(a) {
			at, _ := places(a)
			for _, delta := range at {
				t.grams = append(t.grams, newEntry(id, delta))
			}
		}
	}
	t.short, t.shortStep = shortEntries(atoms)
	return t
}

// ready makes what the search wants.
func (t *Table) ready() {
	t.once.Do(func() {
		t.sampled.fill(t)
		if t.few = fewOf(t); t.few == nil {
			t.pairs.fill(t)
		}
	})
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

// sampled finds atoms by their grams. The filter answers nearly all questions.
type sampled struct {
	filters filters
	slots   []uint64 // a hash table of grams: half of the hash, and 1 + the number of the first node; 0 for none
	shift   int      // what makes a slot of a hash
	nodes   []node
	windows []window // by entry of the table
	runs    map[byte]*run
}

// node is one of the entries of a gram.
type node struct{ entry, next uint32 } // next as in slots

func (s *sampled) fill(t *Table) {
	if len(t.grams) == 0 {
		return
	}
	n := 0
	for _, e := range t.grams {
		n += len(open(t.atom(e.atom()), e.delta()))
	}
	s.filters = newFilters(n)
	logSlots := bits.Len(uint(n + n/3))
	s.slots, s.shift = memory.Make[uint64](1<<logSlots), 64-logSlots
	s.nodes = memory.Make[node](n)[:0]
	s.windows = memory.Make[window](len(t.grams))
	for i, e := range t.grams {
		atom := t.atom(e.atom())
		s.windows[i] = windowOf(atom, e.delta())
		known := s.windows[i].value & (1<<(8*gramLen) - 1)
		for _, last := range open(atom, e.delta()) {
			s.insert(known|last, uint32(i))
		}
		s.noteRun(e, &s.windows[i], atom)
	}
}

func (s *sampled) insert(gram uint64, entry uint32) {
	h := hashGram(gram)
	s.filters.add(h)
	m, half := uint64(len(s.slots)-1), h>>32
	i := h >> s.shift
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
	for i := hash >> s.shift; ; i = (i + 1) & m {
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

const fold64 = 0x2020202020202020

func load64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }
