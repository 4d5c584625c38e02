package gram

// run is what a table has to do with long runs of one byte, of zeros or spaces
// mostly. Content is full of them, and an atom that begins or ends with a run
// would be compared at each of its grams; but it can stand only at the ends.
type run struct {
	before, behind [256]bool // the bytes that may stand there
	ends           []runEntry
	others         []entry // of which there is no more to say
}

// runEntry is an entry whose window lies in a run of the atom.
type runEntry struct {
	entry
	from, to int // the run
}

// noteRun keeps an entry, if all that its window knows is one byte.
func (s *sampled) noteRun(e entry, w *window, atom []byte) {
	delta := e.delta()
	c := atom[max(delta, 0)]
	if !w.fits(ofOne(c) & w.mask) {
		return
	}
	if s.runs == nil {
		s.runs = map[byte]*run{}
	}
	r := s.runs[c]
	if r == nil {
		r = &run{}
		s.runs[c] = r
	}
	x := runEntry{e, max(delta, 0), max(delta, 0)}
	for x.from > 0 && atom[x.from-1] == c {
		x.from--
	}
	for x.to < len(atom) && atom[x.to] == c {
		x.to++
	}
	switch {
	case x.from > 0:
		r.before[atom[x.from-1]] = true
	case x.to < len(atom):
		r.behind[atom[x.to]] = true
	default:
		r.others = append(r.others, e)
		return
	}
	r.ends = append(r.ends, x)
}

// ofOne is eight times a byte.
func ofOne(c byte) uint64 { return uint64(c) * 0x0101010101010101 }

// lookAlong does what look would do for each offset in steps of the stride at
// which c stands eight times, the first of which is given. It gives the offset
// behind those.
func (f *Finder) lookAlong(c byte, at int) int {
	begin, end := at, at+8
	for begin > 0 && f.data[begin-1]|0x20 == c {
		begin--
	}
	for end+8 <= len(f.data) && load64(f.data[end:])|fold64 == ofOne(c) {
		end += 8
	}
	for end < len(f.data) && f.data[end]|0x20 == c {
		end++
	}
	last := at + (end-8-at)/stride*stride
	r := f.table.sampled.runs[c]
	if r == nil {
		return last + stride
	}
	for _, e := range r.others {
		for i := at; i <= last && !f.Saturated(e.atom()); i += stride {
			f.compare(e.atom(), i-e.delta())
		}
	}
	if begin > 0 && r.before[f.data[begin-1]|0x20] || end < len(f.data) && r.behind[f.data[end]|0x20] {
		for _, e := range r.ends {
			start := begin - e.from
			if e.from == 0 {
				start = end - e.to
			}
			// Each occurrence has one alignment, and so one entry.
			if i := start + e.delta(); i >= at && i <= last && (i-at)%stride == 0 {
				f.compare(e.atom(), start)
			}
		}
	}
	return last + stride
}
