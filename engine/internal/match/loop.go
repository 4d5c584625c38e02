package match

import (
	"candor/engine/internal/ir"
	"candor/engine/module"
)

// maxSteps bounds the rounds of one loop.
const maxSteps = 1 << 20

// tally counts what a quantifier asks for.
type tally struct {
	need  int64 // -1: all
	exact bool  // none
	total int64
	found int64
}

// quantifier evaluates the head of e over total items; ok is false if it is undefined.
func (f *frame) quantifier(e *ir.Expr, total int64) (t tally, ok bool) {
	t.total = total
	switch e.Int {
	case ir.All:
		t.need = -1
		return t, true
	case ir.Percent:
		n, ok := f.integer(e.Kids[0])
		if !ok || total == 0 {
			return t, false
		}
		// found/total*100 >= n, in the arithmetic that YARA uses.
		for t.need = 0; t.need <= total && float64(t.need)/float64(total)*100 < float64(n); t.need++ {
		}
		return t, true
	}
	n, ok := f.integer(e.Kids[0])
	t.need, t.exact = n, n == 0
	return t, ok
}

// done tells whether the answer is known after seen items.
func (t *tally) done(seen int64) bool {
	switch {
	case t.need < 0:
		return t.found < seen
	case t.exact:
		return t.found > 0
	}
	return t.found >= t.need || t.total >= 0 && t.found+(t.total-seen) < t.need
}

// result is the verdict after seen items.
func (t *tally) result(seen int64) bool {
	switch {
	case t.need < 0:
		return t.found >= seen
	case t.exact:
		return t.found == 0
	}
	return t.found >= t.need
}

func (f *frame) of(e *ir.Expr) (bool, bool) {
	switch e.Op {
	case ir.OfRules:
		return f.overItems(e, len(e.Refs), func(i int) bool { return f.s.rule(e.Refs[i]) })
	case ir.OfExprs:
		return f.overItems(e, len(e.Kids)-1, func(i int) bool { ok, _ := f.truth(e.Kids[i+1]); return ok })
	}
	switch len(e.Kids) {
	case 2:
		at, ok := f.integer(e.Kids[1])
		if !ok {
			return false, false
		}
		return f.overItems(e, len(e.Refs), func(i int) bool { return f.occursAt(e.Refs[i], at) })
	case 3:
		lo, ok := f.integer(e.Kids[1])
		hi, ok2 := f.integer(e.Kids[2])
		if !ok || !ok2 {
			return false, false
		}
		return f.overItems(e, len(e.Refs), func(i int) bool { return f.foundIn(e.Refs[i], lo, hi) })
	}
	return f.ofPatterns(e)
}

// ofPatterns first counts what cannot occur, which costs nothing.
func (f *frame) ofPatterns(e *ir.Expr) (bool, bool) {
	t, ok := f.quantifier(e, int64(len(e.Refs)))
	if !ok {
		return false, false
	}
	possible := f.possible(e.Refs)
	if t.need < 0 && possible < t.total || t.need > possible {
		return false, true
	}
	seen := t.total - possible
	for _, r := range e.Refs {
		if f.impossible(r) {
			continue
		}
		if t.done(seen) {
			break
		}
		seen++
		if f.found(r) {
			t.found++
		}
	}
	return t.result(seen), true
}

func (f *frame) overItems(e *ir.Expr, n int, item func(int) bool) (bool, bool) {
	t, ok := f.quantifier(e, int64(n))
	if !ok {
		return false, false
	}
	seen := int64(0)
	for i := 0; i < n && !t.done(seen); i++ {
		seen++
		if item(i) {
			t.found++
		}
	}
	return t.result(seen), true
}

func (f *frame) loopOver(e *ir.Expr) (bool, bool) {
	body := e.Kids[len(e.Kids)-1]
	slot := e.Int2
	f.reserve(int(slot) + 2)
	yes := func() bool { ok, _ := f.truth(body); return ok }
	switch e.Op {
	case ir.ForOf:
		outer := f.loop
		defer func() { f.loop = outer }()
		return f.overItems(e, len(e.Refs), func(i int) bool {
			f.loop = int(e.Refs[i])
			return yes()
		})
	case ir.ForRange:
		return f.forRange(e, yes)
	case ir.ForList:
		items := e.Kids[1 : len(e.Kids)-1]
		return f.nonEmpty(e, len(items), func(i int) bool {
			f.vars[slot] = f.value(items[i])
			return yes()
		})
	case ir.ForArray:
		x := f.value(e.Kids[1])
		if x.Kind != module.Array || x.List == nil {
			return false, true
		}
		f.varTypes[slot] = f.elem(e.Kids[1])
		return f.nonEmpty(e, x.List.Len(), func(i int) bool {
			f.vars[slot] = defined(x.List.At(i))
			return yes()
		})
	}
	x := f.value(e.Kids[1])
	if x.Kind != module.Dict || x.Map == nil {
		return false, true
	}
	f.varTypes[slot+1] = f.elem(e.Kids[1])
	return f.nonEmpty(e, x.Map.Len(), func(i int) bool {
		k, v := x.Map.Entry(i)
		f.vars[slot], f.vars[slot+1] = module.StringValue(k), defined(v)
		return yes()
	})
}

func (f *frame) elem(e *ir.Expr) *module.Type {
	if t := f.typeOf(e); t != nil {
		return t.Elem
	}
	return nil
}

// nonEmpty is overItems for loops that are false over nothing.
func (f *frame) nonEmpty(e *ir.Expr, n int, item func(int) bool) (bool, bool) {
	if n == 0 {
		return false, true
	}
	return f.overItems(e, n, item)
}

func (f *frame) forRange(e *ir.Expr, yes func() bool) (bool, bool) {
	lo, ok := f.integer(e.Kids[1])
	hi, ok2 := f.integer(e.Kids[2])
	if !ok || !ok2 || lo > hi {
		return false, true
	}
	n := hi - lo
	if n < 0 || n >= maxSteps {
		n = maxSteps - 1
	}
	return f.overItems(e, int(n)+1, func(i int) bool {
		f.vars[e.Int2] = module.IntValue(lo + int64(i))
		return yes()
	})
}
