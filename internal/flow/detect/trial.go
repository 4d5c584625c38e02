package detect

import "math"

// contact is what the outcome of a first contact says of whether a scanner
// makes it: the threshold random walk (Jung, Paxson, Berger, Balakrishnan,
// IEEE S&P 2004). honest is how likely the first contact of an honest line has
// an answer; a scanner's has one of ten.
func contact(answered bool, honest float64) float64 {
	const scanner = 0.1
	if answered {
		return math.Log(scanner / honest)
	}
	return math.Log((1 - scanner) / (1 - honest))
}

// arrivals is a sequential test of how often something happens: Page's
// cumulative sum for a Poisson process.
type arrivals struct {
	sum  float64
	last int64 // microseconds
	n    uint32
}

// add takes one event at a time, against an honest rate a second and one that
// is factor times as high, and gives what speaks for the latter.
func (a *arrivals) add(at int64, honest, factor float64) float64 {
	if a.n > 0 && at > a.last {
		a.sum -= (factor - 1) * honest * float64(at-a.last) / 1e6
	}
	if a.sum < 0 || a.n == 0 {
		a.sum, a.n = 0, 0
	}
	a.sum += math.Log(factor)
	a.last = max(a.last, at)
	a.n++
	return a.sum
}

// leaky is a mean rate a second that forgets: of what came t seconds ago
// exp(-t/τ) is left.
type leaky struct {
	rate float32
	last tick
}

// tick counts 64ths of a second. It wraps around in two years, so only
// differences mean something.
type tick uint32

func tickOf(micro int64) tick { return tick(micro / (1e6 / 64)) }

// since is the time from before to t in seconds, negative if before is later.
func (t tick) since(before tick) float64 { return float64(int32(t-before)) / 64 }

// add adds an amount that was spread evenly over a time. What comes late is
// added as if it had been forgotten in part already.
func (l *leaky) add(amount float64, start, end int64, tau float64) {
	spread := float64(end-start) / 1e6
	part := amount / tau // of the rate, at the end
	if spread > 0.01*tau {
		part = amount / spread * -math.Expm1(-spread/tau)
	}
	now := tickOf(end)
	switch gone := now.since(l.last); {
	case l.rate == 0:
		l.rate, l.last = float32(part), now
	case gone >= 0:
		l.rate, l.last = float32(float64(l.rate)*math.Exp(-gone/tau)+part), now
	default:
		l.rate += float32(part * math.Exp(gone/tau))
	}
}

// at is the rate at a time.
func (l *leaky) at(now int64, tau float64) float64 {
	gone := tickOf(now).since(l.last)
	if l.rate == 0 || gone <= 0 {
		return float64(l.rate)
	}
	return float64(l.rate) * math.Exp(-gone/tau)
}

// set is a set of hashes that counts how many different ones it saw, by how
// many of its bits are left (linear counting: Whang, Vander-Zanden, Taylor
// 1990).
type set [4]uint64

// add tells whether the hash is new. To a full set nothing is.
func (s *set) add(hash uint64) bool {
	w, bit := hash>>6&3, uint64(1)<<(hash&63)
	if s[w]&bit != 0 {
		return false
	}
	s[w] |= bit
	return true
}

// count is about how many were added.
func (s *set) count() float64 { return linear(256, zeros(s[:])) }

// few is a smaller set.
type few [2]uint64

func (f *few) add(hash uint64) { f[hash>>6&1] |= 1 << (hash & 63) }

// with is what is in either.
func (f few) with(o few) few { return few{f[0] | o[0], f[1] | o[1]} }

func (f few) count() float64 { return linear(128, zeros(f[:])) }

// gauss is the logarithm of how likely v is where values lie about mean.
func gauss(v, mean, deviation float64) float64 {
	z := (v - mean) / deviation
	return -z*z/2 - math.Log(deviation)
}
