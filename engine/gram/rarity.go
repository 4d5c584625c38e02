package gram

import (
	_ "embed"
	"encoding/binary"
	"math"
	"slices"
)

// The frequency table: how often folded sequences of two and of four bytes
// occur in web content. It is made by the program in freqtable. Each entry is
// 8*log2(1+occurrences in 2^28 bytes), saturated at 255; pairs come first
// (65,536 entries), then sequences of four by hash (65,536 entries).
//
//go:embed frequency.bin
var frequency []byte

const (
	pairEntries = 1 << 16
	quads       = 1 << 16
	frequency1  = 1.0 / (1 << 28)
)

// QuadHash is the hash under which the frequency table counts a folded
// sequence of four bytes.
func QuadHash(v uint32) uint32 { return v * 0x9E3779B1 >> 16 }

// Encode is the form in which the frequency table holds a frequency, given as
// occurrences a byte.
func Encode(perByte float64) byte {
	return byte(min(255, math.Round(8*math.Log2(1+perByte/frequency1))))
}

// rates has the frequency for each entry of the table, in occurrences a byte.
var rates = func() (t [256]float64) {
	for e := range t {
		t[e] = (math.Exp2(float64(e)/8) - 1) * frequency1
	}
	return t
}()

func decode(e byte) float64 { return rates[e] }

func pairRate(a, b byte) float64 { return decode(frequency[int(a)<<8|int(b)]) }

func quadRate(b []byte) float64 {
	return decode(frequency[pairEntries+int(QuadHash(binary.LittleEndian.Uint32(b)))])
}

// Rate estimates how often the folded sequence b occurs, in occurrences a
// byte of typical web content.
func Rate(b []byte) float64 {
	switch len(b) {
	case 0:
		return 1
	case 1:
		sum := 0.0
		for c := 0; c < 256; c++ {
			sum += pairRate(b[0], byte(c))
		}
		return sum
	case 2:
		return pairRate(b[0], b[1])
	case 3:
		return 0.3 * min(pairRate(b[0], b[1]), pairRate(b[1], b[2]))
	}
	if n := narrow(b); n != nil {
		return wideShare * Rate(n)
	}
	r := 1.0
	for i := 0; i+4 <= len(b); i++ {
		r = min(r, quadRate(b[i:]))
	}
	// Every further byte makes a sequence rarer, if not by much: content repeats itself.
	return r * lengthFactor[min(len(b), MaxAtom)]
}

// lengthFactor is by length how much rarer a sequence is than the rarest four
// bytes in it.
var lengthFactor = func() (t [MaxAtom + 1]float64) {
	for n := range t {
		t[n] = math.Pow(0.9, float64(n-4))
	}
	return t
}()

// wideShare is how much rarer text of two bytes a character is taken to be than
// plain text. The table knows nothing of it, as web content holds none; the
// words, however, are the same.
const wideShare = 0.1

// narrow gives the characters of wide text, nil if b is none.
func narrow(b []byte) []byte {
	if len(b) < 8 {
		return nil
	}
	phase := 0
	if b[0] == 0x20 {
		phase = 1
	}
	for i := 1 - phase; i < len(b); i += 2 {
		if b[i] != 0x20 {
			return nil
		}
	}
	out := make([]byte, 0, (len(b)+1)/2)
	for i := phase; i < len(b); i += 2 {
		out = append(out, b[i])
	}
	return out
}

// Cost is the cost of an atom: how often it is expected a byte, and a share of
// how often the grams that stand for it make the search look closer.
func Cost(b []byte) float64 {
	switch {
	case len(b) < pairLen:
		return Impossible
	case Short(b):
		_, looks := rarestPair(b)
		return Rate(b) + 2*lookCost*looks + 1e-6
	}
	_, looks := places(b)
	return Rate(b) + lookCost*looks/stride + 1e-9
}

// lookCost is what a gram costs that is found without its atom, in relation to
// an atom that is.
const lookCost = 0.1

// rarest gives the offset of the window of MaxAtom bytes that costs least: what
// Cost says of each, with what the windows have in common worked out once.
func rarest(b []byte) int {
	if narrow(b) != nil {
		return least(len(b)-MaxAtom, func(i int) float64 { return Cost(b[i : i+MaxAtom]) })
	}
	quad := make([]float64, len(b)-3)
	for i := range quad {
		quad[i] = quadRate(b[i:])
	}
	gram := make([]float64, len(b)-gramLen+1)
	for i := range gram {
		gram[i] = slices.Min(quad[i:i+gramLen-3]) * lengthFactor[gramLen]
	}
	return least(len(b)-MaxAtom, func(i int) float64 {
		looks := 0.0
		for r := range stride {
			best := math.Inf(1)
			for o := i + r; o <= i+MaxAtom-gramLen; o += stride {
				best = min(best, gram[o])
			}
			looks += best
		}
		return slices.Min(quad[i:i+MaxAtom-3])*lengthFactor[MaxAtom] + lookCost*looks/stride
	})
}

// least gives the first of 0 to last for which cost is least.
func least(last int, cost func(int) float64) int {
	best, bestCost := 0, math.Inf(1)
	for i := 0; i <= last; i++ {
		if c := cost(i); c < bestCost {
			best, bestCost = i, c
		}
	}
	return best
}
