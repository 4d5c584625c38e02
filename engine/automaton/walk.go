package automaton

import "candor/engine/pattern"

// walk is one way to follow a program: its direction and what counts.
// A set of nodes ("list") holds consuming and assert nodes and the end; no
// node twice. The asserts are undecided until the next byte is known.
type walk struct {
	m        *Matcher
	p        *Program
	next     *links
	backward bool
	from     int32 // terminal at which paths begin
	to       int32 // terminal at which they end
	inject   bool  // paths begin at every offset
	ordered  bool  // lists are in order of preference, and end at the end
	seed     []int32
}

func newWalk(m *Matcher, backward, inject, ordered bool) walk {
	w := walk{m: m, p: m.p, next: &m.p.out, from: origin, to: goal, inject: inject, ordered: ordered}
	if backward {
		w.backward, w.next, w.from, w.to = true, &m.p.in, goal, origin
	}
	if inject {
		m.mark()
		w.seed = w.successors(nil, w.from)
	}
	return w
}

// successors appends what is reached from node n without consuming, leaving
// out what is marked. Assert nodes are appended: they are decided later.
func (w *walk) successors(dst []int32, n int32) []int32 {
	next := w.next.of(n)
	w.m.work += int64(len(next))
	for _, x := range next {
		if w.p.kind[x] == consume { // the common case, without the stack
			if w.m.fresh(x) {
				dst = append(dst, x)
			}
		} else {
			dst = w.reach(dst, x, 0, false)
		}
	}
	return dst
}

// reach is successors for n itself.
func (w *walk) reach(dst []int32, n int32, context uint32, decided bool) []int32 {
	m := w.m
	stack := append(m.stack[:0], n)
	for len(stack) > 0 {
		n = stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if !m.fresh(n) {
			continue
		}
		m.work++
		switch k := w.p.kind[n]; {
		case k == junction, k == assert && decided && passes(w.p.arg[n], context):
			next := w.next.of(n)
			for i := len(next) - 1; i >= 0; i-- {
				stack = append(stack, next[i])
			}
		case k != assert || !decided:
			dst = append(dst, n)
		}
	}
	m.stack = stack
	return dst
}

// decide settles the asserts of a list.
func (w *walk) decide(dst, list []int32, context uint32) []int32 {
	w.m.mark()
	for _, n := range list {
		dst = w.reach(dst, n, context, true)
	}
	return dst
}

// step reads one byte of a class, or none if class is Program.classes, at an
// offset with the given context: it appends to dst the list behind the byte
// and tells whether a match that consumed something is complete before it.
func (w *walk) step(dst, list []int32, context uint32, class int) ([]int32, bool) {
	m, seed := w.m, w.seed
	accept := false
	if len(w.p.ctx.kinds) > 0 {
		m.decided = w.decide(m.decided[:0], list, context)
		list = m.decided
		if w.inject {
			m.seeded = w.decide(m.seeded[:0], seed, context)
			seed = m.seeded
		}
	}
	m.mark()
	for _, n := range list {
		if n == w.to {
			accept = true
			if w.ordered {
				break
			}
			continue
		}
		dst = w.consume(dst, n, class)
	}
	m.work += int64(len(list)) + 1
	if !w.inject {
		return dst, accept
	}
	m.work += int64(len(seed))
	for _, n := range seed {
		if n == w.to {
			accept = accept || m.Empty
			continue
		}
		dst = w.consume(dst, n, class)
	}
	return dst, accept
}

func (w *walk) consume(dst []int32, n int32, class int) []int32 {
	if class == w.p.classes || !w.p.takes(n, class) {
		return dst
	}
	return w.successors(dst, n)
}

// first is the set of bytes with which a path may begin; all bytes if a match
// without any byte counts.
func (w *walk) first() pattern.Set {
	var s pattern.Set
	w.m.mark()
	list := w.successors(nil, w.from)
	for i := 0; i < len(list); i++ {
		switch n := list[i]; w.p.kind[n] {
		case assert: // may pass
			list = w.successors(list, n)
		case consume:
			taken := &w.p.sets[w.p.arg[n]]
			for b, c := range w.p.class {
				if taken.Has(c) {
					s.Add(byte(b))
				}
			}
		case terminal:
			if w.m.Empty {
				return pattern.Set{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}
			}
		}
	}
	return s
}
