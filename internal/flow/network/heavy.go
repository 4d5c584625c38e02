package network

import (
	"cmp"
	"maps"
	"slices"
)

// heavy finds the heaviest of many: a sketch of Misra and Gries (1982) with
// weights, which drops half of what it holds at a time (Anderson and others, IMC
// 2017). It holds at most most keys; what it says of one is too little by at
// most twice the whole weight over most, and never too much.
type heavy[K comparable] struct {
	most   int
	weight map[K]uint64
	spare  []uint64
}

func (h *heavy[K]) add(k K, weight uint64) {
	if h.weight == nil {
		h.weight = make(map[K]uint64)
	}
	h.weight[k] += weight
	if len(h.weight) <= h.most {
		return
	}
	h.spare = h.spare[:0]
	for _, w := range h.weight {
		h.spare = append(h.spare, w)
	}
	slices.Sort(h.spare)
	middle := h.spare[len(h.spare)/2]
	maps.DeleteFunc(h.weight, func(_ K, w uint64) bool { return w <= middle })
	for k := range h.weight {
		h.weight[k] -= middle
	}
}

// ranked is a key with its weight.
type ranked[K comparable] struct {
	key    K
	weight uint64
}

// first gives at most so many, the heaviest first. Of those that weigh the same
// any comes first.
func (h *heavy[K]) first(most int) []ranked[K] {
	all := make([]ranked[K], 0, len(h.weight))
	for k, w := range h.weight {
		all = append(all, ranked[K]{k, w})
	}
	slices.SortFunc(all, func(a, b ranked[K]) int { return cmp.Compare(b.weight, a.weight) })
	return all[:min(len(all), most)]
}
