package match

import (
	"bytes"
	"encoding/binary"
	"slices"

	"candor/engine/automaton"
	"candor/engine/internal/ir"
	"candor/engine/internal/plan"
	"candor/engine/internal/vector"
)

// MaxMatches bounds the occurrences of one pattern that are kept, as YARA does.
const MaxMatches = 1000000

// occurrences are those of one pattern in the content.
type occurrences struct {
	starts []int
	lens   []int32 // -1: not computed yet
}

// found tells whether pattern i of the rule occurs.
func (f *frame) found(i uint32) bool {
	s, p := f.s, f.u.numbers[i]
	if s.occMark[p] == s.epoch {
		return len(s.occs[s.occAt[p]].starts) > 0
	}
	if f.u.unprintable[i] && s.printable() {
		return false
	}
	if !s.tracked(p) {
		return f.search(i, 0, len(s.data), nil)
	}
	if s.hitMark[p] != s.epoch {
		return false
	}
	return f.verify(i, nil)
}

// printable tells whether all of the content is plain text, without DEL. Of what
// is looked at without a plan it does not say so.
func (s *Scanner) printable() bool {
	if s.plan == nil {
		return false
	}
	if s.printed != s.epoch {
		s.printed = s.epoch
		s.isPrintable = s.plain+vector.Plain(s.data[s.plain:]) == len(s.data) && bytes.IndexByte(s.data, 0x7F) < 0
	}
	return s.isPrintable
}

// impossible tells, at no cost, that pattern i does not occur.
func (f *frame) impossible(i uint32) bool {
	s, p := f.s, f.u.numbers[i]
	if s.occMark[p] == s.epoch {
		return len(s.occs[s.occAt[p]].starts) == 0
	}
	return s.tracked(p) && s.hitMark[p] != s.epoch
}

// all gives the occurrences of pattern i, by ascending offset.
func (f *frame) all(i uint32) *occurrences {
	s, p := f.s, f.u.numbers[i]
	if s.occMark[p] == s.epoch {
		return &s.occs[s.occAt[p]]
	}
	if s.occUsed == len(s.occs) {
		s.occs = append(s.occs, occurrences{})
	}
	at := s.occUsed
	s.occUsed++
	o := &s.occs[at]
	o.starts, o.lens = o.starts[:0], o.lens[:0]
	switch {
	case f.u.unprintable[i] && s.printable():
	case !s.tracked(p):
		f.search(i, 0, len(s.data), o)
	case s.hitMark[p] == s.epoch:
		f.verify(i, o)
	}
	o.settle()
	s.occMark[p], s.occAt[p] = s.epoch, int32(at)
	return &s.occs[at]
}

func (o *occurrences) add(start int, length int32) bool {
	o.starts = append(o.starts, start)
	o.lens = append(o.lens, length)
	return len(o.starts) < 2*MaxMatches
}

// settle sorts the occurrences and keeps one for each offset.
func (o *occurrences) settle() {
	if !strictlyAscending(o.starts) {
		order := make([]int, len(o.starts))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int { return o.starts[a] - o.starts[b] })
		starts, lens := make([]int, 0, len(order)), make([]int32, 0, len(order))
		for _, i := range order {
			if n := len(starts); n > 0 && starts[n-1] == o.starts[i] {
				continue
			}
			starts, lens = append(starts, o.starts[i]), append(lens, o.lens[i])
		}
		o.starts, o.lens = starts, lens
	}
	if len(o.starts) > MaxMatches {
		o.starts, o.lens = o.starts[:MaxMatches], o.lens[:MaxMatches]
	}
}

func strictlyAscending(a []int) bool {
	for i := 1; i < len(a); i++ {
		if a[i] <= a[i-1] {
			return false
		}
	}
	return true
}

// verify looks at the hits of pattern i. With o it collects every occurrence
// there, without it stops at the first.
func (f *frame) verify(i uint32, o *occurrences) bool {
	s := f.s
	if f.crowded(i) {
		return f.search(i, 0, len(s.data), o)
	}
	some := false
	for h := s.hitHead[f.u.numbers[i]]; h >= 0; h = s.hits[h].next {
		use, hits := s.hits[h].use, &s.finders[s.hits[h].finder]
		if use.Variant() >= len(f.u.rule.Patterns[i].Variants) {
			continue
		}
		for k := hits.Head(s.hits[h].atom); k >= 0; k = hits.Hits[k].Next {
			if f.verifyAt(i, use, hits.Hits[k].Pos, o) {
				if some = true; o == nil {
					return true
				}
			}
		}
	}
	return some
}

