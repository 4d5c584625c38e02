package index

import (
	"bytes"
	"cmp"
	"fmt"
	"math/bits"
	"slices"

	"candor/engine/gram"
)

// Query is a number of formulas of which one must hold. It is immutable.
type Query struct{ formulas []*formula }

// formula is a gram.Formula whose atoms are the hashes of their grams.
type formula struct {
	op       gram.FormulaOp
	sub      []*formula
	n        int
	min, max int64
	offset   int64
	bytes    []byte
	heads    []uint32 // Header: bits that a content with parts needs
	atoms    []atom   // Present: of one of them all bits must be set
	dense    []atom   // those that differ in Dense sketches
}

// atom is the bits that an atom needs.
type atom struct {
	of    [kinds][]uint32 // in sketches of a kind
	short []uint32        // in those that tell of short sequences
	zero  bool            // there must be a zero byte
}

// says tells whether any content can be ruled out by the atom.
func (a *atom) says() bool { return len(a.of[Text])+len(a.short) > 0 || a.zero }

// Asked is what a rule asks for.
type Asked struct {
	Formula *gram.Formula
	// Words: it is a signature, of whose atoms only what has no white space and no
	// DEL is certain to be in a form (see engine.Forms).
	Words bool
}

// NewQuery makes a Query.
func NewQuery(of []Asked) *Query {
	q := &Query{}
	for _, a := range of {
		q.formulas = append(q.formulas, translate(a.Formula, a.Words))
	}
	return q
}

var (
	always = &formula{op: gram.Anything}
	never  = &formula{op: gram.Nothing}
)

func translate(f *gram.Formula, words bool) *formula {
	switch f.Op {
	case gram.Nothing:
		return never
	case gram.Present:
		return present(f, words)
	case gram.AllOf, gram.AnyOf, gram.AtLeast:
		out := &formula{op: f.Op, n: f.N}
		for _, s := range f.Sub {
			out.sub = append(out.sub, translate(s, words))
		}
		slices.SortStableFunc(out.sub, func(a, b *formula) int { return cmp.Compare(a.size(), b.size()) })
		return out
	case gram.Size:
		return &formula{op: gram.Size, min: f.Min, max: f.Max}
	case gram.FormSize:
		if f.Min != f.Max {
			return always
		}
		size := []uint32{formHash(f.Min)}
		return &formula{op: gram.Present, atoms: []atom{{of: [kinds][]uint32{size, size, size}}}, dense: []atom{{of: [kinds][]uint32{size, size, size}}}}
	case gram.Header:
		return &formula{op: gram.Header, offset: f.Offset, bytes: f.Bytes, heads: headsOf(f)}
	}
	return always
}

// size is how many atoms a formula has: what asking costs, at most.
func (f *formula) size() int {
	n := len(f.atoms)
	for _, s := range f.sub {
		n += s.size()
	}
	return n
}

// headsOf gives the bits of a beginning; none where sketches say nothing of it.
func headsOf(f *gram.Formula) (all []uint32) {
	if f.Offset == 0 {
		for _, n := range headLengths {
			if len(f.Bytes) >= n {
				hashes := headHashes(f.Bytes[:n])
				all = append(all, hashes[:]...)
			}
		}
	}
	return all
}

// present translates a set of atoms. One of which nothing is certain to be there
// may be anywhere, and so may what has no atoms.
func present(f *gram.Formula, words bool) *formula {
	if len(f.Set.Atoms) == 0 {
		return always
	}
	out := &formula{op: gram.Present}
	for _, a := range f.Set.Atoms {
		x := bitsOf(a.Bytes, words)
		for kind := Text; kind < kinds && !words; kind++ {
			x.of[kind] = append(atEdge(a, f.Within), x.of[kind]...)
		}
		if x.zero = a.Zero; !x.says() {
			return always
		}
		out.atoms = append(out.atoms, x)
	}
	// One text under each of many keys is one.
	seen := map[string]bool{}
	for _, a := range out.atoms {
		key := fmt.Sprint(a.of[Dense], a.zero)
		if !seen[key] {
			seen[key] = true
			out.dense = append(out.dense, a)
		}
	}
	return out
}

// in gives the atoms to ask sketches of a kind for.
func (f *formula) in(kind Kind) []atom {
	if kind == Dense {
		return f.dense
	}
	return f.atoms
}

