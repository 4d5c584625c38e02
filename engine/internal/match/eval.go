package match

import (
	"encoding/binary"
	"slices"

	"candor/engine/internal/ir"
	"candor/engine/module"
)

// frame evaluates the condition of one rule.
type frame struct {
	s    *Scanner
	u    *unit
	loop int // the pattern that a for … of is at, -1 outside

	vars     []module.Value // of the loops
	varTypes []*module.Type
}

// reserve makes room for loop variables.
func (f *frame) reserve(n int) {
	for len(f.vars) < n {
		f.vars, f.varTypes = append(f.vars, module.Value{}), append(f.varTypes, nil)
	}
}

// truth evaluates a condition; an undefined one is false and not defined.
func (f *frame) truth(e *ir.Expr) (value, defined bool) {
	switch e.Op {
	case ir.Bool:
		return e.Int != 0, true
	case ir.And:
		if slices.ContainsFunc(e.Kids, f.hopeless) {
			return false, true
		}
		for _, k := range e.Kids {
			if ok, _ := f.truth(k); !ok {
				return false, true
			}
		}
		return true, true
	case ir.Or:
		for _, k := range e.Kids {
			if ok, _ := f.truth(k); ok {
				return true, true
			}
		}
		return false, true
	case ir.Not:
		v, ok := f.truth(e.Kids[0])
		return ok && !v, ok
	case ir.Defined:
		return f.value(e.Kids[0]).Kind != module.Undefined, true
	case ir.Found:
		i, ok := f.ref(e)
		return ok && f.found(i), true
	case ir.FoundAt, ir.FoundIn:
		return f.foundPlace(e)
	case ir.Rule_:
		return f.s.rule(e.Refs[0]), true
	case ir.Eq, ir.Ne, ir.Lt, ir.Le, ir.Gt, ir.Ge:
		return f.comparison(e)
	case ir.Contains, ir.IContains, ir.StartsWith, ir.IStartsWith, ir.EndsWith, ir.IEndsWith, ir.IEquals:
		return f.stringTest(e)
	case ir.Matches:
		x := f.value(e.Kids[0])
		if x.Kind != module.String {
			return false, false
		}
		_, ok := f.regexp(e).Match(x.Str)
		return ok, true
	case ir.OfPatterns, ir.OfRules, ir.OfExprs:
		return f.of(e)
	case ir.ForOf, ir.ForRange, ir.ForList, ir.ForArray, ir.ForDict:
		return f.loopOver(e)
	case ir.ToBool:
		return truthOf(f.value(e.Kids[0]))
	case ir.SigLogic:
		return f.sigLogic(e), true
	case ir.SigSize:
		return f.sigSections(e), true
	}
	return truthOf(f.value(e))
}

// hopeless tells, out of what is known of the patterns already, whether a
// condition cannot be true. It searches for nothing.
func (f *frame) hopeless(e *ir.Expr) bool {
	switch e.Op {
	case ir.Found, ir.FoundAt, ir.FoundIn:
		i, ok := f.ref(e)
		return ok && f.impossible(i)
	case ir.OfPatterns:
		need := int64(len(e.Refs))
		if e.Int == ir.AtLeast && e.Kids[0].Op == ir.Int {
			need = e.Kids[0].Int
		} else if e.Int != ir.All {
			return false
		}
		return need > 0 && f.possible(e.Refs) < need
	case ir.And:
		return slices.ContainsFunc(e.Kids, f.hopeless)
	case ir.Or:
		return !slices.ContainsFunc(e.Kids, func(k *ir.Expr) bool { return !f.hopeless(k) })
	case ir.Lt, ir.Le, ir.Gt, ir.Ge, ir.Eq:
		if e.Kids[0].Op == ir.Filesize && e.Kids[1].Op == ir.Int {
			ok, _ := f.comparison(e)
			return !ok
		}
	}
	return false
}

// possible counts the patterns that may occur.
func (f *frame) possible(refs []uint32) (n int64) {
	for _, r := range refs {
		if !f.impossible(r) {
			n++
		}
	}
	return n
}

func truthOf(v module.Value) (bool, bool) {
	switch v.Kind {
	case module.Bool, module.Int:
		return v.Int != 0, true
	case module.Float:
		return v.Float != 0, true
	case module.String:
		return len(v.Str) > 0, true
	}
	return false, false
}

// ref gives the number of the pattern that e is about.
func (f *frame) ref(e *ir.Expr) (uint32, bool) {
	if len(e.Refs) > 0 {
		return e.Refs[0], true
	}
	return uint32(f.loop), f.loop >= 0
}

func (f *frame) foundPlace(e *ir.Expr) (bool, bool) {
	i, ok := f.ref(e)
	if !ok {
		return false, true
	}
	lo, ok := f.integer(e.Kids[0])
	if e.Op == ir.FoundAt {
		return ok && f.occursAt(i, lo), true
	}
	hi, ok2 := f.integer(e.Kids[1])
	if !ok || !ok2 {
		return false, false
	}
	return f.foundIn(i, lo, hi), true
}

