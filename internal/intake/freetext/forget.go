package freetext

import (
	"hash/fnv"
	"slices"
	"strconv"
)

// without is a lexicon that lacks some phrases: of a share of all, told by a seed,
// nothing is known.
func (x *lexicon) without(share float64, seed int) *lexicon {
	known := func(text string) bool {
		h := fnv.New32a()
		h.Write([]byte(strconv.Itoa(seed) + text))
		return float64(h.Sum32()%1000) >= 1000*share
	}
	less := func(all map[rune][]phrase) map[rune][]phrase {
		kept := make(map[rune][]phrase, len(all))
		for r, p := range all {
			kept[r] = slices.DeleteFunc(slices.Clone(p), func(p phrase) bool { return !known(p.text) })
		}
		return kept
	}
	return &lexicon{before: less(x.before), behind: less(x.behind), any: less(x.any), topics: slices.DeleteFunc(slices.Clone(x.topics), func(p topicPhrase) bool { return !known(p.text) })}
}
