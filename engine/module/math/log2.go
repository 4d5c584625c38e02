package math

import "math"

// log2 gives the binary logarithm of x > 0, rounded correctly but for cases
// that lie within 2^-70 of a tie. math.Log2 may be off in the last places,
// where C libraries are not, and rules that compare entropies would notice.
//
// x = m * 2^e with m around 1; ln m = 2 atanh((m-1)/(m+1)) by its series, in
// pairs of a float64 and its error.
func log2(x float64) float64 {
	m, e := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m, e = m*2, e-1
	}
	if m == 1 {
		return float64(e)
	}
	s := quotient(m)
	q := s.mul(s)
	sum := double{1.0 / terms, 0}
	for k := terms - 2; k >= 1; k -= 2 {
		sum = sum.mul(q).add(reciprocal(float64(k)))
	}
	// 2/ln 2, as a float64 and what it lacks.
	scaled := sum.mul(s).mul(double{2.8853900817779268, 4.0710547481862066e-17})
	r := twoSum(float64(e), scaled.hi)
	return r.hi + (r.lo + scaled.lo)
}

// terms is the odd power at which the series ends: the argument is at most
// 0.172, and 0.172^35 is below 2^-88.
const terms = 35

// double is the unevaluated sum of two float64, the second below an ulp of the first.
type double struct{ hi, lo float64 }

// quotient gives (m-1)/(m+1); m-1 is exact for m in [1/2, 2].
func quotient(m float64) double {
	n, d := m-1, twoSum(m, 1)
	hi := n / d.hi
	rest := math.FMA(-hi, d.hi, n) - float64(hi*d.lo)
	return twoSum(hi, rest/d.hi)
}

func reciprocal(k float64) double {
	hi := 1 / k
	return double{hi, math.FMA(-hi, k, 1) / k}
}

func (a double) mul(b double) double {
	hi := float64(a.hi * b.hi)
	lo := math.FMA(a.hi, b.hi, -hi) + (float64(a.hi*b.lo) + float64(a.lo*b.hi))
	return twoSum(hi, lo)
}

func (a double) add(b double) double {
	s := twoSum(a.hi, b.hi)
	return twoSum(s.hi, s.lo+(a.lo+b.lo))
}

// twoSum gives a+b without error (Knuth, The Art of Computer Programming, 4.2.2).
func twoSum(a, b float64) double {
	s := a + b
	t := s - a
	return double{s, (a - (s - t)) + (b - t)}
}
