package unpack

import (
	"cmp"
	"slices"
)

// region is where a part lies as it is in the content that is being looked
// into. What another reading of the content finds there is found in the part.
type region struct{ start, end int }

// note keeps where data lies in the content that is being looked into, if it
// does: then what follows it there is what lets it grow.
func (w *walk) note(data []byte) {
	start := cap(w.opened) - cap(data)
	if len(data) == 0 || start < 0 || start+len(data) > len(w.opened) || &w.opened[start] != &data[0] {
		return
	}
	w.regions = append(w.regions, region{start, start + len(data)})
}

// covered tells whether something that ends as a zip lies in a part that was
// handed over, where it is found as the end of that part.
func (w *walk) covered(start, end int) bool {
	for _, r := range w.regions {
		if start >= r.start && end <= r.end && r.end-end <= tailSize {
			return true
		}
	}
	return false
}

// skip gives a function that tells of growing places where the part ends that
// was handed over and holds the place, or else the place.
func (w *walk) skip() func(p int) int {
	regions := slices.Clone(w.regions)
	slices.SortFunc(regions, func(a, b region) int { return cmp.Compare(a.start, b.start) })
	return func(p int) int {
		for len(regions) > 0 && regions[0].start <= p {
			p = max(p, regions[0].end)
			regions = regions[1:]
		}
		return p
	}
}
