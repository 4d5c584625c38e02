package exercise

import (
	"bytes"
	"math/rand/v2"
	"slices"
)

// maxSize is the largest content that is written.
const maxSize = 24 << 20

// placed is a content and where its pieces lie.
type placed struct {
	data   []byte
	pieces []piece
	max    int64 // the largest size that the condition allows
}

// layout writes the content of a draft. A tight one has no space before its
// first piece, nor behind its last when the size may be chosen.
func (d draft) layout(rng *rand.Rand, tight bool) (placed, bool) {
	from := d.start()
	if !tight && from == 0 {
		from = int64(rng.IntN(40))
	}
	for _, p := range d.order() {
		off, ok := d.room(p, from)
		if !ok && d.start() == 0 {
			off, ok = d.room(p, 0)
		}
		if !ok {
			return placed{}, false
		}
		p.off = off
		if d, ok = d.with(p); !ok {
			return placed{}, false
		}
		if p.hi == maxSize {
			from = max(from, off)
		}
	}
	var ok bool
	if d, ok = d.endings(); !ok {
		return placed{}, false
	}
	if d.executable() != plain {
		if d, ok = d.larger(imageSize); !ok {
			return placed{}, false
		}
	}
	size := d.size
	if size == unplaced {
		size = d.min
		if spare := d.max - size; !tight && spare > 0 && !d.ending() {
			size += rng.Int64N(min(spare, 40) + 1)
		}
	}
	data := d.background(rng, int(size))
	for _, p := range d.fixed {
		copy(data[p.off:], p.data)
	}
	return placed{data, slices.Clone(d.fixed), d.max}, true
}

// order is the loose pieces, those with a narrow range first.
func (d draft) order() []piece {
	var out []piece
	for _, p := range d.loose {
		if !p.end {
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b piece) int {
		return int(min(a.hi, maxSize)-a.lo) - int(min(b.hi, maxSize)-b.lo)
	})
	return out
}

func (d draft) ending() bool {
	return slices.ContainsFunc(d.loose, func(p piece) bool { return p.end })
}

// endings places the pieces that are bound to the end. All of them must lie there.
func (d draft) endings() (draft, bool) {
	var ok bool
	for _, p := range d.loose {
		if !p.end {
			continue
		}
		n := int64(len(p.data))
		if d.size == unplaced {
			end := d.min
			if !d.covered(end-n, p.data) {
				end += n + gap
			}
			d.size = end
		}
		p.off = d.size - n
		if d, ok = d.with(p); !ok {
			return d, false
		}
	}
	return d, d.feasible()
}

// covered tells whether the decided bytes at off are data already.
func (d draft) covered(off int64, data []byte) bool {
	have, ok := d.read(off, len(data))
	return ok && bytes.Equal(have, data)
}

// background is what lies beneath the pieces.
func (d draft) background(rng *rand.Rand, size int) []byte {
	data := make([]byte, size)
	switch {
	case d.fill == noise:
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
	case d.fill == blank && d.executable() == plain:
		c := []byte{0, '\n', ' '}[rng.IntN(3)]
		for i := range data {
			data[i] = c
		}
	}
	copy(data, d.headers())
	return data
}
