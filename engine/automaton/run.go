package automaton

// run is one pass of a table over data: from offset at to offset end, which is
// above it forwards and below it backwards.
type run struct {
	data   []byte
	at     int
	end    int
	first  bool  // forwards: stop at the first offset at which a match is complete
	open   bool  // do not look whether a match is complete at end itself
	below  int   // backwards: note only offsets below
	last   int   // forwards: last offset at which a match was complete, or -1
	starts []int // backwards: offsets at which matches start, descending
}

// accept notes that a match is complete at offset at and tells whether that is
// all there is to know.
func (r *run) accept(backward bool) bool {
	if !backward {
		r.last = r.at
		return r.first
	}
	if r.at < r.below {
		r.starts = append(r.starts, r.at)
	}
	return false
}

// follow does r. It gives the list at the end, nil if there can be no more
// matches; it is valid until the Matcher is used again.
func (t *table) follow(s start, r *run) []int32 {
	r.last = -1
	for {
		var list []int32
		done := false
		if t.m.slow > 0 {
			list, done = t.followLists(s, r)
		} else {
			list, done = t.followRows(s, r)
		}
		if done {
			return list
		}
		s = start{fromList, list}
	}
}

// followRows is follow until the table turns out not to pay.
func (t *table) followRows(s start, r *run) (list []int32, done bool) {
	m, backward, began := t.m, t.backward, r.at
	row := t.enter(s)
	for {
		var cell uint32
		row, cell = t.glide(row, r)
		if r.at == r.end {
			break
		}
		if cell == unknown {
			m.read += int64(max(r.at-began, began-r.at))
			began = r.at
			cell = t.extend(row, t.context(r.data, r.at), t.symbol(r))
		}
		if cell&accepting != 0 && r.accept(backward) || cell&dead != 0 {
			return nil, true
		}
		row = cell & rowMask
		t.advance(r)
		if m.slow > 0 {
			return m.after, false
		}
	}
	m.read += int64(max(r.at-began, began-r.at))
	if !r.open && t.final(row, r) {
		r.accept(backward)
	}
	m.before = unpack(m.before[:0], t.packed(row))
	return m.before, true
}

// symbol is the class of the byte that is next.
func (t *table) symbol(r *run) int {
	if t.backward {
		return int(t.p.class[r.data[r.at-1]])
	}
	return int(t.p.class[r.data[r.at]])
}

func (t *table) advance(r *run) {
	if t.backward {
		r.at--
	} else {
		r.at++
	}
}

// final tells whether a match is complete where the run is.
func (t *table) final(row uint32, r *run) bool {
	context := t.context(r.data, r.at)
	cell := t.cells[row+context*t.p.width+uint32(t.p.classes)]
	if cell == unknown {
		cell = t.extend(row, context, t.p.classes)
	}
	return cell&accepting != 0
}

// context gives the context of offset i.
func (t *table) context(data []byte, i int) uint32 {
	if len(t.p.ctx.kinds) == 0 {
		return 0
	}
	return t.p.ctx.at(data, i)
}

// slowStretch is how many bytes are read without a table once it does not pay.
const slowStretch = 1 << 16

// followLists is follow without the table, for a stretch.
func (t *table) followLists(s start, r *run) (list []int32, done bool) {
	m := t.m
	list = t.begin(m.take(), s)
	next, accept := m.take(), false
	defer func() { m.give(next); m.give(list) }()
	for ; r.at != r.end; t.advance(r) {
		if m.slow <= 0 {
			return list, false
		}
		m.slow--
		next, accept = t.step(next[:0], list, t.context(r.data, r.at), t.symbol(r))
		list, next = next, list
		if accept && r.accept(t.backward) || len(list) == 0 && !t.inject {
			return nil, true
		}
	}
	if r.open {
		return list, true
	}
	if next, accept = t.step(next[:0], list, t.context(r.data, r.at), t.p.classes); accept {
		r.accept(t.backward)
	}
	return list, true
}