// bitsOf gives the bits of an atom; of a signature only of what lies between white
// space.
func bitsOf(b []byte, signature bool) (x atom) {
	var words []uint32
	var v uint32
	run := 0 // bytes without white space
	for i, c := range b {
		c = gram.Fold(c)
		if run++; signature && (c == ' ' || c == 0x7f) {
			run = 0
		}
		v = v>>8 | uint32(c)<<24
		if run >= 2 {
			x.short = append(x.short, twoHash(uint16(v>>16)))
			if tag, is := tagOf(byte(v >> 16)); is {
				hashes := pairHashes(pairOf(tag, c))
				x.of[Text] = append(x.of[Text], hashes[:]...)
			}
		}
		if tag, is := tagOf(byte(v >> 8)); is && run >= 3 {
			hashes := tripleHashes(pairOf(tag, byte(v>>16)), c)
			for kind := range x.of {
				x.of[kind] = append(x.of[kind], hashes[:]...)
			}
		}
		if run >= wordLen {
			words = append(words, wordsAt(b, i)...)
		}
		if run >= 4 {
			four := fourHash(v)
			x.of[Text], x.of[Binary], x.of[Dense] = append(x.of[Text], four), append(x.of[Binary], four), append(x.of[Dense], denseHash(v))
		}
	}
	for kind := range x.of {
		x.of[kind] = spread(x.of[kind])
	}
	x.of[Dense], x.short = append(words, x.of[Dense]...), spread(x.short)
	return x
}

// wordsAt gives the bits of the sequence of bytes that ends at a place, if it may
// be text.
func wordsAt(b []byte, at int) []uint32 {
	var v uint64
	for i := range wordLen {
		c := gram.Fold(b[at-wordLen+1+i])
		if c >= 0x80 {
			return nil
		}
		v |= uint64(c) << (8 * i)
	}
	all := wordHashes(v)
	return all[:]
}

// spread puts those first that lie apart: grams that overlap tend to be there
// together, so that others rule more out.
func spread(of []uint32) []uint32 {
	out := make([]uint32, 0, len(of))
	for from := range min(4, len(of)) {
		for i := from; i < len(of); i += 4 {
			out = append(out, of[i])
		}
	}
	return out
}

// Possible tells whether a content may match one of the formulas.
func (q *Query) Possible(s Sketch) bool {
	mask := uint32(len(s.Bits)*8 - 1)
	for _, f := range q.formulas {
		if f.possible(s, mask) {
			return true
		}
	}
	return false
}

func (f *formula) possible(s Sketch, mask uint32) bool {
	switch f.op {
	case gram.Nothing:
		return false
	case gram.Present:
		return s.mayHold(f.in(s.Kind), s.Kind, mask) || s.Kind == Dense && s.Parts && s.mayHold(f.atoms, Binary, mask)
	case gram.AllOf:
		for _, sub := range f.sub {
			if !sub.possible(s, mask) {
				return false
			}
		}
		return true
	case gram.AnyOf, gram.AtLeast:
		need := max(f.n, 1)
		for _, sub := range f.sub {
			if sub.possible(s, mask) {
				if need--; need == 0 {
					return true
				}
			}
		}
		return false
	case gram.Size, gram.Header:
		if s.Parts {
			return holds(s.Bits, f.heads, mask)
		}
		return f.fits(s.Size, s.Head)
	}
	return true
}

// mayHold tells whether a content may hold one of some atoms in what was noted as
// that of a kind is.
func (s *Sketch) mayHold(atoms []atom, kind Kind, mask uint32) bool {
	for i := range atoms {
		a := &atoms[i]
		if (s.Zeros || !a.zero) && holds(s.Bits, a.of[kind], mask) && (!s.Short || holds(s.Bits, a.short, mask)) {
			return true
		}
	}
	return false
}

func holds(set []byte, grams []uint32, mask uint32) bool {
	for _, h := range grams {
		h &= mask
		if set[h>>3]>>(h&7)&1 == 0 {
			return false
		}
	}
	return true
}

// fits tells whether a content's size and beginning are what is asked for.
func (f *formula) fits(size int64, head []byte) bool {
	if f.op == gram.Size {
		return size >= f.min && size <= f.max
	}
	if f.offset < 0 || f.offset > size-int64(len(f.bytes)) {
		return false
	}
	if f.offset >= int64(len(head)) {
		return true
	}
	n := min(len(f.bytes), len(head)-int(f.offset))
	return bytes.Equal(head[f.offset:int(f.offset)+n], f.bytes[:n])
}

