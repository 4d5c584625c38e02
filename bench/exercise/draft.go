package exercise

import (
	"bytes"
	"math"
	"slices"

	"candor/engine/yara"
)

// piece is a run of bytes that the content must have.
type piece struct {
	str    *yara.String // nil for bytes that no string asked for
	data   []byte
	off    int64 // where it lies; unplaced while it may lie anywhere from lo to hi
	lo, hi int64
	end    bool // lies at the very end
}

const unplaced = -1

// filler is what lies between the pieces.
type filler uint8

const (
	blank filler = iota // one byte, again and again
	noise               // random bytes: high entropy
	zero                // zero bytes: low entropy
)

// draft is what is known of a content so far. It is a value: what is added to
// a copy does not show in the original.
type draft struct {
	fixed    []piece
	loose    []piece
	absent   []*yara.String // must not occur
	min, max int64          // file size
	size     int64          // file size when it is decided; unplaced otherwise
	fill     filler
	format   format
	image    image
}

func newDraft() draft { return draft{max: math.MaxInt64, size: unplaced} }

// with gives a copy with one more piece, and whether it fits with the rest.
func (d draft) with(p piece) (draft, bool) {
	if p.str != nil && slices.Contains(d.absent, p.str) {
		return d, false
	}
	if p.off == unplaced {
		d.loose = append(slices.Clip(d.loose), p)
		return d, true
	}
	if p.off < 0 || p.off > maxSize {
		return d, false
	}
	for _, q := range d.fixed {
		if !agree(p, q) {
			return d, false
		}
	}
	d.fixed = append(slices.Clip(d.fixed), p)
	return d.larger(p.off + int64(len(p.data)))
}

// agree tells whether two placed pieces say the same where they overlap.
func agree(p, q piece) bool {
	lo := max(p.off, q.off)
	hi := min(p.off+int64(len(p.data)), q.off+int64(len(q.data)))
	return lo >= hi || bytes.Equal(p.data[lo-p.off:hi-p.off], q.data[lo-q.off:hi-q.off])
}

// larger asks for a file of at least n bytes.
func (d draft) larger(n int64) (draft, bool) {
	d.min = max(d.min, n)
	return d, d.feasible()
}

// smaller asks for a file of at most n bytes.
func (d draft) smaller(n int64) (draft, bool) {
	d.max = min(d.max, n)
	return d, d.feasible()
}

func (d draft) feasible() bool {
	if d.min > d.max || d.min > maxSize {
		return false
	}
	return d.size == unplaced || d.size >= d.min && d.size <= d.max
}

// sized decides the file size, roomy where it may be chosen.
func (d draft) sized() (draft, int64, bool) {
	if d.size == unplaced {
		d.size = min(d.max, max(d.min, 4096)+12<<10)
	}
	return d, d.size, d.feasible()
}

// without forbids a string.
func (d draft) without(s *yara.String) (draft, bool) {
	if d.count(s) > 0 {
		return d, false
	}
	d.absent = append(slices.Clip(d.absent), s)
	return d, true
}

// count is the number of pieces for a string.
func (d draft) count(s *yara.String) int {
	n := 0
	for _, p := range d.fixed {
		if p.str == s {
			n++
		}
	}
	for _, p := range d.loose {
		if p.str == s {
			n++
		}
	}
	return n
}

// offset is the place of the i-th (from 1) occurrence of s that is decided.
func (d draft) offset(s *yara.String, i int) (int64, bool) {
	var at []int64
	for _, p := range d.fixed {
		if p.str == s {
			at = append(at, p.off)
		}
	}
	slices.Sort(at)
	if i < 1 || i > len(at) {
		return 0, false
	}
	return at[i-1], true
}

// pin places the loose pieces of s, or one when there is none yet.
func (d draft) pin(s *yara.String) (draft, bool) {
	for i, p := range d.loose {
		if p.str != s {
			continue
		}
		off, ok := d.room(p, d.start())
		if !ok {
			return d, false
		}
		d.loose = slices.Delete(slices.Clone(d.loose), i, i+1)
		p.off = off
		if d, ok = d.with(p); !ok {
			return d, false
		}
		return d.pin(s)
	}
	return d, true
}

// start is where pieces that may lie anywhere begin.
func (d draft) start() int64 {
	if d.executable() != plain {
		return imageSize
	}
	return 0
}

// gap is the least distance between two pieces: room for the word boundary of
// a wide string.
const gap = 2

// room finds a place for a loose piece at from or behind it.
func (d draft) room(p piece, from int64) (int64, bool) {
	n := int64(len(p.data))
	off := max(p.lo, from)
	if p.hi < from {
		off = p.lo // it must lie among the headers
	}
	for moved := true; moved; {
		moved = false
		for _, q := range d.fixed {
			if end := q.off + int64(len(q.data)); off < end+gap && q.off < off+n+gap {
				off, moved = end+gap, true
			}
		}
	}
	limit := d.max
	if d.size != unplaced {
		limit = d.size
	}
	return off, off <= p.hi && off+n <= limit && off <= maxSize
}

// read gives n bytes at off when all of them are decided.
func (d draft) read(off int64, n int) ([]byte, bool) {
	if off < 0 {
		return nil, false
	}
	out := make([]byte, n)
	have := make([]bool, n)
	for _, p := range d.fixed {
		for i := range out {
			if at := off + int64(i) - p.off; at >= 0 && at < int64(len(p.data)) {
				out[i], have[i] = p.data[at], true
			}
		}
	}
	return out, !slices.Contains(have, false)
}
