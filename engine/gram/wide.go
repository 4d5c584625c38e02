package gram

import (
	"math"
	"math/bits"
	"slices"

	"candor/engine/internal/vector"
)

// sampleWide looks for the atoms that have grams, as far as the processor looks
// at many offsets at once, and gives the offset up to which it did.
func (f *Finder) sampleWide() int {
	x := &f.table.sampled.filters
	if x.bitmap == nil {
		return 0
	}
	var at [vector.Most]uint32
	i, done := 0, 0
	for {
		next, n := x.bitmap.Fours(f.data[i:], &at)
		if next == 0 {
			return max(i, done)
		}
		found := at[:n]
		if x.second != nil {
			found = x.second.keep(f.data[i:], found)
		}
		for _, k := range found {
			if k := i + int(k); k >= done {
				done = f.look(load64(f.data[k:])|fold64, k)
			}
		}
		i += next
	}
}

// keep leaves of offsets of grams in data those that the filter lets through.
func (s *second) keep(data []byte, at []uint32) []uint32 {
	n := 0
	for _, k := range at {
		word, bit := s.bit(hashGram(load64(data[k:]) | fold64))
		at[n] = k
		n += int(s[word] >> bit & 1) // without a branch: nobody can foresee it
	}
	return at[:n]
}

// densePairs makes of the pairs of a table what the processor looks for at many
// offsets at once.
func densePairs(t *[1 << 16]uint8) *vector.Pairs {
	var rows [pairBytes]line
	for c := range rows {
		rows[c] = line{of: 1 << c, rate: Rate([]byte{byteOf(c)})}
	}
	for v, follows := range t {
		if follows != 0 {
			rows[lineOf(byte(v))].has |= 1 << lineOf(byte(v>>8))
		}
	}
	rates := make([]float64, pairBytes)
	for c := range rates {
		rates[c] = rows[c].rate
	}
	firsts := gather(rows[:], rates)
	rates = rates[:0]
	columns := make([]line, pairBytes)
	for c := range columns {
		columns[c] = line{of: 1 << c, rate: rows[c].rate}
	}
	for r, row := range firsts {
		rates = append(rates, row.rate)
		for m := row.has; m != 0; m &= m - 1 {
			columns[bits.TrailingZeros64(m)].has |= 1 << r
		}
	}
	seconds := gather(columns, rates)
	p := &vector.Pairs{}
	var first, second [pairBytes]int
	for k, x := range firsts {
		x.each(func(c int) { first[c] = k })
	}
	for k, x := range seconds {
		x.each(func(c int) { second[c] = k })
		for m := x.has; m != 0; m &= m - 1 {
			p.Add(bits.TrailingZeros64(m), k)
		}
	}
	for c := range first {
		p.Class(byteOf(c), first[c], second[c])
	}
	return p
}

// pairBytes is how many folded bytes there are but for their highest bit.
const pairBytes = 64

func lineOf(c byte) int { return int(c&0x1F | c>>1&0x20) }
func byteOf(i int) byte { return byte(i&0x1F | i<<1&0x40 | 0x20) }

// line is some bytes as the first or the second of pairs, and what may stand
// beside them.
type line struct {
	of, has uint64
	rate    float64 // how often the bytes occur
}

func (l *line) each(yield func(c int)) {
	for m := l.of; m != 0; m &= m - 1 {
		yield(bits.TrailingZeros64(m))
	}
}

// gather puts lines together until there are so few as there are classes: first
// those that have the same beside them, then those that make the least more
// pairs; rates are of what is beside them.
func gather(lines []line, rates []float64) []line {
	var out []line
	for _, l := range lines {
		if i := slices.IndexFunc(out, func(o line) bool { return o.has == l.has }); i >= 0 {
			out[i] = out[i].with(l)
		} else {
			out = append(out, l)
		}
	}
	for len(out) > vector.Classes {
		a, b, least := 0, 1, math.Inf(1)
		for i := range out {
			for k := range i {
				x, y := &out[k], &out[i]
				if cost := x.rate*sum(rates, y.has&^x.has) + y.rate*sum(rates, x.has&^y.has); cost < least {
					a, b, least = k, i, cost
				}
			}
		}
		out[a] = out[a].with(out[b])
		out = slices.Delete(out, b, b+1)
	}
	return out
}

func (l line) with(o line) line { return line{l.of | o.of, l.has | o.has, l.rate + o.rate} }

func sum(rates []float64, of uint64) (s float64) {
	for ; of != 0; of &= of - 1 {
		s += rates[bits.TrailingZeros64(of)]
	}
	return s
}

// findDenseWide looks for short atoms as far as the processor looks at many
// offsets at once, and gives the offset up to which it did.
func (f *Finder) findDenseWide() int {
	p := &f.table.pairs
	if p.wide == nil {
		return 0
	}
	var at [vector.Most]uint16
	for i := 0; ; {
		next, n := p.wide.Next(f.data[i:], &at)
		if next == 0 {
			return i
		}
		data := f.data[i:]
		for _, k := range p.keep(data, at[:n]) {
			f.lookAtPair(uint16(data[k])|uint16(data[k+1])<<8|0x2020, i+int(k))
		}
		i += next
	}
}

// keep leaves of offsets in data, behind each of which there are two bytes more,
// those of pairs with what may follow them.
func (p *pairs) keep(data []byte, at []uint16) []uint16 {
	n := 0
	for _, k := range at {
		d := data[int(k) : int(k)+3]
		at[n] = k
		n += int(p.filter[uint16(d[0])|uint16(d[1])<<8|0x2020] >> (d[2] & 7) & 1) // without a branch: nobody can foresee it
	}
	return at[:n]
}
