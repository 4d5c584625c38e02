// Package plan decides how a set of compiled rules is looked for: it derives
// each rule's necessary formula, chooses the cheapest atoms that cover it, and
// lays the atoms out in tables for each kind of content.
package plan

import (
	"encoding/binary"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"candor/engine/gram"
	"candor/engine/internal/ir"
)

// Formulas derives the necessary formula of each rule.
type Formulas struct {
	Rules   []*ir.Rule
	numbers *Numbers
	owner   []whose // by pattern: a rule that has it
	memo    []*gram.Formula
	busy    []bool

	placed  [][]placed      // by pattern; nil if they say all
	present []*gram.Formula // by pattern
}

// NewFormulas prepares the derivation for rules. One that is nil says nothing.
func NewFormulas(rules []*ir.Rule, numbers *Numbers, patterns int) *Formulas {
	f := newFormulas(rules, numbers, patterns)
	f.eachPattern(func(p int) { f.placed[p], f.present[p] = placedFormula(uint32(p), f.variants(uint32(p))) })
	return f
}

// NewWholeFormulas is NewFormulas for those who ask for all that is certain to be
// there, not for what it takes to find a pattern. Nothing can be laid out by them.
func NewWholeFormulas(rules []*ir.Rule, numbers *Numbers, patterns int) *Formulas {
	f := newFormulas(rules, numbers, patterns)
	f.eachPattern(func(p int) { f.present[p] = wholeFormula(uint32(p), f.variants(uint32(p))) })
	return f
}

func newFormulas(rules []*ir.Rule, numbers *Numbers, patterns int) *Formulas {
	f := &Formulas{
		Rules: rules, numbers: numbers, owner: make([]whose, patterns), memo: make([]*gram.Formula, len(rules)), busy: make([]bool, len(rules)),
		placed: make([][]placed, patterns), present: make([]*gram.Formula, patterns),
	}
	for p := range f.owner {
		f.owner[p].rule = nobody
	}
	for r, rule := range rules {
		if rule == nil {
			continue
		}
		for i, p := range numbers.Of(uint32(r)) {
			f.owner[p] = whose{uint32(r), uint32(i)}
		}
	}
	return f
}

// placedTogether is how many patterns one of several workers takes at a time.
const placedTogether = 32

// eachPattern derives what each pattern is found by. That is most of the work of
// planning, and done on all processors.
func (f *Formulas) eachPattern(derive func(p int)) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for {
				to := int(next.Add(placedTogether))
				for p := to - placedTogether; p < min(to, len(f.placed)); p++ {
					derive(p)
				}
				if to >= len(f.placed) {
					return
				}
			}
		})
	}
	workers.Wait()
}

// variants gives those of a pattern, none for a number that no rule has.
func (f *Formulas) variants(p uint32) []ir.Variant {
	o := f.owner[p]
	if int(o.rule) >= len(f.Rules) || int(o.index) >= len(f.Rules[o.rule].Patterns) {
		return nil
	}
	return f.Rules[o.rule].Patterns[o.index].Variants
}

// placedFormula gives the atoms of a pattern with their places, and the
// formula that it occurs.
func placedFormula(p uint32, variants []ir.Variant) ([]placed, *gram.Formula) {
	if len(variants) == 0 {
		return nil, gram.Never()
	}
	atoms, cost := place(p, variants)
	f := &gram.Formula{Op: gram.Present, Pattern: p, Set: gram.Set{Cost: cost, Atoms: make([]gram.Atom, 0, len(atoms))}}
	for _, a := range atoms {
		f.Set.Atoms = append(f.Set.Atoms, a.Atom)
	}
	return atoms, f
}

