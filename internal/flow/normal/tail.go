package normal

import "math"

// often is the share of values that a Tail lets lie above its threshold.
const often = 0.02

// Tail learns how far values stray above what is usual, and says which are so
// far off that they come at a given rate only: peaks over a threshold, whose
// excesses fall off exponentially (Pickands 1975; Siffer and others, KDD 2017,
// with a shape of zero). Of levels, which are logarithms, that is a power law
// of the values themselves. The zero Tail knows nothing.
type Tail struct {
	At     float32 // the threshold, which one of fifty values lies above
	Excess float32 // by how much, on average
	Count  uint32  // of those that did
}

// memory is how many excesses the mean is taken over, about.
const memory = 1000

// Add takes a value in.
func (t *Tail) Add(v, step float64) {
	away := v - float64(t.At)
	if away <= 0 {
		t.At -= float32(often * step)
		return
	}
	t.Count = min(t.Count+1, memory)
	t.Excess += float32((away - float64(t.Excess)) / float64(t.Count))
	t.At += float32((1 - often) * step)
}

// Bound is the value that is exceeded by a share p of values only. Excesses are
// taken to be at least least on average: no value is known better.
func (t *Tail) Bound(p, least float64) float64 {
	return float64(t.At) + max(float64(t.Excess), least)*max(0, math.Log(often/p))
}
