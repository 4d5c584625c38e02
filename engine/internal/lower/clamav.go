package lower

import (
	"encoding/binary"
	"fmt"

	"candor/engine/automaton"
	"candor/engine/clamav"
	"candor/engine/internal/ir"
)

// Body lowers a signature that is one byte pattern.
func Body(b *clamav.Body) (*ir.Rule, error) {
	r := &ir.Rule{Patterns: []ir.Pattern{{Name: "$0", Variants: []ir.Variant{sigVariant(&b.Pattern)}}}}
	place, err := offset(b.Offset)
	if err != nil {
		return nil, err
	}
	if err := fits(r); err != nil {
		return nil, err
	}
	body := &ir.Expr{Op: ir.SigBody, Type: ir.TBool, Refs: []uint32{0}, Kids: place}
	r.Cond = &ir.Expr{Op: ir.SigLogic, Type: ir.TBool, Kids: []*ir.Expr{{Op: ir.SigSub}, body}}
	return r, nil
}

// fits checks that the patterns of a signature can be searched for.
func fits(r *ir.Rule) error {
	for i := range r.Patterns {
		for _, v := range r.Patterns[i].Variants {
			if v.Tree != nil && size(v.Tree) > automaton.MaxPositions {
				return fmt.Errorf("its gaps and repeats add up to more than %d bytes", automaton.MaxPositions)
			}
		}
	}
	return nil
}

func sigVariant(p *clamav.Pattern) ir.Variant {
	v := treeVariant(p.Node, ir.Free)
	v.Before, v.After = sigEdge(p.Before), sigEdge(p.After)
	if p.Lead != nil {
		v.Lead = unshare(p.Lead)
	}
	return v
}

func sigEdge(c clamav.Check) ir.Edge {
	e := ir.Edge(c.Kind)
	if c.Kind == clamav.NoCheck {
		return 0
	}
	if c.Negate {
		e |= 16
	}
	if c.Wide {
		e |= 32
	}
	return e
}

func offset(o clamav.Offset) ([]*ir.Expr, error) {
	if o.Kind == clamav.VersionInfo {
		return nil, fmt.Errorf("offset VI (version information) is not supported")
	}
	return []*ir.Expr{intConst(int64(o.Kind)), intConst(int64(o.Section)), intConst(int64(o.N)), intConst(int64(o.MaxShift))}, nil
}

// Logical lowers a logical signature. Groups are the bodies that fill macro
// groups, by group number, of the same target.
func Logical(l *clamav.Logical, groups map[uint32][]*clamav.Body) (*ir.Rule, error) {
	if l.Container != "" || len(l.Intermediates) > 0 {
		return nil, fmt.Errorf("conditions on the container of a file are not supported")
	}
	s := &sigScope{rule: &ir.Rule{}, groups: groups}
	root := &ir.Expr{Op: ir.SigLogic, Type: ir.TBool, Kids: []*ir.Expr{sigTree(l.Logic)}}
	for i := range l.Subsigs {
		e, err := s.subsig(i, &l.Subsigs[i])
		if err != nil {
			return nil, fmt.Errorf("subsignature %d: %w", i, err)
		}
		root.Kids = append(root.Kids, e)
	}
	if err := fits(s.rule); err != nil {
		return nil, err
	}
	s.rule.Cond = &ir.Expr{Op: ir.And, Type: ir.TBool, Kids: append(attributes(l), root)}
	return s.rule, nil
}

func attributes(l *clamav.Logical) []*ir.Expr {
	var out []*ir.Expr
	within := func(op ir.Op, r *clamav.Range) {
		if r == nil {
			return
		}
		value := &ir.Expr{Op: op, Type: ir.TInt}
		out = append(out,
			&ir.Expr{Op: ir.Ge, Kids: []*ir.Expr{value, intConst(int64(r.Min))}},
			&ir.Expr{Op: ir.Le, Kids: []*ir.Expr{value, intConst(int64(r.Max))}})
	}
	within(ir.Filesize, l.FileSize)
	within(ir.Entrypoint, l.EntryPoint)
	if r := l.NumberOfSections; r != nil {
		out = append(out, &ir.Expr{Op: ir.SigSize, Kids: []*ir.Expr{intConst(int64(r.Min)), intConst(int64(r.Max))}})
	}
	return out
}

