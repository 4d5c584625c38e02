package math

import (
	"math"

	"candor/engine/module"
	"candor/engine/module/builtin"
)

// entropy gives Shannon's entropy in bits a byte, 0 for no bytes.
func entropy(s sample) module.Value {
	h, total := s.counts(), float64(len(s.bytes))
	var e float64
	for _, n := range h {
		if n != 0 {
			x := float64(n) / total
			e -= float64(x * log2(x))
		}
	}
	return module.FloatValue(e)
}

// mean gives the arithmetic mean of the bytes. The sum is exact in a float64.
func mean(s sample) module.Value {
	var sum uint64
	for i, n := range s.counts() {
		sum += uint64(i) * uint64(n)
	}
	return builtin.Float(float64(sum) / float64(len(s.bytes)))
}

// signedMean takes bytes as signed, as libyara does in strings.
func signedMean(s sample) module.Value {
	var sum int64
	for _, c := range s.bytes {
		sum += int64(int8(c))
	}
	return builtin.Float(float64(sum) / float64(len(s.bytes)))
}

// deviation gives the mean absolute deviation from the mean in the third argument.
func deviation(in *module.Input, _ module.Object, args []module.Value) module.Value {
	h, ok := histogramOf(in, args[:2])
	if !ok {
		return module.Value{}
	}
	mean, sum := args[2].Float, 0.0
	for i, n := range h {
		sum += float64(math.Abs(float64(i)-mean) * float64(n))
	}
	return builtin.Float(sum / float64(h.total()))
}

// signedDeviation takes bytes as signed, as libyara does in strings.
func signedDeviation(_ *module.Input, _ module.Object, args []module.Value) module.Value {
	mean, sum := args[1].Float, 0.0
	for _, c := range args[0].Str {
		sum += math.Abs(float64(int8(c)) - mean)
	}
	return builtin.Float(sum / float64(len(args[0].Str)))
}

// serialCorrelation tells how much each byte depends on the one before it, as
// in John Walker's ent: -100000 where all bytes are equal. Its sums are exact
// in a float64, so that they may be taken as integers.
func serialCorrelation(s sample) module.Value {
	var products, sum, squares, last int64
	for _, c := range s.bytes {
		v := int64(c)
		products += last * v
		sum += v
		squares += v * v
		last = v
	}
	if len(s.bytes) > 0 {
		products += last * int64(s.bytes[0])
	}
	return correlation(len(s.bytes), products, sum, squares)
}

// signedSerialCorrelation takes bytes as signed, as libyara does in strings.
func signedSerialCorrelation(s sample) module.Value {
	var products, sum, squares, last int64
	for _, c := range s.bytes {
		v := int64(int8(c))
		products += last * v
		sum += v
		squares += v * v
		last = v
	}
	if len(s.bytes) > 0 {
		products += last * int64(int8(s.bytes[0]))
	}
	return correlation(len(s.bytes), products, sum, squares)
}

func correlation(n int, products, sum, squares int64) module.Value {
	size, squared := float64(n), float64(float64(sum)*float64(sum))
	d := float64(size*float64(squares)) - squared
	if d == 0 {
		return module.FloatValue(-100000)
	}
	return builtin.Float((float64(size*float64(products)) - squared) / d)
}

// monteCarloPi takes each six bytes as a point in a square, and gives the
// relative error of the value of pi that follows from how many lie in the
// circle. It is undefined for fewer than six bytes.
func monteCarloPi(s sample) module.Value { return piError(s.bytes, false) }

// signedMonteCarloPi is monteCarloPi as libyara has it for strings: it extends
// the sign of each byte, which moves every point with a byte above 127 out of
// the circle.
func signedMonteCarloPi(s sample) module.Value { return piError(s.bytes, true) }

func piError(b []byte, signed bool) module.Value {
	const radius = 1<<24 - 1
	points, inside := 0, 0
	for ; len(b) >= 6; b = b[6:] {
		points++
		if signed && (b[0]|b[1]|b[2]|b[3]|b[4]|b[5])&0x80 != 0 {
			continue
		}
		x := uint64(b[0])<<16 | uint64(b[1])<<8 | uint64(b[2])
		y := uint64(b[3])<<16 | uint64(b[4])<<8 | uint64(b[5])
		if x*x+y*y <= radius*radius {
			inside++
		}
	}
	if points == 0 {
		return module.Value{}
	}
	pi := 4.0 * (float64(inside) / float64(points))
	return builtin.Float(math.Abs((pi - math.Pi) / math.Pi))
}