// wholeFormula gives the formula that a pattern occurs: of one of its variants
// all that is certain to be there.
func wholeFormula(p uint32, variants []ir.Variant) *gram.Formula {
	var out []*gram.Formula
	for i := range variants {
		v := &variants[i]
		var all []*gram.Formula
		for _, set := range needsOf(v) {
			for k := range set.Atoms {
				set.Atoms[k].Zero, set.Atoms[k].At = holdsZero(v), offsetOf(set.Atoms[k], v.Tree)
			}
			all = append(all, &gram.Formula{Op: gram.Present, Pattern: p, Set: set})
		}
		out = append(out, gram.And(all...))
	}
	return gram.Or(out...)
}

func needsOf(v *ir.Variant) []gram.Set {
	switch {
	case v.Tree != nil:
		return gram.Needs(v.Tree)
	case !v.Xor:
		return gram.LiteralNeeds(v.Lit)
	}
	if set := variantSet(v); set.Cost < gram.Impossible {
		return []gram.Set{set}
	}
	return nil
}

// Of gives the formula of rule r.
func (f *Formulas) Of(r uint32) *gram.Formula {
	if int(r) >= len(f.memo) || f.busy[r] || f.Rules[r] == nil {
		return gram.Any()
	}
	if f.memo[r] == nil {
		f.busy[r] = true
		n := need{all: f, rule: r, loop: -1}
		f.memo[r] = n.truth(f.Rules[r].Cond)
		f.busy[r] = false
	}
	return f.memo[r]
}

// whose names a pattern: pattern index of a rule.
type whose struct{ rule, index uint32 }

// nobody is the rule of a pattern that no rule has.
const nobody = math.MaxUint32

// need derives the formula of one rule.
type need struct {
	all  *Formulas
	rule uint32
	loop int // the pattern that a for … of is at, -1 outside
}

func (n *need) pattern(i uint32) *gram.Formula { return n.all.present[n.all.numbers.Of(n.rule)[i]] }

// ref is the formula of the pattern that e is about.
func (n *need) ref(e *ir.Expr) *gram.Formula {
	switch {
	case len(e.Refs) > 0:
		return n.pattern(e.Refs[0])
	case n.loop >= 0:
		return n.pattern(uint32(n.loop))
	}
	return gram.Any()
}

// truth gives what must hold for e to be true.
func (n *need) truth(e *ir.Expr) *gram.Formula {
	switch e.Op {
	case ir.Bool:
		if e.Int == 0 {
			return gram.Never()
		}
	case ir.Undefined:
		return gram.Never()
	case ir.Found:
		return n.ref(e)
	case ir.FoundAt:
		return gram.And(n.ref(e), n.at(e), n.defined(e.Kids[0]))
	case ir.FoundIn:
		return gram.And(within(n.ref(e), e.Kids[0], e.Kids[1]), n.defined(e.Kids[0]), n.defined(e.Kids[1]))
	case ir.ToBool:
		if e.Kids[0].Op == ir.Count {
			return n.ref(e.Kids[0])
		}
		return n.defined(e.Kids[0])
	case ir.And:
		return gram.And(n.each(e.Kids)...)
	case ir.Or:
		return gram.Or(n.each(e.Kids)...)
	case ir.Eq, ir.Ne, ir.Lt, ir.Le, ir.Gt, ir.Ge:
		return n.comparison(e)
	case ir.Contains, ir.IContains, ir.StartsWith, ir.IStartsWith, ir.EndsWith, ir.IEndsWith, ir.IEquals:
		return gram.And(n.defined(e.Kids[0]), n.defined(e.Kids[1]))
	case ir.Matches, ir.Defined:
		return n.defined(e.Kids[0])
	case ir.OfPatterns, ir.OfRules, ir.OfExprs, ir.ForOf:
		return n.quantified(e)
	case ir.ForRange:
		return n.forRange(e)
	case ir.ForArray, ir.ForDict:
		return n.defined(e.Kids[1])
	case ir.Rule_:
		return n.all.Of(e.Refs[0])
	case ir.Field, ir.Index, ir.Call:
		return n.defined(e)
	case ir.SigLogic:
		return n.logic(e.Kids[0], e.Kids[1:])
	}
	return gram.Any()
}

