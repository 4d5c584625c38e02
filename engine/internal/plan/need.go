// Package plan decides how a set of compiled rules is looked for: it derives
// each rule's necessary formula, chooses the cheapest atoms that cover it, and
// lays the atoms out in one table for each kind of file.
package plan

import (
	"encoding/binary"
	"math"

	"candor/engine/gram"
	"candor/engine/internal/model"
)

// Formulas derives the necessary formula of each rule.
type Formulas struct {
	Rules   []*model.Rule
	numbers *Numbers
	owner   []whose // by pattern: a rule that has it
	memo    []*gram.Formula
	busy    []bool

	placed  [][]placed      // by pattern
	present []*gram.Formula // by pattern
}

// NewFormulas prepares the derivation for rules.
func NewFormulas(rules []*model.Rule, numbers *Numbers, patterns int) *Formulas {
	f := &Formulas{
		Rules: rules, numbers: numbers, owner: make([]whose, patterns), memo: make([]*gram.Formula, len(rules)), busy: make([]bool, len(rules)),
		placed: make([][]placed, patterns), present: make([]*gram.Formula, patterns),
	}
	for r := range rules {
		for i, p := range numbers.Of(uint32(r)) {
			f.owner[p] = whose{uint32(r), uint32(i)}
		}
	}
	return f
}

