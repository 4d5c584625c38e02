package exercise

import (
	"math"

	"candor/engine/yara"
)

var (
	opposite = map[string]string{"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
	mirrored = map[string]string{"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
)

// comparison solves X op Y where one of both can be made what the other is.
func (s *solver) comparison(e *yara.Binary, sc scope, want bool, d draft, k then) bool {
	op := e.Op
	if !want {
		op = opposite[op]
	}
	if text(e.Y) != nil || text(e.X) != nil {
		return s.textComparison(e, op, sc, d, k)
	}
	if _, ok := e.Y.(*yara.Float); ok {
		return s.measured(e.X, op, sc, d, k)
	}
	x, y := e.X, e.Y
	if !settable(x, sc) || fixed(x) && !fixed(y) {
		x, y, op = y, x, mirrored[op]
	}
	v, next, ok := s.integer(y, sc, d)
	if ok && s.compare(x, op, v, sc, true, next, k) {
		return true
	}
	// Both may be decided already, or come out right by chance.
	v, next, ok = s.integer(e.X, sc, d)
	if !ok {
		return false
	}
	w, next, ok := s.integer(e.Y, sc, next)
	return ok && holds(e.Op, v, w) == want && k(next)
}

func fixed(e yara.Expr) bool { _, ok := e.(*yara.Int); return ok }

// settable tells whether assign can do something about e.
func settable(e yara.Expr, sc scope) bool {
	switch e := e.(type) {
	case *yara.Filesize, *yara.Count, *yara.Call, *yara.Member, *yara.Offset, *yara.Index:
		return true
	case *yara.Ident:
		x, ok := sc.vars[e.Name]
		return ok && settable(x, sc)
	case *yara.Binary:
		return settable(e.X, sc) || settable(e.Y, sc)
	}
	return false
}

func holds(op string, x, y int64) bool {
	switch op {
	case "==":
		return x == y
	case "!=":
		return x != y
	case "<":
		return x < y
	case "<=":
		return x <= y
	case ">":
		return x > y
	}
	return x >= y
}

// compare makes x stand in relation op to v.
func (s *solver) compare(x yara.Expr, op string, v int64, sc scope, want bool, d draft, k then) bool {
	if !want {
		op = opposite[op]
	}
	switch x := x.(type) {
	case *yara.Filesize:
		return s.sizing(op, v, d, k)
	case *yara.Count:
		if op == "<" || op == "<=" || op == "!=" && v != 0 {
			return (op != "<" || v > 0) && k(d)
		}
	case *yara.Offset:
		return s.offsetting(x, op, v, sc, d, k)
	case *yara.Length:
		return s.lengthening(x, op, v, sc, d, k)
	case *yara.Call:
		if op == "!=" {
			if _, _, ok := reader(x); ok {
				if now, next, ok := s.integer(x, sc, d); ok && now != v {
					return k(next)
				}
			}
		}
	}
	target, ok := wanted(op, v)
	return ok && s.assign(x, target, sc, d, k)
}

// wanted is a value that stands in relation op to v.
func wanted(op string, v int64) (int64, bool) {
	switch op {
	case "==", ">=", "<=":
		return v, true
	case ">", "!=":
		return v + 1, v < math.MaxInt64
	}
	return v - 1, v > math.MinInt64
}

func (s *solver) sizing(op string, v int64, d draft, k then) bool {
	ok := true
	switch op {
	case "==":
		if d, ok = d.larger(v); ok {
			d, ok = d.smaller(v)
		}
	case "<":
		d, ok = d.smaller(v - 1)
	case "<=":
		d, ok = d.smaller(v)
	case ">":
		d, ok = d.larger(v + 1)
	case ">=":
		d, ok = d.larger(v)
	}
	return ok && k(d)
}

// offsetting asks for an occurrence of a string, and those before it, on one
// side of v.
func (s *solver) offsetting(e *yara.Offset, op string, v int64, sc scope, d draft, k then) bool {
	w := span{0, maxSize}
	switch op {
	case "==":
		w = span{v, v}
	case "<":
		w.hi = v - 1
	case "<=":
		w.hi = v
	case ">":
		w.lo = v + 1
	case ">=":
		w.lo = v
	}
	str := sc.lookup(e.Name)
	if str == nil || w.lo > w.hi {
		return false
	}
	n := int64(1)
	if e.Index != nil {
		var ok bool
		if n, d, ok = s.integer(e.Index, sc, d); !ok || n < 1 || n > maxCount {
			return false
		}
	}
	if int64(d.within(str, w)) >= n {
		return k(d)
	}
	if n > 1 {
		for int64(d.within(str, w)) < n {
			var ok bool
			if d, ok = s.occur(str, w, d); !ok {
				return false
			}
		}
		return k(d)
	}
	for i, p := range d.loose { // what may lie anywhere is moved into the range
		if p.str == str && p.hi == maxSize && p.lo == 0 {
			d.loose = append([]piece(nil), d.loose...)
			d.loose[i].lo, d.loose[i].hi = w.lo, w.hi
			return k(d)
		}
	}
	next, ok := s.occur(str, w, d)
	return ok && k(next)
}

// lengthening asks for an occurrence whose length stands in relation op to v.
func (s *solver) lengthening(e *yara.Length, op string, v int64, sc scope, d draft, k then) bool {
	str := sc.lookup(e.Name)
	if str == nil {
		return false
	}
	for range 20 * tries {
		p := occurrence(s.rng, str)
		if !holds(op, int64(len(p.data)), v) {
			continue
		}
		if next, ok := d.with(p); ok {
			return k(next)
		}
	}
	return false
}

// assign makes x amount to v by turning round what is done to it.
func (s *solver) assign(x yara.Expr, v int64, sc scope, d draft, k then) bool {
	switch x := x.(type) {
	case *yara.Filesize:
		return s.sizing("==", v, d, k)
	case *yara.Count:
		return s.counted(x, v, sc, d, k)
	case *yara.Offset:
		return s.offsetting(x, "==", v, sc, d, k)
	case *yara.Ident:
		if bound, ok := sc.vars[x.Name]; ok {
			if i, ok := bound.(*yara.Int); ok {
				return i.Value == v && k(d)
			}
			return s.assign(bound, v, sc, d, k)
		}
	case *yara.Call:
		if size, order, ok := reader(x); ok {
			off, d, ok := s.integer(x.Args[0], sc, d)
			if !ok {
				return false
			}
			d, ok = d.with(piece{data: encodeInteger(v, size, order), off: off})
			return ok && k(d)
		}
		d, ok := s.setModule(x, v, sc, d)
		return ok && k(d)
	case *yara.Member, *yara.Index:
		d, ok := s.setModule(x, v, sc, d)
		return ok && k(d)
	case *yara.Binary:
		return s.invert(x, v, sc, d, k)
	}
	return false
}

// invert solves a op c == v for a, c being known.
func (s *solver) invert(x *yara.Binary, v int64, sc scope, d draft, k then) bool {
	known, open := x.Y, x.X
	if !settable(open, sc) {
		known, open = x.X, x.Y
	}
	c, d, ok := s.integer(known, sc, d)
	if !ok {
		return false
	}
	switch x.Op {
	case "+":
		v -= c
	case "-":
		if known == x.X {
			v = c - v
		} else {
			v += c
		}
	case "*":
		if c == 0 || v%c != 0 {
			return false
		}
		v /= c
	case "\\":
		v *= c
	case "^":
		v ^= c
	case "&":
		if v&^c != 0 {
			return false
		}
	case ">>":
		v <<= uint64(c) & 63
	case "<<":
		v >>= uint64(c) & 63
	case "%", "|":
	default:
		return false
	}
	return s.assign(open, v, sc, d, k)
}