func sigTree(l *clamav.Logic) *ir.Expr {
	if l == nil {
		return &ir.Expr{Op: ir.Undefined}
	}
	e := &ir.Expr{Op: ir.SigSub, Int: int64(l.Index)}
	switch l.Op {
	case clamav.LogicAnd:
		e = &ir.Expr{Op: ir.SigAnd, Kids: []*ir.Expr{sigTree(l.Sub[0]), sigTree(l.Sub[1])}}
	case clamav.LogicOr:
		e = &ir.Expr{Op: ir.SigOr, Kids: []*ir.Expr{sigTree(l.Sub[0]), sigTree(l.Sub[1])}}
	}
	if l.Mod != 0 {
		e.Str = binary.LittleEndian.AppendUint32([]byte{l.Mod}, l.N)
		e.Str = binary.LittleEndian.AppendUint32(e.Str, l.Distinct)
	}
	return e
}

// sigScope gathers the patterns of one logical signature.
type sigScope struct {
	rule   *ir.Rule
	groups map[uint32][]*clamav.Body
	last   []uint32 // by subsignature: its pattern
}

func (s *sigScope) pattern(name string, vs ...ir.Variant) uint32 {
	s.rule.Patterns = append(s.rule.Patterns, ir.Pattern{Name: name, Variants: vs})
	return uint32(len(s.rule.Patterns) - 1)
}

func (s *sigScope) subsig(i int, sub *clamav.Subsig) (*ir.Expr, error) {
	name := fmt.Sprintf("$%d", i)
	s.last = append(s.last, 0)
	switch {
	case sub.Compare != nil:
		return compare(sub.Compare), nil
	case sub.Macro != nil:
		return s.macro(i, sub.Macro)
	case sub.Regexp != nil:
		return s.regexp(name, sub)
	}
	place, err := offset(sub.Offset)
	if err != nil {
		return nil, err
	}
	var vs []ir.Variant
	for k := range sub.Variants {
		vs = append(vs, sigVariant(&sub.Variants[k]))
	}
	p := s.pattern(name, vs...)
	s.last[i] = p
	return &ir.Expr{Op: ir.SigBody, Refs: []uint32{p}, Kids: place}, nil
}

func (s *sigScope) regexp(name string, sub *clamav.Subsig) (*ir.Expr, error) {
	if sub.Regexp.Node == nil {
		return nil, fmt.Errorf("the regular expression was not read")
	}
	place, err := offset(sub.Offset)
	if err != nil {
		return nil, err
	}
	e := &ir.Expr{Op: ir.SigRegexp, Kids: append(place, sigTree(sub.Regexp.Trigger))}
	e.Refs = []uint32{s.pattern(name, treeVariant(sub.Regexp.Node, ir.Free))}
	for flag, on := range map[int64]bool{
		ir.RegexpGlobal: sub.Regexp.Global, ir.RegexpEncompass: sub.Regexp.Encompass,
		ir.RegexpRolling: sub.Regexp.Rolling,
	} {
		if on {
			e.Int |= flag
		}
	}
	return e, nil
}

func (s *sigScope) macro(i int, m *clamav.Macro) (*ir.Expr, error) {
	bodies := s.groups[m.Group]
	if i == 0 || len(bodies) == 0 {
		return nil, fmt.Errorf("macro group %d has no bodies", m.Group)
	}
	e := &ir.Expr{Op: ir.SigMacro, Refs: []uint32{s.last[i-1]}, Kids: []*ir.Expr{intConst(int64(m.Min)), intConst(int64(m.Max))}}
	for k, b := range bodies {
		e.Refs = append(e.Refs, s.pattern(fmt.Sprintf("$%d.%d", i, k), sigVariant(&b.Pattern)))
	}
	return e, nil
}

func compare(c *clamav.ByteCompare) *ir.Expr {
	flags := int64(0)
	if c.LittleEndian {
		flags |= ir.CompareLittle
	}
	if c.Exact {
		flags |= ir.CompareExact
	}
	e := &ir.Expr{Op: ir.SigCompare, Int: int64(c.Ref), Kids: []*ir.Expr{
		intConst(c.Shift), intConst(int64(c.Format)), intConst(int64(c.Length)), intConst(flags),
	}}
	for _, x := range c.Comparisons {
		e.Kids = append(e.Kids, intConst(int64(x.Op)), intConst(x.Value))
	}
	return e
}