// Of gives the formula of rule r.
func (f *Formulas) Of(r uint32) *gram.Formula {
	if int(r) >= len(f.memo) || f.busy[r] {
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

// need derives the formula of one rule.
type need struct {
	all  *Formulas
	rule uint32
	loop int // the pattern that a for … of is at, -1 outside
}

func (n *need) pattern(i uint32) *gram.Formula {
	variants := n.all.Rules[n.rule].Patterns[i].Variants
	if len(variants) == 0 {
		return gram.Never()
	}
	p := n.all.numbers.Of(n.rule)[i]
	if n.all.present[p] == nil {
		atoms, cost := place(p, variants)
		f := &gram.Formula{Op: gram.Present, Pattern: p, Set: gram.Set{Cost: cost}}
		for _, a := range atoms {
			f.Set.Atoms = append(f.Set.Atoms, a.Atom)
		}
		n.all.placed[p], n.all.present[p] = atoms, f
	}
	return n.all.present[p]
}

// ref is the formula of the pattern that e is about.
func (n *need) ref(e *model.Expr) *gram.Formula {
	switch {
	case len(e.Refs) > 0:
		return n.pattern(e.Refs[0])
	case n.loop >= 0:
		return n.pattern(uint32(n.loop))
	}
	return gram.Any()
}

// truth gives what must hold for e to be true.
func (n *need) truth(e *model.Expr) *gram.Formula {
	switch e.Op {
	case model.Bool:
		if e.Int == 0 {
			return gram.Never()
		}
	case model.Undefined:
		return gram.Never()
	case model.Found:
		return n.ref(e)
	case model.FoundAt:
		return gram.And(n.ref(e), n.at(e), n.defined(e.Kids[0]))
	case model.FoundIn:
		return gram.And(n.ref(e), n.defined(e.Kids[0]), n.defined(e.Kids[1]))
	case model.ToBool:
		if e.Kids[0].Op == model.Count {
			return n.ref(e.Kids[0])
		}
		return n.defined(e.Kids[0])
	case model.And:
		return gram.And(n.each(e.Kids)...)
	case model.Or:
		return gram.Or(n.each(e.Kids)...)
	case model.Eq, model.Ne, model.Lt, model.Le, model.Gt, model.Ge:
		return n.comparison(e)
	case model.Contains, model.IContains, model.StartsWith, model.IStartsWith, model.EndsWith, model.IEndsWith, model.IEquals:
		return gram.And(n.defined(e.Kids[0]), n.defined(e.Kids[1]))
	case model.Matches, model.Defined:
		return n.defined(e.Kids[0])
	case model.OfPatterns, model.OfRules, model.OfExprs, model.ForOf:
		return n.quantified(e)
	case model.ForRange:
		return n.forRange(e)
	case model.ForArray, model.ForDict:
		return n.defined(e.Kids[1])
	case model.Rule_:
		return n.all.Of(e.Refs[0])
	case model.Field, model.Index, model.Call:
		return n.defined(e)
	case model.SigLogic:
		return n.logic(e.Kids[0], e.Kids[1:])
	}
	return gram.Any()
}

func (n *need) each(es []*model.Expr) []*gram.Formula {
	out := make([]*gram.Formula, len(es))
	for i, e := range es {
		out[i] = n.truth(e)
	}
	return out
}

// at is the header test of a literal at a constant offset.
func (n *need) at(e *model.Expr) *gram.Formula {
	if e.Kids[0].Op != model.Int || len(e.Refs) == 0 && n.loop < 0 {
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

// defined gives what must hold for the value of e to be defined.
func (n *need) defined(e *model.Expr) *gram.Formula {
	switch e.Op {
	case model.Undefined:
		return gram.Never()
	case model.Offset, model.Length:
		return gram.And(n.ref(e), n.defined(e.Kids[0]))
	case model.Field, model.Index, model.Call:
		return n.moduleValue(e)
	case model.ReadInt, model.Neg, model.BitNot, model.Add, model.Sub, model.Mul, model.Div, model.Mod,
		model.BitAnd, model.BitOr, model.BitXor, model.Shl, model.Shr, model.ToFloat:
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

func (n *need) moduleValue(e *model.Expr) *gram.Formula {
	for root := e; ; root = root.Kids[0] {
		if root.Op == model.Field && (isUpper(root.Str) || constants[string(root.Str)]) {
			return gram.Any()
		}
		if root.Op == model.Module {
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

func (n *need) comparison(e *model.Expr) *gram.Formula {
	x, y, op := e.Kids[0], e.Kids[1], e.Op
	out := gram.And(n.defined(x), n.defined(y))
	if x.Op == model.Int && y.Op != model.Int {
		x, y, op = y, x, mirrored(op)
	}
	switch {
	case impliesSome(op, n.counts(x), y):
		return gram.And(out, gram.Or(n.refs(x)...))
	case impliesSome(mirrored(op), n.counts(y), x):
		return gram.And(out, gram.Or(n.refs(y)...))
	case x.Op == model.Filesize && y.Op == model.Int:
		return gram.And(out, sizeFormula(op, y.Int))
	case x.Op == model.ReadInt && y.Op == model.Int && op == model.Eq && x.Kids[0].Op == model.Int:
		return gram.And(out, headerFormula(x, y.Int))
	}
	return out
}

func mirrored(op model.Op) model.Op {
	switch op {
	case model.Lt:
		return model.Gt
	case model.Le:
		return model.Ge
	case model.Gt:
		return model.Lt
	case model.Ge:
		return model.Le
	}
	return op
}

// counts tells whether e is a sum of counts.
func (n *need) counts(e *model.Expr) bool {
	return e.Op == model.Count || e.Op == model.Add && n.counts(e.Kids[0]) && n.counts(e.Kids[1])
}

// refs gives the formulas of the patterns that a sum of counts is about.
func (n *need) refs(e *model.Expr) []*gram.Formula {
	if e.Op == model.Count {
		return []*gram.Formula{n.ref(e)}
	}
	return append(n.refs(e.Kids[0]), n.refs(e.Kids[1])...)
}

// impliesSome tells whether a sum of counts that compares so with y is above zero.
func impliesSome(op model.Op, isSum bool, y *model.Expr) bool {
	least, ok := atLeast(y)
	if !isSum || !ok {
		return false
	}
	switch op {
	case model.Gt:
		return least >= 0
	case model.Ge, model.Eq:
		return least >= 1
	case model.Ne:
		return y.Op == model.Int && y.Int == 0
	}
	return false
}

// atLeast bounds an integer from below.
func atLeast(e *model.Expr) (int64, bool) {
	switch e.Op {
	case model.Int:
		return e.Int, true
	case model.Count, model.Filesize:
		return 0, true
	case model.Add:
		x, ok := atLeast(e.Kids[0])
		y, ok2 := atLeast(e.Kids[1])
		return x + y, ok && ok2 && x < 1<<40 && y < 1<<40
	}
	return 0, false
}

func sizeFormula(op model.Op, v int64) *gram.Formula {
	f := &gram.Formula{Op: gram.Size, Max: math.MaxInt64}
	switch op {
	case model.Lt:
		f.Max = v - 1
	case model.Le:
		f.Max = v
	case model.Gt:
		f.Min = v + 1
	case model.Ge:
		f.Min = v
	case model.Eq:
		f.Min, f.Max = v, v
	default:
		return gram.Any()
	}
	return f
}

func headerFormula(read *model.Expr, v int64) *gram.Formula {
	width := int(read.Int & 0xFF)
	if v < 0 || v>>(8*width) != 0 {
		if read.Int&model.Signed != 0 {
			return gram.Any()
		}
		return gram.Never()
	}
	var b [8]byte
	bytes := b[:width]
	if read.Int&model.BigEndian != 0 {
		binary.BigEndian.PutUint64(b[:], uint64(v)<<(64-8*width))
	} else {
		binary.LittleEndian.PutUint64(b[:], uint64(v))
	}
	return &gram.Formula{Op: gram.Header, Offset: read.Kids[0].Int, Bytes: bytes}
}

func (n *need) quantified(e *model.Expr) *gram.Formula {
	var parts []*gram.Formula
	switch e.Op {
	case model.OfPatterns:
		for _, r := range e.Refs {
			parts = append(parts, n.pattern(r))
		}
	case model.OfRules:
		for _, r := range e.Refs {
			parts = append(parts, n.all.Of(r))
		}
	case model.OfExprs:
		parts = n.each(e.Kids[1:])
	case model.ForOf:
		outer := n.loop
		for _, r := range e.Refs {
			n.loop = int(r)
			parts = append(parts, n.truth(e.Kids[1]))
		}
		n.loop = outer
	}
	switch {
	case e.Int == model.All:
		return gram.And(parts...)
	case e.Int == model.AtLeast && e.Kids[0].Op == model.Int:
		return gram.Threshold(int(max(e.Kids[0].Int, 0)), parts)
	case e.Int == model.Percent && e.Kids[0].Op == model.Int:
		return gram.Threshold(int(math.Ceil(float64(e.Kids[0].Int)*float64(len(parts))/100-1e-9)), parts)
	}
	return gram.Any()
}

// forRange: a loop over an empty range is false, so "1..#a" needs an a.
func (n *need) forRange(e *model.Expr) *gram.Formula {
	lo, hi := e.Kids[1], e.Kids[2]
	out := gram.And(n.defined(lo), n.defined(hi))
	if lo.Op == model.Int && lo.Int >= 1 && hi.Op == model.Count {
		out = gram.And(out, n.ref(hi))
	}
	if e.Int == model.All || e.Int == model.AtLeast && e.Kids[0].Op == model.Int && e.Kids[0].Int >= 1 {
		out = gram.And(out, n.truth(e.Kids[3]))
	}
	return out
}

// logic gives what must hold for a ClamAV expression over subsignatures.
func (n *need) logic(e *model.Expr, subs []*model.Expr) *gram.Formula {
	if !wantsSome(e.Str) {
		return gram.Any()
	}
	switch e.Op {
	case model.SigSub:
		if e.Int >= 0 && int(e.Int) < len(subs) {
			return n.subsignature(subs[e.Int])
		}
	case model.SigAnd:
		return gram.And(n.logic(e.Kids[0], subs), n.logic(e.Kids[1], subs))
	case model.SigOr:
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

func (n *need) subsignature(e *model.Expr) *gram.Formula {
	switch e.Op {
	case model.SigBody, model.SigRegexp:
		return n.pattern(e.Refs[0])
	case model.SigMacro:
		var alternatives []*gram.Formula
		for _, r := range e.Refs[1:] {
			alternatives = append(alternatives, n.pattern(r))
		}
		return gram.And(n.pattern(e.Refs[0]), gram.Or(alternatives...))
	}
	return gram.Any()
}

func variantSet(v *model.Variant) gram.Set {
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
func Unfindable(p *model.Pattern) bool {
	_, cost := place(0, p.Variants)
	return cost >= gram.Impossible
}
