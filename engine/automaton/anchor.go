package automaton

// StartsAt calls yield for the offsets at which matches start that read the
// first byte of a leaf (by its index in the leaves given to Compile) at offset
// at; ascending, until yield gives false. Limit bounds what is read on either
// side. In most cases at is nowhere near a match, and that shows after a few
// bytes.
//
// If the leaf occurs more than once in the expanded pattern, offsets may be
// among them at which a match starts that reads another byte of the pattern at
// offset at. Each is the start of a match in any case.
func (m *Matcher) StartsAt(data []byte, leaf, at int, yield func(start int) bool) {
	if leaf < 0 || leaf >= len(m.p.anchorOf) || at < 0 || at >= len(data) {
		return
	}
	a := m.p.anchorOf[leaf]
	copies := len(m.p.anchors[a])
	if copies == 0 {
		return
	}
	name := start{name: fromAnchor + int(a)}
	fore := run{data: data, at: at, end: m.ahead(at, len(data)), first: copies == 1}
	m.table(anchoredForward).follow(name, &fore)
	if fore.last < 0 {
		return
	}
	back := run{data: data, at: at, end: m.behind(at), below: at + 1, starts: m.offsets[0][:0]}
	m.table(anchoredBackward).follow(name, &back)
	starts := back.starts
	if copies > 1 && len(starts) > 0 {
		// One occurrence may have matched forwards and another backwards.
		lo, hi := starts[len(starts)-1], starts[0]+1
		m.offsets[1] = m.startsBefore(m.offsets[1][:0], data, fore.last, lo, hi)
		starts = intersect(starts, m.offsets[1])
	}
	m.yield(starts, yield)
}

// behind is how far backwards may be read from offset at.
func (m *Matcher) behind(at int) int {
	if m.Limit > 0 {
		return max(0, at-m.Limit)
	}
	return 0
}

// intersect keeps those of a that are in b; both are descending.
func intersect(a, b []int) []int {
	kept := a[:0]
	for _, x := range a {
		for len(b) > 0 && b[0] > x {
			b = b[1:]
		}
		if len(b) > 0 && b[0] == x {
			kept = append(kept, x)
		}
	}
	return kept
}
