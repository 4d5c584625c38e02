package gram

import (
	"math/bits"

	"candor/engine/internal/vector"
)

// pairs finds atoms of a few bytes by two of them, at every offset or, if none
// is of less than five bytes and their pairs are rare, at every fourth one, with
// a pair of each atom for every alignment. There are so few different pairs that
// a table with a byte for each needs no hash, and what is common stays in the
// cache.
type pairs struct {
	filter *[1 << 16]uint8  // bits for what may follow a pair: 1 << (next byte & 7); nil without atoms
	first  *[1 << 16]uint32 // 1 + the number of the first node of a pair; 0 for none
	nodes  []pairNode
	wide   *vector.Pairs // of a table that is looked for at every offset, where the processor looks at many at once
}

// pairNode is one of the entries of a pair.
type pairNode struct {
	head window // of the atom
	entry
	next uint32 // as in first
}

// pairStride is the distance of the offsets that are looked at if not all are.
const pairLen, pairStride = 2, 4

// sparse is how often a byte pairs at every fourth offset may make the search
// look closer.
const sparse = 1.0 / 128

// shortEntries gives the pairs by which short atoms are found, and the distance
// of the offsets to look at.
func shortEntries(atoms [][]byte) (entries []entry, step int) {
	rate, step := 0.0, pairStride
	for id, a := range atoms {
		if !Short(a) || len(a) < pairLen {
			continue
		}
		if Dense(a) {
			step = 1
			break
		}
		for r := range pairStride {
			delta := pairAt(a, r)
			entries = append(entries, newEntry(id, delta))
			rate += pairRate(a[delta], a[delta+1]) / pairStride
		}
	}
	if step > 1 && rate < sparse {
		return entries, step
	}
	entries = entries[:0]
	for id, a := range atoms {
		if Short(a) && len(a) >= pairLen {
			delta, _ := rarestPair(a)
			entries = append(entries, newEntry(id, delta))
		}
	}
	return entries, 1
}

// pairAt gives the offset of the pair for an alignment, the rarest.
func pairAt(atom []byte, alignment int) int {
	best := alignment
	for i := alignment; i+pairLen <= len(atom); i += pairStride {
		if pairRate(atom[i], atom[i+1]) < pairRate(atom[best], atom[best+1]) {
			best = i
		}
	}
	return best
}

func (p *pairs) fill(t *Table) {
	if len(t.short) == 0 {
		return
	}
	p.filter, p.first = new([1 << 16]uint8), new([1 << 16]uint32)
	for _, e := range t.short {
		atom := t.atom(e.atom())
		rest := atom[e.delta():]
		follows := uint8(0xFF)
		if len(rest) > pairLen {
			follows = 1 << (rest[pairLen] & 7)
		}
		v := uint16(rest[0]) | uint16(rest[1])<<8
		p.filter[v] |= follows
		p.nodes = append(p.nodes, pairNode{windowOf(atom, 0), e, p.first[v]})
		p.first[v] = uint32(len(p.nodes))
	}
	if t.shortStep == 1 && vector.Wide() {
		p.wide = densePairs(p.filter)
	}
}

// rarestPair gives the offset of the rarest pair of an atom, and its rate.
func rarestPair(atom []byte) (at int, rate float64) {
	rate = 1
	for i := 0; i+pairLen <= len(atom); i++ {
		if r := pairRate(atom[i], atom[i+1]); r < rate {
			at, rate = i, r
		}
	}
	return at, rate
}

// nextPairs gives the first offset from i on, in steps of seven, with one of
// the pairs among the eight bytes there, or the first one that has not got as
// many.
func nextPairs(data []byte, t *[1 << 16]uint8, i int) int {
	for ; i <= len(data)-8; i += 7 {
		v := load64(data[i:i+8]) | fold64
		if t[uint16(v)]|t[uint16(v>>8)]|t[uint16(v>>16)]|t[uint16(v>>24)]|t[uint16(v>>32)]|t[uint16(v>>40)]|t[uint16(v>>48)] != 0 {
			return i
		}
	}
	return i
}

// findPairs looks for short atoms: at every offset, or at every fourth one.
func (f *Finder) findPairs() {
	switch t, x := f.table.pairs.filter, f.table.few; {
	case x != nil:
		f.findFew(x)
	case t == nil:
	case f.table.shortStep == 1:
		f.findDense(t)
	default:
		f.findSparse(t)
	}
}

func (f *Finder) findDense(t *[1 << 16]uint8) {
	data := f.data
	i := nextPairs(data, t, f.findDenseWide())
	for ; i+9 <= len(data); i = nextPairs(data, t, i+7) {
		v := load64(data[i:]) | fold64
		m := t[uint16(v)]>>(v>>16&7)&1 | t[uint16(v>>8)]>>(v>>24&7)&1<<1 | t[uint16(v>>16)]>>(v>>32&7)&1<<2 |
			t[uint16(v>>24)]>>(v>>40&7)&1<<3 | t[uint16(v>>32)]>>(v>>48&7)&1<<4 | t[uint16(v>>40)]>>(v>>56&7)&1<<5 |
			t[uint16(v>>48)]>>(data[i+8]&7)&1<<6
		for ; m != 0; m &= m - 1 {
			k := bits.TrailingZeros8(m)
			f.lookAtPair(uint16(v>>(8*k)), i+k)
		}
	}
	for ; i+pairLen <= len(data); i++ {
		if v := uint16(data[i]) | uint16(data[i+1])<<8 | 0x2020; t[v] != 0 {
			f.lookAtPair(v, i)
		}
	}
}

// nextSparse gives the first offset from i on, in steps of sixteen, with one of
// the pairs and what may follow it at one of four offsets, or the first one
// that has too little content.
func nextSparse(data []byte, t *[1 << 16]uint8, i int) int {
	for ; i <= len(data)-16; i += 16 {
		v, w := load64(data[i:i+8])|fold64, load64(data[i+8:i+16])|fold64
		if (t[uint16(v)]>>(v>>16&7)|t[uint16(v>>32)]>>(v>>48&7)|t[uint16(w)]>>(w>>16&7)|t[uint16(w>>32)]>>(w>>48&7))&1 != 0 {
			return i
		}
	}
	return i
}

func (f *Finder) findSparse(t *[1 << 16]uint8) {
	data := f.data
	i := nextSparse(data, t, 0)
	for ; i <= len(data)-16; i = nextSparse(data, t, i+16) {
		for k := i; k < i+16; k += pairStride {
			v := uint16(data[k]) | uint16(data[k+1])<<8 | 0x2020
			if t[v]>>(data[k+2]&7)&1 != 0 {
				f.lookAtPair(v, k)
			}
		}
	}
	for ; i+pairLen <= len(data); i += pairStride {
		f.lookAtPair(uint16(data[i])|uint16(data[i+1])<<8|0x2020, i)
	}
}

func (f *Finder) lookAtPair(v uint16, at int) {
	p := &f.table.pairs
	for n := p.first[v]; n != 0; n = p.nodes[n-1].next {
		x := &p.nodes[n-1]
		start := at - x.delta()
		switch {
		case start < 0:
		case start+8 > len(f.data):
			f.compare(x.atom(), start)
		case x.head.fits(load64(f.data[start:])|fold64) && !f.Saturated(x.atom()): // no short atom is longer
			f.record(x.atom(), start)
		}
	}
}
