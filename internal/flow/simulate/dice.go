package simulate

import (
	"math"
	"math/rand/v2"
)

// dice is a source of chance that is begun again for each thing that is drawn.
// One goroutine at a time may use it.
type dice struct {
	*rand.Rand
	pcg *rand.PCG
}

func newDice() *dice {
	pcg := rand.NewPCG(0, 0)
	return &dice{rand.New(pcg), pcg} //nolint:gosec // traffic that can be made again, nothing secret
}

// begin starts the stream that two numbers name.
func (d *dice) begin(a, b uint64) { d.pcg.Seed(a, mix(a^mix(b))) }

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood, 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// chance is true with probability p.
func (d *dice) chance(p float64) bool { return d.Float64() < p }

// between is uniform from lo to hi.
func (d *dice) between(lo, hi float64) float64 { return lo + d.Float64()*(hi-lo) }

// magnitude is uniform in the logarithm.
func (d *dice) magnitude(lo, hi float64) float64 { return lo * math.Exp(d.Float64()*math.Log(hi/lo)) }

// around is lognormal with the given median; sigma is that of the logarithm.
func (d *dice) around(median, sigma float64) float64 {
	return median * math.Exp(sigma*d.NormFloat64())
}

// poisson counts what happens at a mean rate; lambda is small.
func (d *dice) poisson(lambda float64) int {
	if lambda <= 0 {
		return 0
	}
	if lambda > 30 {
		return max(0, int(math.Round(lambda+math.Sqrt(lambda)*d.NormFloat64())))
	}
	n, p, limit := 0, d.Float64(), math.Exp(-lambda)
	for p > limit {
		p *= d.Float64()
		n++
	}
	return n
}

// whole rounds x to a whole number at random, so that the mean stays.
func (d *dice) whole(x float64) int {
	n := int(x)
	if d.Float64() < x-float64(n) {
		n++
	}
	return n
}

// popular is one of n, the first ones much more often (nearly Zipf's law).
func (d *dice) popular(n int) uint64 { return uint64(math.Exp(d.Float64() * math.Log(float64(n)))) }
