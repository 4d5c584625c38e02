package plan

import (
	"bytes"
	"encoding/binary"
	"maps"
	"slices"

	"candor/engine/gram"
	"candor/engine/internal/ir"
	"candor/engine/pattern"
)

// Gate lets a group of rules be passed over for content that lacks what they
// all need. What each kind of gate asks costs less than looking for the atoms
// of the rules behind it.
type Gate struct {
	// Head is what the content must begin with; empty for anything.
	Head []byte
	// Zero asks for a zero byte: binary content has some, text has none.
	Zero bool
	// Values and Masks ask for a tag, "<?", "<%", "<script" and the like:
	// folded beginnings of tags, zero-extended. Most rules for server-side
	// scripts begin by asking for one, and otherwise hold only short or
	// frequent strings.
	Values, Masks []uint64
	// Strong are atoms that stand for a tag as well; they are looked for in
	// any content.
	Strong [][]byte
}

// tagStart is the byte that tags begin with.
const tagStart = '<'

// Gated is a group of rules with their gate.
type Gated struct {
	Gate  *Gate
	Rules []uint32
}

// Split sorts rules by the gate that serves them; the first group is that of
// the rules without one.
func Split(f *Formulas, rules []uint32) []Gated {
	out := []Gated{{}}
	tags, zero := Gated{Gate: &Gate{}}, Gated{Gate: &Gate{Zero: true}}
	heads := map[string][]uint32{}
	for _, r := range rules {
		form := f.Of(r)
		if head := headOf(form); head != "" {
			heads[head] = append(heads[head], r)
			continue
		}
		if f.weak(form) {
			if t, ok := f.tags(form); ok {
				tags.Rules = append(tags.Rules, r)
				tags.Gate.add(t)
				continue
			}
			if f.needsZero(form) {
				zero.Rules = append(zero.Rules, r)
				continue
			}
		}
		out[0].Rules = append(out[0].Rules, r)
	}
	for _, g := range []Gated{tags, zero} {
		if len(g.Rules) > 0 {
			out = append(out, g)
		}
	}
	for _, h := range slices.Sorted(maps.Keys(heads)) {
		out = append(out, Gated{&Gate{Head: []byte(h)}, heads[h]})
	}
	slices.SortFunc(tags.Gate.Strong, bytes.Compare)
	tags.Gate.Strong = slices.CompactFunc(tags.Gate.Strong, bytes.Equal)
	return out
}

// headOf gives the two bytes that content must begin with, if form says so.
func headOf(form *gram.Formula) string {
	conjuncts := []*gram.Formula{form}
	if form.Op == gram.AllOf {
		conjuncts = form.Sub
	}
	for _, c := range conjuncts {
		if c.Op == gram.Header && c.Offset == 0 && len(c.Bytes) >= 2 {
			return string(c.Bytes[:2])
		}
	}
	return ""
}

// weak tells whether the atoms of a rule are few bytes long or frequent.
func (f *Formulas) weak(form *gram.Formula) bool {
	cover, cost := form.Cover()
	if cost > frequent {
		return true
	}
	for _, c := range cover {
		for _, a := range c.Set.Atoms {
			if gram.Short(a.Bytes) {
				return true
			}
		}
	}
	return false
}

// opening is what opens a gate of tags.
type opening struct{ tags, strong [][]byte }

// tags finds a choice of tags that form needs one of.
func (f *Formulas) tags(form *gram.Formula) (opening, bool) {
	var out opening
	switch form.Op {
	case gram.Present:
		return f.tagsOf(form)
	case gram.AllOf:
		for _, s := range form.Sub {
			if o, ok := f.tags(s); ok && len(o.tags) > 0 {
				return o, true
			}
		}
		for _, s := range form.Sub {
			if o, ok := f.tags(s); ok {
				return o, true
			}
		}
		return out, false
	case gram.AnyOf, gram.AtLeast:
		for _, s := range form.Sub {
			o, ok := f.tags(s)
			if !ok {
				return out, false
			}
			out.tags, out.strong = append(out.tags, o.tags...), append(out.strong, o.strong...)
		}
		return out, true
	}
	return out, false
}

func (f *Formulas) tagsOf(form *gram.Formula) (opening, bool) {
	if tags, ok := beginnings(f.pattern(form.Pattern)); ok {
		return opening{tags: tags}, true
	}
	var out opening
	for _, a := range form.Set.Atoms {
		if gram.Short(a.Bytes) || gram.Cost(a.Bytes) > frequent {
			return out, false
		}
		out.strong = append(out.strong, a.Bytes)
	}
	return out, len(out.strong) > 0
}

func (f *Formulas) pattern(p uint32) *ir.Pattern {
	o := f.owner[p]
	return &f.Rules[o.rule].Patterns[o.index]
}