// eval gives those of some contents of a shard that may meet a formula, a bit
// each; nil for none.
func (s *Shard) eval(f *formula, of []uint64) []uint64 {
	switch f.op {
	case gram.Nothing:
		return nil
	case gram.Present:
		return s.present(f, of)
	case gram.AllOf:
		return s.all(f.sub, of)
	case gram.AnyOf:
		return s.any(f.sub, of)
	case gram.AtLeast:
		return s.atLeast(f.n, f.sub, of)
	case gram.Size, gram.Header:
		return s.look(f, of)
	}
	return of
}

// whole is all of a shard.
func (s *Shard) whole() []uint64 {
	out := make([]uint64, s.words)
	for i := range out {
		out[i] = ^uint64(0)
	}
	return out
}

func (s *Shard) present(f *formula, of []uint64) []uint64 {
	out := s.presentAs(s.kind, f.in(s.kind), of)
	if s.kind != Dense {
		return out
	}
	// What lies inside may have been noted otherwise.
	left := slices.Clone(of)
	for i, w := range out {
		left[i] &^= w
	}
	if !meet(left, s.parts) {
		return out
	}
	inside := s.presentAs(Binary, f.atoms, left)
	if out == nil {
		return inside
	}
	for i, w := range inside {
		out[i] |= w
	}
	return out
}

// presentAs gives those that may hold one of some atoms in what was noted as that
// of a kind is.
func (s *Shard) presentAs(kind Kind, atoms []atom, of []uint64) (out []uint64) {
	one, left := make([]uint64, s.words), of
	for _, a := range atoms {
		copy(one, left)
		if !s.holding(one, a, kind) {
			continue
		}
		if out == nil {
			out, left = make([]uint64, s.words), slices.Clone(of)
		}
		for i, w := range one {
			out[i] |= w
			left[i] &^= w
		}
	}
	return out
}

// holding leaves in set those that may hold an atom, and tells whether there are
// any.
func (s *Shard) holding(set []uint64, a atom, kind Kind) bool {
	if a.zero && !meet(set, s.zeros) {
		return false
	}
	for _, h := range a.of[kind] {
		if !s.and(set, h, nil) {
			return false
		}
	}
	if s.kind != Text {
		return true
	}
	for _, h := range a.short {
		if !s.and(set, h, s.long) {
			return false
		}
	}
	return true
}

// meet leaves in set what is in other, and tells whether there is any.
func meet(set, other []uint64) bool {
	var some uint64
	for i := range set {
		set[i] &= other[i]
		some |= set[i]
	}
	return some != 0
}

// all asks for the sizes and beginnings last: they take a look at each content.
func (s *Shard) all(sub []*formula, of []uint64) []uint64 {
	for _, looks := range [2]bool{false, true} {
		for _, f := range sub {
			if looks != (f.op == gram.Size || f.op == gram.Header) {
				continue
			}
			if of = s.eval(f, of); of == nil {
				return nil
			}
		}
	}
	return of
}

// look gives those of a size or with a beginning.
func (s *Shard) look(f *formula, of []uint64) (out []uint64) {
	for i, w := range of {
		for ; w != 0; w &= w - 1 {
			at := i*64 + bits.TrailingZeros64(w)
			if at >= s.count || !s.fits(f, at) {
				continue
			}
			if out == nil {
				out = make([]uint64, s.words)
			}
			out[i] |= 1 << (at % 64)
		}
	}
	return out
}

func (s *Shard) any(sub []*formula, of []uint64) (out []uint64) {
	left := of
	for _, f := range sub {
		some := s.eval(f, left)
		if some == nil {
			continue
		}
		if out == nil {
			out, left = make([]uint64, s.words), slices.Clone(of)
		}
		for i, w := range some {
			out[i] |= w
			left[i] &^= w
		}
	}
	return out
}

// atLeast counts in binary digits, for 64 contents at a time.
func (s *Shard) atLeast(n int, sub []*formula, of []uint64) []uint64 {
	digits := make([][]uint64, bits.Len(uint(len(sub))))
	for d := range digits {
		digits[d] = make([]uint64, s.words)
	}
	for _, f := range sub {
		for i, carry := range s.eval(f, of) {
			for d := 0; carry != 0 && d < len(digits); d++ {
				digits[d][i], carry = digits[d][i]^carry, digits[d][i]&carry
			}
		}
	}
	out := make([]uint64, s.words)
	for i := range out {
		// From the highest digit on: more than n, or equal so far.
		more, equal := uint64(0), of[i]
		for d := len(digits) - 1; d >= 0; d-- {
			if n>>d&1 == 0 {
				more |= equal & digits[d][i]
				equal &^= digits[d][i]
			} else {
				equal &= digits[d][i]
			}
		}
		out[i] = more | equal
	}
	return out
}
