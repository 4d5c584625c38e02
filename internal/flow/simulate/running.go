package simulate

// running says which episodes go on, step after step.
type running struct {
	rest []*Label // that are to begin, by their beginnings
	now  []*Label
	out  []Label
}

func newRunning(labels []*Label) *running { return &running{rest: labels} }

// at gives the episodes that overlap an interval; the next one begins where it
// ends.
func (r *running) at(from, to int64) []Label {
	for len(r.rest) > 0 && r.rest[0].From < to {
		r.now = append(r.now, r.rest[0])
		r.rest = r.rest[1:]
	}
	kept := r.now[:0]
	r.out = r.out[:0]
	for _, l := range r.now {
		if l.To > from {
			kept = append(kept, l)
			r.out = append(r.out, *l)
		}
	}
	r.now = kept
	return r.out
}
