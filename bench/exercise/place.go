package exercise

import (
	"candor/engine/yara"
)

// stringRef is $a, $a at x, $a in (x..y).
func (s *solver) stringRef(e *yara.StringRef, sc scope, want bool, d draft, k then) bool {
	str := sc.lookup(e.Name)
	if str == nil {
		return false
	}
	if want {
		return s.place(str, 1, e.At, e.Lo, e.Hi, sc, d, k)
	}
	if e.At != nil || e.Lo != nil {
		return k(d)
	}
	d, ok := d.without(str)
	return ok && k(d)
}

// maxCount bounds the occurrences of one string.
const maxCount = 3000

// place puts n occurrences of str into the draft, at or within a place when
// one is given.
func (s *solver) place(str *yara.String, n int, at, lo, hi yara.Expr, sc scope, d draft, k then) bool {
	if n > maxCount {
		return false
	}
	where, d, ok := s.where(at, lo, hi, sc, d)
	if !ok {
		return false
	}
	for have := d.within(str, where); have < n; have++ {
		if d, ok = s.occur(str, where, d); !ok {
			return false
		}
	}
	return k(d)
}

// span is a range of offsets.
type span struct{ lo, hi int64 }

func (s *solver) where(at, lo, hi yara.Expr, sc scope, d draft) (span, draft, bool) {
	w := span{0, maxSize}
	var ok bool
	if at != nil {
		if w.lo, d, ok = s.integer(at, sc, d); !ok || w.lo < 0 || w.lo > maxSize {
			return w, d, false
		}
		w.hi = w.lo
	}
	if lo != nil {
		if w.lo, d, ok = s.integer(lo, sc, d); !ok {
			return w, d, false
		}
		if w.hi, d, ok = s.integer(hi, sc, d); !ok {
			return w, d, false
		}
		w.lo, w.hi = max(w.lo, 0), min(w.hi, maxSize)
	}
	return w, d, w.lo <= w.hi
}

// within is the number of pieces of str that are bound to lie in w.
func (d draft) within(str *yara.String, w span) int {
	n := 0
	for _, p := range d.fixed {
		if p.str == str && p.off >= w.lo && p.off <= w.hi {
			n++
		}
	}
	for _, p := range d.loose {
		if p.str == str && p.lo >= w.lo && p.hi <= w.hi {
			n++
		}
	}
	return n
}

// occur adds one occurrence within w.
func (s *solver) occur(str *yara.String, w span, d draft) (draft, bool) {
	for range tries {
		p := occurrence(s.rng, str)
		if len(p.data) == 0 {
			return d, false
		}
		if p.off == unplaced {
			p.lo, p.hi = w.lo, w.hi
			if w.lo == w.hi {
				p.off = w.lo
			}
		} else if p.off < w.lo || p.off > w.hi {
			return d, false
		}
		if next, ok := d.with(p); ok {
			return next, true
		}
	}
	return d, false
}

// counted asks for n occurrences wherever they are, or for less than a number
// of them, which is nothing to do.
func (s *solver) counted(e *yara.Count, n int64, sc scope, d draft, k then) bool {
	str := sc.lookup(e.Name)
	if str == nil || n < 0 {
		return false
	}
	if n == 0 {
		if e.Lo != nil {
			return k(d)
		}
		next, ok := d.without(str)
		return ok && k(next)
	}
	return n <= maxCount && s.place(str, int(n), nil, e.Lo, e.Hi, sc, d, k)
}
