package automaton

import "slices"

// A cell of the table is the row behind a symbol, with flags. All flags are
// above all rows, so that one comparison finds every rare case.
const (
	accepting = uint32(1) << 31 // a match is complete before the symbol
	dead      = uint32(1) << 30 // no match can come any more
	unknown   = uint32(1) << 29 // not worked out yet: the whole cell
	special   = unknown
	rowMask   = unknown - 1
)

// table is a walk whose lists are remembered as the rows of a deterministic
// automaton.
type table struct {
	walk
	cells  []uint32
	lists  []int32  // of all rows, one after another
	ends   []int32  // by row number: end of its list
	hashed []uint32 // open addressing: row number + 1
	starts []uint32 // by start: row + 1
}

// start names where a run begins: in the middle of a list, or at one of the
// lists that are remembered by name.
type start struct {
	name int
	list []int32
}

const (
	fromList   = -1
	fromEmpty  = 0 // nothing yet: for walks that inject
	fromOrigin = 1
	fromAnchor = 2 // plus the number of the anchor
)

// list gives the list of a row.
func (t *table) list(row uint32) []int32 {
	i := row / t.p.stride
	if i == 0 {
		return t.lists[:t.ends[0]]
	}
	return t.lists[t.ends[i-1]:t.ends[i]]
}

// begin appends the list at which a run begins.
func (t *table) begin(dst []int32, s start) []int32 {
	if s.name == fromList {
		return append(dst, s.list...)
	}
	t.m.mark()
	switch s.name {
	case fromEmpty:
		return dst
	case fromOrigin:
		return t.successors(dst, t.from, 0, false)
	}
	for _, n := range t.p.anchors[s.name-fromAnchor] {
		if t.backward { // what comes before the anchor
			dst = t.successors(dst, n, 0, false)
		} else {
			dst = append(dst, n)
		}
	}
	return dst
}

// enter gives the row at which a run begins.
func (t *table) enter(s start) uint32 {
	if s.name >= 0 && s.name < len(t.starts) && t.starts[s.name] != 0 {
		return t.starts[s.name] - 1
	}
	list := t.begin(t.m.after[:0], s)
	t.m.after = list
	row := t.intern(list)
	if s.name >= 0 {
		for len(t.starts) <= s.name {
			t.starts = append(t.starts, 0)
		}
		t.starts[s.name] = row + 1
	}
	return row
}

// extend works out the cell of a row for a class in a context. The list behind
// it is left in Matcher.after. It may empty the table, and row with it.
func (t *table) extend(row, context uint32, class int) uint32 {
	at := row + context*t.p.width + uint32(class)
	list, accept := t.step(t.m.after[:0], t.list(row), context, class)
	t.m.after = list
	var cell uint32
	flushes := t.m.flushes
	switch {
	case class == t.p.classes:
		cell = dead
	case len(list) == 0 && !t.inject:
		cell = dead
	default:
		cell = t.intern(list)
	}
	if accept {
		cell |= accepting
	}
	if flushes == t.m.flushes {
		t.cells[at] = cell
	}
	return cell
}

// intern gives the row of a list, which it may sort.
func (t *table) intern(list []int32) uint32 {
	if !t.ordered {
		slices.Sort(list)
	}
	if len(t.hashed) < 2*(len(t.ends)+1) {
		t.rehash()
	}
	slot := t.slot(list)
	if t.hashed[slot] != 0 {
		return (t.hashed[slot] - 1) * t.p.stride
	}
	cost := 4 * (int(t.p.stride) + len(list) + 4)
	if t.m.used+cost > t.m.budget() {
		t.m.flush()
		t.rehash()
		slot = t.slot(list)
	}
	t.m.used += cost
	t.m.built++
	row := len(t.cells)
	t.cells = slices.Grow(t.cells, int(t.p.stride))[:row+int(t.p.stride)]
	for i := row; i < len(t.cells); i++ {
		t.cells[i] = unknown
	}
	t.lists = append(t.lists, list...)
	t.ends = append(t.ends, int32(len(t.lists)))
	t.hashed[slot] = uint32(len(t.ends))
	return uint32(row)
}

// slot finds the place of a list in hashed: its own, or a free one.
func (t *table) slot(list []int32) int {
	h := uint64(len(list))
	for _, n := range list {
		h = (h ^ uint64(n)) * 0x9E3779B97F4A7C15
		h ^= h >> 29
	}
	for i := int(h>>1) & (len(t.hashed) - 1); ; i = (i + 1) & (len(t.hashed) - 1) {
		k := t.hashed[i]
		if k == 0 || slices.Equal(t.list((k-1)*t.p.stride), list) {
			return i
		}
	}
}

func (t *table) rehash() {
	size := 16
	for size < 4*(len(t.ends)+1) {
		size *= 2
	}
	t.hashed = make([]uint32, size)
	for i := range t.ends {
		t.hashed[t.slot(t.list(uint32(i)*t.p.stride))] = uint32(i) + 1
	}
}

// empty forgets all rows.
func (t *table) empty() {
	t.cells, t.lists, t.ends = t.cells[:0], t.lists[:0], t.ends[:0]
	clear(t.hashed)
	clear(t.starts)
}