func (n *need) each(es []*ir.Expr) []*gram.Formula {
	out := make([]*gram.Formula, len(es))
	for i, e := range es {
		out[i] = n.truth(e)
	}
	return out
}

// at is the header test of a literal at a constant offset.
func (n *need) at(e *ir.Expr) *gram.Formula {
	if e.Kids[0].Op != ir.Int || len(e.Refs) == 0 && n.loop < 0 {
		return gram.Any()
	}
	i := uint32(max(n.loop, 0))
	if len(e.Refs) > 0 {
		i = e.Refs[0]
	}
	var alternatives []*gram.Formula
	for _, v := range n.all.Rules[n.rule].Patterns[i].Variants {
		if v.Lit == nil || v.Nocase || v.Xor {
			return gram.Any()
		}
		alternatives = append(alternatives, &gram.Formula{Op: gram.Header, Offset: e.Kids[0].Int, Bytes: v.Lit})
	}
	return gram.Or(alternatives...)
}

// within is the formula of a pattern that begins between two offsets.
func within(f *gram.Formula, from, to *ir.Expr) *gram.Formula {
	out := *f
	if f.Op == gram.AllOf || f.Op == gram.AnyOf {
		out.Sub = make([]*gram.Formula, len(f.Sub))
		for i, s := range f.Sub {
			out.Sub[i] = within(s, from, to)
		}
	}
	if f.Op != gram.Present {
		return &out
	}
	switch {
	case to.Op == ir.Int && to.Int >= 0 && to.Int < math.MaxInt32:
		out.Within = to.Int + 1
	case from.Op == ir.Sub && from.Kids[0].Op == ir.Filesize && from.Kids[1].Op == ir.Int && from.Kids[1].Int > 0:
		out.Within = -from.Kids[1].Int
	}
	return &out
}

// defined gives what must hold for the value of e to be defined.
func (n *need) defined(e *ir.Expr) *gram.Formula {
	switch e.Op {
	case ir.Undefined:
		return gram.Never()
	case ir.Offset, ir.Length:
		return gram.And(n.ref(e), n.defined(e.Kids[0]))
	case ir.Field, ir.Index, ir.Call:
		return n.moduleValue(e)
	case ir.ReadInt, ir.Neg, ir.BitNot, ir.Add, ir.Sub, ir.Mul, ir.Div, ir.Mod,
		ir.BitAnd, ir.BitOr, ir.BitXor, ir.Shl, ir.Shr, ir.ToFloat:
		out := gram.Any()
		for _, k := range e.Kids {
			out = gram.And(out, n.defined(k))
		}
		return out
	}
	return gram.Any()
}

// formats are the modules whose values are undefined unless the content
// begins with these bytes.
var formats = map[string][]byte{"pe": []byte("MZ"), "dotnet": []byte("MZ"), "elf": []byte("\x7fELF")}

// constants are the members of those modules that are defined for any content.
var constants = map[string]bool{"is_pe": true, "is_dotnet": true}

func (n *need) moduleValue(e *ir.Expr) *gram.Formula {
	for root := e; ; root = root.Kids[0] {
		if root.Op == ir.Field && (isUpper(root.Str) || constants[string(root.Str)]) {
			return gram.Any()
		}
		if root.Op == ir.Module {
			if magic, ok := formats[string(root.Str)]; ok {
				return &gram.Formula{Op: gram.Header, Bytes: magic}
			}
			return gram.Any()
		}
		if len(root.Kids) == 0 {
			return gram.Any()
		}
	}
}

// isUpper recognises the names of constants.
func isUpper(name []byte) bool {
	for _, c := range name {
		if c >= 'a' && c <= 'z' {
			return false
		}
	}
	return true
}