// needsZero tells whether form cannot hold for content without a zero byte.
func (f *Formulas) needsZero(form *gram.Formula) bool {
	switch form.Op {
	case gram.Present:
		for i := range f.pattern(form.Pattern).Variants {
			if !holdsZero(&f.pattern(form.Pattern).Variants[i]) {
				return false
			}
		}
		return true
	case gram.Header:
		return bytes.IndexByte(form.Bytes, 0) >= 0
	case gram.AllOf:
		return slices.ContainsFunc(form.Sub, f.needsZero)
	case gram.AnyOf, gram.AtLeast:
		return len(form.Sub) > 0 && !slices.ContainsFunc(form.Sub, func(s *gram.Formula) bool { return !f.needsZero(s) })
	}
	return false
}

func holdsZero(v *ir.Variant) bool {
	if v.Tree != nil {
		return treeHolds(v.Tree, func(c byte) bool { return c == 0 })
	}
	return !v.Xor && bytes.IndexByte(v.Lit, 0) >= 0
}

// Unprintable tells whether all that a pattern matches holds a byte that is no
// plain text, or DEL.
func Unprintable(p *ir.Pattern) bool {
	for i := range p.Variants {
		v := &p.Variants[i]
		unprintable := func(c byte) bool { return c == 0x7F || alphabetOfByte(c) != Text }
		switch {
		case v.Xor:
			return false
		case v.Tree != nil && !treeHolds(v.Tree, unprintable), v.Tree == nil && !slices.ContainsFunc(v.Lit, unprintable):
			return false
		}
	}
	return true
}

// beginnings gives the folded beginnings of a pattern if all are those of tags.
func beginnings(p *ir.Pattern) ([][]byte, bool) {
	var out [][]byte
	for i := range p.Variants {
		v := &p.Variants[i]
		var b []byte
		switch {
		case v.Xor:
			return nil, false
		case v.Tree == nil:
			b = v.Lit
		default:
			b = beginning(v.Tree)
		}
		if len(b) < 2 || b[0] != tagStart {
			return nil, false
		}
		out = append(out, gram.FoldBytes(b[:min(len(b), 8)]))
	}
	return out, true
}

// beginning gives the bytes that a tree begins with, letters of either case
// as one.
func beginning(n *pattern.Node) []byte {
	switch n.Op {
	case pattern.Bytes:
		return n.Lit
	case pattern.Class:
		if b, ok := gram.OneFolded(n.Set); ok && b != tagStart {
			return []byte{b}
		}
	case pattern.Concat:
		var out []byte
		for _, s := range n.Sub {
			b := beginning(s)
			out = append(out, b...)
			if s.Op != pattern.Bytes && (s.Op != pattern.Class || len(b) == 0) {
				break
			}
		}
		return out
	}
	return nil
}

func (g *Gate) add(o opening) {
	g.Strong = append(g.Strong, o.strong...)
	for _, tag := range o.tags {
		g.addTag(tag)
	}
}

func (g *Gate) addTag(tag []byte) {
	var v, m [8]byte
	copy(v[:], tag)
	for i := range tag {
		m[i] = 0xFF
	}
	value, mask := binary.LittleEndian.Uint64(v[:]), binary.LittleEndian.Uint64(m[:])
	for i := range g.Values {
		if g.Values[i] == value && g.Masks[i] == mask {
			return
		}
	}
	g.Values, g.Masks = append(g.Values, value), append(g.Masks, mask)
}

// Takes tells whether content of a route can pass the gate.
func (g *Gate) Takes(r Route) bool {
	return g == nil || len(g.Head) == 0 || r.allows(&gram.Formula{Op: gram.Header, Bytes: g.Head})
}

// Open tells whether data has what the gate asks for, Strong aside.
func (g *Gate) Open(data []byte) bool {
	switch {
	case g == nil:
		return true
	case len(g.Head) > 0:
		return bytes.HasPrefix(data, g.Head)
	case g.Zero:
		return bytes.IndexByte(data, 0) >= 0
	}
	return g.tagged(data)
}

func (g *Gate) tagged(data []byte) bool {
	for at := 0; ; at++ {
		i := bytes.IndexByte(data[at:], tagStart)
		if i < 0 {
			return false
		}
		at += i
		var v uint64
		if at+8 <= len(data) {
			v = binary.LittleEndian.Uint64(data[at:]) | fold
		} else {
			var tail [8]byte
			copy(tail[:], data[at:])
			v = binary.LittleEndian.Uint64(tail[:]) | fold
		}
		for k, want := range g.Values {
			if v&g.Masks[k] == want {
				return true
			}
		}
	}
}

const fold = 0x2020202020202020