// crowded tells whether the hits of a pattern with a tree are so many that a
// pass over the whole content is cheaper than to look at each. For all its
// occurrences that is so sooner: those found from one hit may be found from
// the next again.
func (f *frame) crowded(i uint32) bool {
	s := f.s
	left := 16 + len(s.data)/64
	for h := s.hitHead[f.u.numbers[i]]; h >= 0; h = s.hits[h].next {
		variants := f.u.rule.Patterns[i].Variants
		if v := s.hits[h].use.Variant(); v < len(variants) && variants[v].Tree != nil {
			if left -= s.finders[s.hits[h].finder].Count(s.hits[h].atom); left < 0 {
				return true
			}
		}
	}
	return false
}

// verifyAt looks at one hit.
func (f *frame) verifyAt(i uint32, use plan.Use, pos int, o *occurrences) bool {
	v := &f.u.rule.Patterns[i].Variants[use.Variant()]
	if v.Tree == nil {
		start := pos - use.Off()
		if !f.literalAt(v, start) {
			return false
		}
		if o != nil {
			o.add(start, int32(len(v.Lit)))
		}
		return true
	}
	return f.startsAt(i, use.Variant(), use.Leaf(), pos-use.Off(), o)
}

// startsAt looks for matches of a tree that read the begin of a leaf at an offset.
func (f *frame) startsAt(i uint32, variant, leaf, at int, o *occurrences) bool {
	prog := f.u.program(i, variant)
	if prog == nil {
		return false
	}
	v := &f.u.rule.Patterns[i].Variants[variant]
	some := false
	f.s.matcher(prog).StartsAt(f.s.data, leaf, at, func(start int) bool {
		if bounded(v) && f.boundedLength(v, prog, start) < 0 {
			return true
		}
		some = true
		return o != nil && o.add(start, -1)
	})
	return some
}

// occursAt tells whether pattern i occurs at an offset.
func (f *frame) occursAt(i uint32, at int64) bool {
	if at < 0 || at > int64(len(f.s.data)) {
		return false
	}
	p := &f.u.rule.Patterns[i]
	for k := range p.Variants {
		v := &p.Variants[k]
		if v.Tree == nil {
			if f.literalAt(v, int(at)) {
				return true
			}
			continue
		}
		if f.treeLength(i, k, int(at)) > 0 {
			return true
		}
	}
	return false
}

// length gives the length of the occurrence of pattern i at start.
func (f *frame) length(i uint32, start int) int {
	p := &f.u.rule.Patterns[i]
	for k := range p.Variants {
		v := &p.Variants[k]
		if v.Tree == nil {
			if f.literalAt(v, start) {
				return len(v.Lit)
			}
			continue
		}
		if n := f.treeLength(i, k, start); n > 0 {
			return n
		}
	}
	return 0
}

// treeLength gives the length of the match of a tree at an offset, 0 for none.
func (f *frame) treeLength(i uint32, variant, at int) int {
	prog := f.u.program(i, variant)
	if prog == nil {
		return 0
	}
	v := &f.u.rule.Patterns[i].Variants[variant]
	if bounded(v) {
		return max(f.boundedLength(v, prog, at), 0)
	}
	n, ok := f.match(prog, at)
	if !ok {
		return 0
	}
	return n
}

// search looks for pattern i at offsets from lo to hi, hi excluded. With o it
// collects all occurrences, without it stops at the first.
func (f *frame) search(i uint32, lo, hi int, o *occurrences) bool {
	some := false
	p := &f.u.rule.Patterns[i]
	for k := range p.Variants {
		v := &p.Variants[k]
		if v.Tree != nil {
			some = f.searchTree(i, k, lo, hi, o) || some
		} else {
			some = f.searchLiteral(v, lo, hi, o) || some
		}
		if some && o == nil {
			return true
		}
	}
	return some
}