func (n *need) comparison(e *ir.Expr) *gram.Formula {
	x, y, op := e.Kids[0], e.Kids[1], e.Op
	out := gram.And(n.defined(x), n.defined(y))
	if x.Op == ir.Int && y.Op != ir.Int {
		x, y, op = y, x, mirrored(op)
	}
	switch {
	case impliesSome(op, n.counts(x), y):
		return gram.And(out, gram.Or(n.refs(x)...))
	case impliesSome(mirrored(op), n.counts(y), x):
		return gram.And(out, gram.Or(n.refs(y)...))
	case x.Op == ir.Filesize && y.Op == ir.Int:
		return gram.And(out, sizeFormula(op, y.Int))
	case x.Op == ir.ReadInt && y.Op == ir.Int && op == ir.Eq && x.Kids[0].Op == ir.Int:
		return gram.And(out, headerFormula(x, y.Int))
	}
	return out
}

func mirrored(op ir.Op) ir.Op {
	switch op {
	case ir.Lt:
		return ir.Gt
	case ir.Le:
		return ir.Ge
	case ir.Gt:
		return ir.Lt
	case ir.Ge:
		return ir.Le
	}
	return op
}

// counts tells whether e is a sum of counts.
func (n *need) counts(e *ir.Expr) bool {
	return e.Op == ir.Count || e.Op == ir.Add && n.counts(e.Kids[0]) && n.counts(e.Kids[1])
}

// refs gives the formulas of the patterns that a sum of counts is about.
func (n *need) refs(e *ir.Expr) []*gram.Formula {
	if e.Op == ir.Count {
		return []*gram.Formula{n.ref(e)}
	}
	return append(n.refs(e.Kids[0]), n.refs(e.Kids[1])...)
}

// impliesSome tells whether a sum of counts that compares so with y is above zero.
func impliesSome(op ir.Op, isSum bool, y *ir.Expr) bool {
	least, ok := atLeast(y)
	if !isSum || !ok {
		return false
	}
	switch op {
	case ir.Gt:
		return least >= 0
	case ir.Ge, ir.Eq:
		return least >= 1
	case ir.Ne:
		return y.Op == ir.Int && y.Int == 0
	}
	return false
}

// atLeast bounds an integer from below.
func atLeast(e *ir.Expr) (int64, bool) {
	switch e.Op {
	case ir.Int:
		return e.Int, true
	case ir.Count, ir.Filesize:
		return 0, true
	case ir.Add:
		x, ok := atLeast(e.Kids[0])
		y, ok2 := atLeast(e.Kids[1])
		return x + y, ok && ok2 && x < 1<<40 && y < 1<<40
	}
	return 0, false
}

func sizeFormula(op ir.Op, v int64) *gram.Formula {
	f := &gram.Formula{Op: gram.Size, Max: math.MaxInt64}
	switch op {
	case ir.Lt:
		f.Max = v - 1
	case ir.Le:
		f.Max = v
	case ir.Gt:
		f.Min = v + 1
	case ir.Ge:
		f.Min = v
	case ir.Eq:
		f.Min, f.Max = v, v
	default:
		return gram.Any()
	}
	return f
}

func headerFormula(read *ir.Expr, v int64) *gram.Formula {
	width := int(read.Int & 0xFF)
	if v < 0 || v>>(8*width) != 0 {
		if read.Int&ir.Signed != 0 {
			return gram.Any()
		}
		return gram.Never()
	}
	var b [8]byte
	bytes := b[:width]
	if read.Int&ir.BigEndian != 0 {
		binary.BigEndian.PutUint64(b[:], uint64(v)<<(64-8*width))
	} else {
		binary.LittleEndian.PutUint64(b[:], uint64(v))
	}
	return &gram.Formula{Op: gram.Header, Offset: read.Kids[0].Int, Bytes: bytes}
}

