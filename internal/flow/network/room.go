package network

import (
	"cmp"
	"slices"

	"candor/internal/flow"
)

// room is how many parts of a kind are watched at most.
func (w *Watch) room(k Kind) int {
	switch k {
	case Exporter:
		return w.Most / 16
	case Protocol:
		return min(256, w.Most/16)
	case Port:
		return w.Most / 8
	case Prefix:
		return w.Most * 3 / 8
	}
	return w.Most * 3 / 8 // Interface
}

// admit watches the heaviest of what was counted in the last minute, as long as
// there is room.
func (w *Watch) admit(fresh weighed) {
	for k := range kinds {
		left := w.room(k) - w.of[k]
		for _, c := range fresh[k].first(len(fresh[k].weight)) {
			if left <= 0 {
				break
			}
			if w.fits(c.key) {
				w.watch(c.key, float64(c.weight))
				left--
			}
		}
	}
}

// fits tells whether a part may be watched: of one exporter only so many
// interfaces are, so that none takes the room of others.
func (w *Watch) fits(p Part) bool {
	_, known := w.number[p]
	return !known && !w.full(p)
}

func (w *Watch) full(p Part) bool { return p.Kind == Interface && w.faces[p.Addr] >= mostOfOne }

func (w *Watch) watch(p Part, weight float64) *part {
	one := &part{Part: p, weight: weight}
	w.number[p] = int32(len(w.parts))
	w.parts = append(w.parts, one)
	w.tally(p, 1)
	return one
}

func (w *Watch) tally(p Part, by int) {
	w.stale = true
	w.of[p.Kind] += by
	if p.Kind == Interface {
		if w.faces[p.Addr] += by; w.faces[p.Addr] == 0 {
			delete(w.faces, p.Addr)
		}
	}
}

// replace has parts that are far heavier than the lightest take their places, at
// the end of an hour: those of their kind where it has no room, those of their
// exporter where it has as many as one may.
func (w *Watch) replace(fresh weighed) {
	for k := range kinds {
		if w.of[k] >= w.room(k) {
			all := slices.DeleteFunc(fresh[k].first(candidates), func(c ranked[Part]) bool { return w.full(c.key) })
			w.compete(all, func(p *part) bool { return p.Kind == k })
		}
	}
	byExporter := map[flow.Addr][]ranked[Part]{}
	for _, c := range fresh[kinds].first(candidates) {
		byExporter[c.key.Addr] = append(byExporter[c.key.Addr], c)
	}
	for a, all := range byExporter {
		w.compete(all, func(p *part) bool { return p.Kind == Interface && p.Addr == a })
	}
}

// compete gives places of some to others, the heaviest first: a sixteenth at
// most, so that nobody can push out all that was learned.
func (w *Watch) compete(fresh []ranked[Part], among func(*part) bool) {
	var light []int32
	for n, p := range w.parts {
		if p.above == 0 && among(p) {
			light = append(light, int32(n))
		}
	}
	slices.SortFunc(light, func(a, b int32) int {
		return cmp.Or(cmp.Compare(w.parts[a].weight, w.parts[b].weight), cmp.Compare(a, b))
	})
	light = light[:len(light)/16]
	for _, c := range fresh {
		if len(light) == 0 || float64(c.weight) < 2*w.parts[light[0]].weight {
			return
		}
		if _, known := w.number[c.key]; known {
			continue
		}
		w.give(light[0], c.key, float64(c.weight))
		light = light[1:]
	}
}

// give gives the place of a part to another.
func (w *Watch) give(n int32, p Part, weight float64) {
	delete(w.number, w.parts[n].Part)
	w.tally(w.parts[n].Part, -1)
	w.parts[n] = &part{Part: p, weight: weight}
	w.number[p] = n
	w.tally(p, 1)
}