func (f *frame) searchTree(i uint32, variant, lo, hi int, o *occurrences) bool {
	prog := f.u.program(i, variant)
	if prog == nil {
		return false
	}
	if fixed := f.u.fixed(i, variant); fixed != nil && lo == 0 && hi == len(f.s.data) {
		if some, done := f.searchFixed(i, variant, fixed, o); done {
			return some
		}
	}
	v := &f.u.rule.Patterns[i].Variants[variant]
	m := f.s.matcher(prog)
	long := prog.MaxLen() < 0 || prog.MaxLen() > automaton.DefaultLimit
	if o == nil && !bounded(v) && !long {
		return m.Has(f.s.data, lo, hi)
	}
	some := false
	m.Starts(f.s.data, lo, hi, func(start int) bool {
		// Starts tells of matches of any length; YARA gives up after some.
		if bounded(v) && f.boundedLength(v, prog, start) < 0 || long && f.treeLength(i, variant, start) <= 0 {
			return true
		}
		some = true
		return o != nil && o.add(start, -1)
	})
	return some
}

// searchFixed looks for a tree where a literal stands that all its matches
// hold. It gives up, before it has found anything, if that is too often.
func (f *frame) searchFixed(i uint32, variant int, fixed *lazyProgram, o *occurrences) (some, done bool) {
	places := f.s.places[:0]
	limit := 16 + len(f.s.data)/256
	fixed.each(f.s.data, func(at int) bool {
		places = append(places, at)
		return len(places) <= limit
	})
	f.s.places = places
	if len(places) > limit {
		return false, false
	}
	for _, at := range places {
		if f.startsAt(i, variant, fixed.leaf, at, o) {
			if some = true; o == nil {
				break
			}
		}
	}
	return some, true
}

// searchLiteral calls literalAt wherever a cheap search finds the rarest part of v.
func (f *frame) searchLiteral(v *ir.Variant, lo, hi int, o *occurrences) bool {
	some := false
	yield := func(start int) bool {
		if !f.literalAt(v, start) {
			return true
		}
		some = true
		return o != nil && o.add(start, int32(len(v.Lit)))
	}
	end := min(hi+len(v.Lit)-1, len(f.s.data))
	if lo < 0 || lo >= end {
		return false
	}
	data := f.s.data[:end]
	switch {
	case v.Xor && v.XorMin != v.XorMax:
		eachXored(data, v.Lit, lo, yield)
	case v.Xor:
		lit := make([]byte, len(v.Lit))
		for i, c := range v.Lit {
			lit[i] = c ^ v.XorMin
		}
		eachExact(data, lit, lo, yield)
	case v.Nocase:
		eachFolded(data, v.Lit, lo, yield)
	default:
		eachExact(data, v.Lit, lo, yield)
	}
	return some
}

func eachExact(data, lit []byte, from int, yield func(int) bool) {
	for len(lit) > 0 {
		i := bytes.Index(data[from:], lit)
		if i < 0 || !yield(from+i) {
			return
		}
		from += i + 1
	}
}

// eachFolded finds the folded literal by its first four bytes.
func eachFolded(data, lit []byte, from int, yield func(int) bool) {
	if len(lit) < 4 {
		for i := from; i+len(lit) <= len(data); i++ {
			if !yield(i) {
				return
			}
		}
		return
	}
	want, i := binary.LittleEndian.Uint32(lit)|0x20202020, from
	for ; i+8 <= len(data); i += 5 { // as many offsets as four bytes have in eight
		v := binary.LittleEndian.Uint64(data[i:]) | 0x2020202020202020
		if uint32(v) != want && uint32(v>>8) != want && uint32(v>>16) != want && uint32(v>>24) != want && uint32(v>>32) != want {
			continue
		}
		for k := range 5 {
			if uint32(v>>(8*k)) == want && i+k+len(lit) <= len(data) && !yield(i+k) {
				return
			}
		}
	}
	for ; i+len(lit) <= len(data); i++ {
		if binary.LittleEndian.Uint32(data[i:])|0x20202020 == want && !yield(i) {
			return
		}
	}
}

// eachXored finds a literal under any key: the XOR of neighbouring bytes does
// not depend on the key.
func eachXored(data, lit []byte, from int, yield func(int) bool) {
	if len(lit) < 4 {
		for i := from; i+len(lit) <= len(data); i++ {
			if !yield(i) {
				return
			}
		}
		return
	}
	w := binary.LittleEndian.Uint32(lit)
	want := (w ^ w>>8) & 0xFFFFFF
	for i := from; i+len(lit) <= len(data); i++ {
		v := binary.LittleEndian.Uint32(data[i:])
		if (v^v>>8)&0xFFFFFF == want && !yield(i) {
			return
		}
	}
}