// foundIn tells whether pattern i occurs at an offset from lo to hi, both included.
func (f *frame) foundIn(i uint32, lo, hi int64) bool {
	lo, hi = max(lo, 0), min(hi, int64(len(f.s.data))-1)
	if lo > hi || f.impossible(i) {
		return false
	}
	p := f.u.numbers[i]
	if f.s.occMark[p] != f.s.epoch && hi-lo < int64(len(f.s.data))/4 {
		return f.search(i, int(lo), int(hi)+1, nil)
	}
	starts := f.all(i).starts
	at, _ := slices.BinarySearch(starts, int(lo))
	return at < len(starts) && int64(starts[at]) <= hi
}

// integer evaluates an integer; ok is false if it is undefined.
func (f *frame) integer(e *ir.Expr) (v int64, ok bool) {
	switch e.Op {
	case ir.Int:
		return e.Int, true
	case ir.Filesize:
		return int64(f.s.size), true
	case ir.Entrypoint:
		return f.s.entrypoint()
	case ir.ReadInt:
		at, ok := f.integer(e.Kids[0])
		if !ok {
			return 0, false
		}
		return readInt(f.s.data, at, e.Int)
	case ir.Count:
		return f.count(e)
	case ir.Offset, ir.Length:
		return f.occurrence(e)
	case ir.Neg:
		x, ok := f.integer(e.Kids[0])
		return -x, ok
	case ir.BitNot:
		x, ok := f.integer(e.Kids[0])
		return ^x, ok
	case ir.Add, ir.Sub, ir.Mul, ir.Div, ir.Mod, ir.BitAnd, ir.BitOr, ir.BitXor, ir.Shl, ir.Shr:
		x, ok := f.integer(e.Kids[0])
		if !ok {
			return 0, false
		}
		y, ok := f.integer(e.Kids[1])
		if !ok {
			return 0, false
		}
		return intArithmetic(e.Op, x, y)
	}
	x := f.value(e)
	return x.Int, x.Kind == module.Int || x.Kind == module.Bool
}

func readInt(data []byte, at, kind int64) (int64, bool) {
	width := kind & 0xFF
	if at < 0 || at > int64(len(data))-width {
		return 0, false
	}
	var b [8]byte
	big := kind&ir.BigEndian != 0
	var v uint64
	if big {
		copy(b[8-width:], data[at:at+width])
		v = binary.BigEndian.Uint64(b[:])
	} else {
		copy(b[:], data[at:at+width])
		v = binary.LittleEndian.Uint64(b[:])
	}
	if kind&ir.Signed != 0 {
		shift := 64 - 8*width
		return int64(v<<shift) >> shift, true
	}
	return int64(v), true
}

func intArithmetic(op ir.Op, x, y int64) (int64, bool) {
	switch op {
	case ir.Add:
		return x + y, true
	case ir.Sub:
		return x - y, true
	case ir.Mul:
		return x * y, true
	case ir.Div, ir.Mod:
		if y == 0 {
			return 0, false
		}
		if y == -1 { // the quotient of the least integer overflows
			if op == ir.Mod {
				return 0, true
			}
			return -x, true
		}
		if op == ir.Div {
			return x / y, true
		}
		return x % y, true
	case ir.BitAnd:
		return x & y, true
	case ir.BitOr:
		return x | y, true
	case ir.BitXor:
		return x ^ y, true
	}
	if y < 0 {
		return 0, false
	}
	if y >= 64 {
		return 0, true
	}
	if op == ir.Shl {
		return x << y, true
	}
	return x >> y, true
}

func (f *frame) count(e *ir.Expr) (int64, bool) {
	i, ok := f.ref(e)
	if !ok {
		return 0, true
	}
	if len(e.Kids) < 2 {
		if f.impossible(i) {
			return 0, true
		}
		return int64(len(f.all(i).starts)), true
	}
	lo, ok := f.integer(e.Kids[0])
	hi, ok2 := f.integer(e.Kids[1])
	if !ok || !ok2 {
		return 0, false
	}
	n := int64(0)
	for _, at := range f.all(i).starts {
		if int64(at) >= lo && int64(at) <= hi {
			n++
		}
	}
	return n, true
}

func (f *frame) occurrence(e *ir.Expr) (int64, bool) {
	i, ok := f.ref(e)
	if !ok {
		return 0, false
	}
	k, ok := f.integer(e.Kids[0])
	if !ok || k < 1 {
		return 0, false
	}
	o := f.all(i)
	if k > int64(len(o.starts)) {
		return 0, false
	}
	if e.Op == ir.Offset {
		return int64(o.starts[k-1]), true
	}
	return int64(f.lengthOf(i, o, int(k-1))), true
}

func (f *frame) lengthOf(i uint32, o *occurrences, k int) int {
	if o.lens[k] < 0 {
		o.lens[k] = int32(f.length(i, o.starts[k]))
	}
	return int(o.lens[k])
}

// entrypoint is the file offset of the entry point of an executable.
func (s *Scanner) entrypoint() (int64, bool) {
	for _, name := range []string{"pe", "elf"} {
		if o := s.object(name); o != nil {
			field := "entry_point"
			if v := o.Field(field); v.Kind == module.Int {
				return v.Int, true
			}
		}
	}
	return 0, false
}
