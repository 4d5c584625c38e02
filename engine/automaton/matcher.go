package automaton

import (
	"slices"

	"candor/engine/pattern"
)

// Defaults of a Matcher.
const (
	DefaultLimit  = 4096    // YR_RE_SCAN_LIMIT of libyara
	DefaultMemory = 2 << 20 // bytes
)

// Matcher finds the matches of one Program. It is for one goroutine. The
// functions that its methods call may use it.
type Matcher struct {
	// Limit is how many bytes Match reads behind its offset, and StartsAt on
	// each side of it; 0 is no limit. Matches that need more are not found.
	Limit int
	// Memory bounds the table, in bytes; 0 is DefaultMemory. What is beside
	// the table is bounded by the size of the Program.
	Memory int
	// Empty makes Starts and Has count matches without any byte. It must be
	// set before the first use of the Matcher.
	Empty bool

	p      *Program
	tables [modes]*table

	marks []uint32 // by node: the generation that saw it
	gen   uint32
	work  int64 // nodes and bytes looked at outside of known rows

	// Scratch, so that steps do not allocate.
	stack, decided, seeded, before, after, key []int32
	spare                                      [][]int32
	offsets                                    [2][]int

	used    int   // bytes of all tables
	flushes int   // how often they were emptied
	built   int64 // rows since
	read    int64 // bytes since
	slow    int64 // bytes still to be read without tables
	rowPays int64 // bytes that must be read for each row built, or tables are a waste
}

// mode tells which table a pass uses.
type mode int

const (
	anchoredForward mode = iota
	anywhereForward
	anchoredBackward
	anywhereBackward
	preferring // forwards, anchored, in order of preference
	modes
)

// NewMatcher gives a Matcher with the default limits. It is cheap: what a
// Matcher remembers is allocated as it is used.
func (p *Program) NewMatcher() *Matcher {
	return &Matcher{Limit: DefaultLimit, p: p, rowPays: 10}
}

func (m *Matcher) table(k mode) *table {
	if m.tables[k] == nil {
		if m.marks == nil {
			m.marks = make([]uint32, len(m.p.kind))
		}
		backward := k == anchoredBackward || k == anywhereBackward
		inject := k == anywhereForward || k == anywhereBackward
		m.tables[k] = newTable(newWalk(m, backward, inject, k == preferring))
	}
	return m.tables[k]
}

// mark forgets which nodes were seen.
func (m *Matcher) mark() {
	m.gen++
	if m.gen == 0 {
		clear(m.marks)
		m.gen = 1
	}
}

// fresh tells whether node n is seen for the first time since mark.
func (m *Matcher) fresh(n int32) bool {
	if m.marks[n] == m.gen {
		return false
	}
	m.marks[n] = m.gen
	return true
}

func (m *Matcher) take() []int32 {
	if n := len(m.spare); n > 0 {
		s := m.spare[n-1]
		m.spare = m.spare[:n-1]
		return s[:0]
	}
	return nil
}

func (m *Matcher) give(s []int32) { m.spare = append(m.spare, s) }

func (m *Matcher) budget() int {
	if m.Memory > 0 {
		return m.Memory
	}
	return DefaultMemory
}

// flush empties the tables, and does without them for a while if they were not
// worth it.
func (m *Matcher) flush() {
	if m.read < m.rowPays*m.built {
		m.slow = slowStretch
	}
	for _, t := range m.tables {
		if t != nil {
			t.empty()
		}
	}
	m.used, m.built, m.read = 0, 0, 0
	m.flushes++
}

// clamp restricts a range of offsets at which matches may start.
func (m *Matcher) clamp(data []byte, lo, hi int) (int, int) {
	most := len(data)
	if m.Empty {
		most++
	}
	return max(lo, 0), min(hi, most)
}

// Has tells whether a match starts in data at an offset from lo to hi, hi
// excluded. Matches may extend beyond hi. It is one pass over the data, which
// stops at the first match that is complete.
func (m *Matcher) Has(data []byte, lo, hi int) bool {
	lo, hi = m.clamp(data, lo, hi)
	return lo < hi && m.furthest(data, lo, hi, true) >= 0
}

// furthest gives the last offset at which a match that starts from lo to hi,
// hi excluded, is over, or -1. With first any will do.
func (m *Matcher) furthest(data []byte, lo, hi int, first bool) int {
	r := run{data: data, at: lo, end: min(hi, len(data)), first: first, open: hi <= len(data)}
	list := m.table(anywhereForward).follow(start{name: fromEmpty}, &r)
	if last := r.last; hi > len(data) || first && last >= 0 || len(list) == 0 {
		return last
	}
	last := r.last
	r = run{data: data, at: r.end, end: len(data), first: first}
	m.table(anchoredForward).follow(start{fromList, list}, &r)
	return max(last, r.last)
}

// shortWindow is a range so small that looking whether there is any match in
// it costs as much as finding them.
const shortWindow = 64

// Starts calls yield for every offset from lo to hi, hi excluded, at which a
// match starts, ascending, until yield gives false. Matches may extend beyond
// hi. It reads the data at most twice.
func (m *Matcher) Starts(data []byte, lo, hi int, yield func(start int) bool) {
	lo, hi = m.clamp(data, lo, hi)
	if lo >= hi {
		return
	}
	end := len(data)
	if most := m.p.maxLen; most != pattern.Unbounded {
		end = min(end, hi-1+most)
		if hi-lo > shortWindow && m.furthest(data, lo, hi, true) < 0 {
			return
		}
	} else if end = m.furthest(data, lo, hi, false); end < 0 {
		return
	}
	m.yield(m.startsBefore(m.offsets[0][:0], data, end, lo, hi), yield)
}

// startsBefore appends the offsets from lo to hi, hi excluded, at which
// matches start that are over at end or before; descending.
func (m *Matcher) startsBefore(dst []int, data []byte, end, lo, hi int) []int {
	r := run{data: data, at: end, end: lo, below: hi, starts: dst}
	m.table(anywhereBackward).follow(start{name: fromEmpty}, &r)
	return r.starts
}

// keepOffsets is the largest buffer of offsets that a Matcher keeps.
const keepOffsets = 1 << 16

// yield hands out offsets that are in descending order. The buffer is not the
// Matcher's meanwhile, so that yield may use the Matcher.
func (m *Matcher) yield(offsets []int, yield func(int) bool) {
	m.offsets[0] = nil
	for _, at := range slices.Backward(offsets) {
		if !yield(at) {
			break
		}
	}
	if cap(offsets) <= keepOffsets {
		m.offsets[0] = offsets
	}
}

// Match gives the length of the match that starts at offset at, and false if
// there is none: the one that a backtracking matcher would find first, trying
// the parts of an alternation in order and quantifiers in the order that they
// prefer. That is the longest if all quantifiers are greedy and the shortest
// if all are lazy, unless alternatives compete; it is what libyara does. The
// length may be 0, which YARA does not take for a match.
func (m *Matcher) Match(data []byte, at int) (length int, ok bool) {
	if at < 0 || at > len(data) {
		return 0, false
	}
	r := run{data: data, at: at, end: m.ahead(at, len(data))}
	m.table(preferring).follow(start{name: fromOrigin}, &r)
	if r.last < 0 {
		return 0, false
	}
	return r.last - at, true
}

// ahead is how far forwards may be read from offset at.
func (m *Matcher) ahead(at, end int) int {
	if m.Limit > 0 && m.Limit < end-at {
		return at + m.Limit
	}
	return end
}
