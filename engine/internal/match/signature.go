package match

import (
	"encoding/binary"
	"math/bits"
	"sort"

	"candor/engine/internal/ir"
	"candor/engine/module"
)

// maxSubs bounds the subsignatures of a logical signature, as ClamAV does.
const maxSubs = 64

// logic evaluates one logical expression: what clamav.Logic promises.
type logic struct {
	f      *frame
	subs   []*ir.Expr
	counts [maxSubs]int32 // -1: not counted yet
}

// outcome is the value of a logical expression.
type outcome struct {
	ok  bool
	sum uint32
	set uint64
}

func (f *frame) sigLogic(e *ir.Expr) bool {
	l := logic{f: f, subs: e.Kids[1:]}
	if len(l.subs) > maxSubs {
		return false
	}
	for i := range l.counts {
		l.counts[i] = -1
	}
	return l.eval(e.Kids[0]).ok
}

func (l *logic) eval(e *ir.Expr) outcome {
	switch e.Op {
	case ir.SigSub:
		if e.Int < 0 || int(e.Int) >= len(l.subs) {
			return outcome{}
		}
		n := l.count(int(e.Int))
		ok := n > 0
		if len(e.Str) >= 5 {
			ok = relation(e.Str, n)
		}
		if !ok {
			return outcome{}
		}
		return outcome{true, n, 1 << e.Int}
	case ir.SigAnd, ir.SigOr:
		return l.join(e)
	}
	return outcome{}
}

func (l *logic) join(e *ir.Expr) outcome {
	x := l.eval(e.Kids[0])
	y := l.eval(e.Kids[1])
	ok := x.ok || y.ok
	if e.Op == ir.SigAnd {
		ok = x.ok && y.ok
	}
	out := outcome{ok: ok}
	if ok {
		out.sum, out.set = x.sum+y.sum, x.set|y.set
	}
	if len(e.Str) < 9 {
		return out
	}
	distinct := int(binary.LittleEndian.Uint32(e.Str[5:]))
	out.ok = relation(e.Str, out.sum) && (distinct == 0 || bits.OnesCount64(out.set) >= distinct)
	out.set = 0
	return out
}

func relation(mod []byte, n uint32) bool {
	want := binary.LittleEndian.Uint32(mod[1:])
	switch mod[0] {
	case '=':
		return n == want
	case '>':
		return n > want
	}
	return n < want
}

func (l *logic) count(i int) uint32 {
	if l.counts[i] < 0 {
		l.counts[i] = 0 // an expression that refers to itself counts nothing
		l.counts[i] = l.countSub(l.subs[i])
	}
	return uint32(l.counts[i])
}

func (l *logic) countSub(e *ir.Expr) int32 {
	switch e.Op {
	case ir.SigBody:
		return int32(len(l.f.placed(e)))
	case ir.SigRegexp:
		return l.countRegexp(e)
	case ir.SigCompare:
		if l.compare(e) {
			return 1
		}
	case ir.SigMacro:
		return l.f.countMacro(e)
	}
	return 0
}

// placed gives the occurrences of a body at the places that are allowed.
func (f *frame) placed(e *ir.Expr) []int {
	if f.impossible(e.Refs[0]) {
		return nil
	}
	lo, hi, ok := f.place(e)
	if !ok {
		return nil
	}
	starts := f.all(e.Refs[0]).starts
	from := sort.SearchInts(starts, lo)
	to := sort.SearchInts(starts, hi+1)
	return starts[from:max(from, to)]
}

func (l *logic) countRegexp(e *ir.Expr) int32 {
	if t := e.Kids[4]; t.Op != ir.Undefined && !l.eval(t).ok {
		return 0
	}
	f := l.f
	if f.impossible(e.Refs[0]) {
		return 0
	}
	lo, hi, ok := f.place(e)
	if !ok {
		return 0
	}
	if e.Int&ir.RegexpRolling != 0 {
		hi = len(f.s.data)
	}
	o := f.all(e.Refs[0])
	seen := f.s.data
	if shift := e.Kids[3].Int; e.Int&ir.RegexpEncompass != 0 && shift > 0 {
		seen = seen[:min(int64(lo)+shift, int64(len(seen)))]
	}
	n, end := int32(0), lo
	for k := sort.SearchInts(o.starts, lo); k < len(o.starts) && (n > 0 || o.starts[k] <= hi); k++ {
		if o.starts[k] < end || len(seen) < len(f.s.data) && !f.within(e.Refs[0], o.starts[k], seen) {
			continue
		}
		n++
		if e.Int&ir.RegexpGlobal == 0 {
			break
		}
		end = o.starts[k] + max(f.lengthOf(e.Refs[0], o, k), 1)
	}
	return n
}

// within tells whether a pattern matches at start in the part of the content
// that an expression is confined to.
func (f *frame) within(i uint32, start int, seen []byte) bool {
	for k, v := range f.u.rule.Patterns[i].Variants {
		if v.Tree == nil {
			if start+len(v.Lit) <= len(seen) {
				return true
			}
			continue
		}
		if prog := f.u.program(i, k); prog != nil && start <= len(seen) {
			if _, ok := f.s.matcher(prog).Match(seen, start); ok {
				return true
			}
		}
	}
	return false
}

// countMacro counts the occurrences of a body that have one of the group at
// the right distance.
func (f *frame) countMacro(e *ir.Expr) int32 {
	lo, hi := e.Kids[0].Int, e.Kids[1].Int
	n := int32(0)
	for _, at := range f.all(e.Refs[0]).starts {
		for _, r := range e.Refs[1:] {
			if !f.impossible(r) && f.foundIn(r, int64(at)+lo, int64(at)+hi) {
				n++
				break
			}
		}
	}
	return n
}

// executable is what offsets of signatures refer to.
type executable struct {
	entry    int64
	sections [][2]int64 // offset and size in the file
}

func (s *Scanner) executable() *executable {
	if s.exe != nil {
		return s.exe
	}
	s.exe = &executable{entry: -1}
	for _, format := range [][3]string{{"pe", "raw_data_offset", "raw_data_size"}, {"elf", "offset", "size"}} {
		o := s.object(format[0])
		if o == nil {
			continue
		}
		entry := o.Field("entry_point")
		if entry.Kind != module.Int {
			continue
		}
		s.exe.entry = entry.Int
		if list := o.Field("sections"); list.Kind == module.Array {
			for i := range list.List.Len() {
				if x := list.List.At(i); x.Obj != nil {
					s.exe.sections = append(s.exe.sections, [2]int64{x.Obj.Field(format[1]).Int, x.Obj.Field(format[2]).Int})
				}
			}
		}
		break
	}
	return s.exe
}

func (f *frame) sigSections(e *ir.Expr) bool {
	x := f.s.executable()
	n := int64(len(x.sections))
	return x.entry >= 0 && n >= e.Kids[0].Int && n <= e.Kids[1].Int
}
