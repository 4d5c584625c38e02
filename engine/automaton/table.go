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
	home   uint32      // the row of nothing yet, if it is there
	leave  *[256]uint8 // bytes behind which the row of nothing yet may be another: 1
	cells  []uint32
	lists  []int32  // of all rows, one after another, packed
	ends   []int32  // by row number: end of its list
	hashed []uint32 // open addressing: row number + 1
	starts []uint32 // by start: row + 1
}

// commonFirst is how many byte values may begin a match for looking for them
// to be faster than following the table.
const commonFirst = 100

func newTable(w walk) *table {
	t := &table{walk: w, home: unknown}
	if first := w.first(); w.inject && first.Len() <= commonFirst {
		t.leave = new([256]uint8)
		for b := range t.leave {
			if first.Has(byte(b)) {
				t.leave[b] = 1
			}
		}
	}
	return t
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

// packed gives the list of a row as it is stored.
func (t *table) packed(row uint32) []int32 {
	i := row / t.p.stride
	if i == 0 {
		return t.lists[:t.ends[0]]
	}
	return t.lists[t.ends[i-1]:t.ends[i]]
}

// pack appends a list to dst with runs of consecutive nodes, which is what the
// copies of a repeated byte are, as the complement of the first and the last.
func pack(dst, list []int32) []int32 {
	for i := 0; i < len(list); {
		j := i + 1
		for j < len(list) && list[j] == list[j-1]+1 {
			j++
		}
		if j-i > 2 {
			dst = append(dst, ^list[i], list[j-1])
		} else {
			dst = append(dst, list[i:j]...)
		}
		i = j
	}
	return dst
}

// unpack appends the nodes of a packed list to dst.
func unpack(dst, packed []int32) []int32 {
	for i := 0; i < len(packed); i++ {
		if packed[i] >= 0 {
			dst = append(dst, packed[i])
			continue
		}
		for n := ^packed[i]; n <= packed[i+1]; n++ {
			dst = append(dst, n)
		}
		i++
	}
	return dst
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
		return t.successors(dst, t.from)
	}
	for _, n := range t.p.anchors[s.name-fromAnchor] {
		if t.backward { // what comes before the anchor
			dst = t.successors(dst, n)
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
	t.m.before = unpack(t.m.before[:0], t.packed(row))
	list, accept := t.step(t.m.after[:0], t.m.before, context, class)
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
	t.m.key = pack(t.m.key[:0], list)
	list = t.m.key
	if len(t.hashed) < 2*(len(t.ends)+1) {
		t.rehash()
	}
	slot := t.slot(list)
	if t.hashed[slot] != 0 {
		return (t.hashed[slot] - 1) * t.p.stride
	}
	cost := 4 * (int(t.p.stride) + len(list) + 8)
	if t.m.used+cost > t.m.budget() {
		t.m.flush()
		t.rehash()
		slot = t.slot(list)
	}
	t.m.used += cost
	t.m.built++
	row := len(t.cells)
	if len(list) == 0 {
		t.home = uint32(row)
	}
	t.cells = slices.Grow(t.cells, int(t.p.stride))[:row+int(t.p.stride)]
	for i := row; i < len(t.cells); i++ {
		t.cells[i] = unknown
	}
	t.lists = append(t.lists, list...)
	t.ends = append(t.ends, int32(len(t.lists)))
	t.hashed[slot] = uint32(len(t.ends))
	return uint32(row)
}

// slot finds the place of a packed list in hashed: its own, or a free one.
func (t *table) slot(list []int32) int {
	h := uint64(len(list))
	for _, n := range list {
		h = (h ^ uint64(n)) * 0x9E3779B97F4A7C15
		h ^= h >> 29
	}
	for i := int(h>>1) & (len(t.hashed) - 1); ; i = (i + 1) & (len(t.hashed) - 1) {
		k := t.hashed[i]
		if k == 0 || slices.Equal(t.packed((k-1)*t.p.stride), list) {
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
		t.hashed[t.slot(t.packed(uint32(i)*t.p.stride))] = uint32(i) + 1
	}
}

// empty forgets all rows. It lets go of the memory too: another table may be
// the one that needs it next.
func (t *table) empty() {
	t.cells, t.lists, t.ends, t.hashed = nil, nil, nil, nil
	clear(t.starts)
	t.home = unknown
}