func (n *need) quantified(e *ir.Expr) *gram.Formula {
	var parts []*gram.Formula
	switch e.Op {
	case ir.OfPatterns:
		for _, r := range e.Refs {
			parts = append(parts, n.pattern(r))
		}
	case ir.OfRules:
		for _, r := range e.Refs {
			parts = append(parts, n.all.Of(r))
		}
	case ir.OfExprs:
		parts = n.each(e.Kids[1:])
	case ir.ForOf:
		outer := n.loop
		for _, r := range e.Refs {
			n.loop = int(r)
			parts = append(parts, n.truth(e.Kids[1]))
		}
		n.loop = outer
	}
	switch {
	case e.Int == ir.All:
		return gram.And(parts...)
	case e.Int == ir.AtLeast && e.Kids[0].Op == ir.Int:
		return gram.Threshold(int(max(e.Kids[0].Int, 0)), parts)
	case e.Int == ir.Percent && e.Kids[0].Op == ir.Int:
		return gram.Threshold(int(math.Ceil(float64(e.Kids[0].Int)*float64(len(parts))/100-1e-9)), parts)
	}
	return gram.Any()
}

// forRange: a loop over an empty range is false, so "1..#a" needs an a.
func (n *need) forRange(e *ir.Expr) *gram.Formula {
	lo, hi := e.Kids[1], e.Kids[2]
	out := gram.And(n.defined(lo), n.defined(hi))
	if lo.Op == ir.Int && lo.Int >= 1 && hi.Op == ir.Count {
		out = gram.And(out, n.ref(hi))
	}
	if e.Int == ir.All || e.Int == ir.AtLeast && e.Kids[0].Op == ir.Int && e.Kids[0].Int >= 1 {
		out = gram.And(out, n.truth(e.Kids[3]))
	}
	return out
}

// logic gives what must hold for a ClamAV expression over subsignatures.
func (n *need) logic(e *ir.Expr, subs []*ir.Expr) *gram.Formula {
	if !wantsSome(e.Str) {
		return gram.Any()
	}
	switch e.Op {
	case ir.SigSub:
		if e.Int >= 0 && int(e.Int) < len(subs) {
			return n.subsignature(subs[e.Int])
		}
	case ir.SigAnd:
		return gram.And(n.logic(e.Kids[0], subs), n.logic(e.Kids[1], subs))
	case ir.SigOr:
		return gram.Or(n.logic(e.Kids[0], subs), n.logic(e.Kids[1], subs))
	}
	return gram.Any()
}

// wantsSome tells whether a modification can only be met by a count above
// zero. Without one a count above zero is what is asked for.
func wantsSome(mod []byte) bool {
	if len(mod) < 5 {
		return true
	}
	return mod[0] == '>' || mod[0] == '=' && binary.LittleEndian.Uint32(mod[1:]) > 0
}

func (n *need) subsignature(e *ir.Expr) *gram.Formula {
	switch e.Op {
	case ir.SigBody, ir.SigRegexp:
		return n.pattern(e.Refs[0])
	case ir.SigMacro:
		var alternatives []*gram.Formula
		for _, r := range e.Refs[1:] {
			alternatives = append(alternatives, n.pattern(r))
		}
		return gram.And(n.pattern(e.Refs[0]), gram.Or(alternatives...))
	}
	return gram.Any()
}

func variantSet(v *ir.Variant) gram.Set {
	switch {
	case v.Tree != nil:
		return gram.FromPattern(v.Tree)
	case !v.Xor:
		return gram.FromLiteral(v.Lit)
	case int(v.XorMax)-int(v.XorMin) >= maxKeys:
		return gram.None
	}
	set := gram.Set{}
	for k := int(v.XorMin); k <= int(v.XorMax); k++ {
		b := make([]byte, len(v.Lit))
		for i, c := range v.Lit {
			b[i] = c ^ byte(k)
		}
		set = gram.Union(set, gram.FromLiteral(b))
	}
	return set
}

// maxKeys bounds the XOR keys that are spelt out as atoms.
const maxKeys = 256

// Unfindable tells whether a pattern has no atoms.
func Unfindable(p *ir.Pattern) bool {
	_, cost := place(0, p.Variants)
	return cost >= gram.Impossible
}
