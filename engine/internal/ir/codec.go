package ir

import (
	"encoding/binary"
	"errors"
	"math"

	"candor/engine/pattern"
)

// ErrCorrupt says that encoded data is not what Append wrote.
var ErrCorrupt = errors.New("compiled rule is corrupt")

const maxDepth = 2000

// Append appends the encoded form of r.
func (r *Rule) Append(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(r.Patterns)))
	for i := range r.Patterns {
		dst = r.Patterns[i].append(dst)
	}
	return appendExpr(dst, r.Cond)
}

func (p *Pattern) append(dst []byte) []byte {
	dst = appendBytes(dst, []byte(p.Name))
	return p.AppendVariants(append(dst, flag(p.Private)))
}

// AppendVariants appends the encoded form of what p looks for: all but its
// name and whether it is private.
func (p *Pattern) AppendVariants(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(p.Variants)))
	for i := range p.Variants {
		v := &p.Variants[i]
		dst = append(dst, flag(v.Tree != nil)|flag(v.Nocase)<<1|flag(v.Xor)<<2|flag(v.Lazy)<<3|byte(v.Guard)<<4|flag(v.Lead != nil)<<6,
			v.XorMin, v.XorMax, byte(v.Before), byte(v.After))
		if v.Lead != nil {
			dst = appendNode(dst, v.Lead)
		}
		if v.Tree != nil {
			dst = appendNode(dst, v.Tree)
		} else {
			dst = appendBytes(dst, v.Lit)
		}
	}
	return dst
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func appendBytes(dst, b []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

func appendNode(dst []byte, n *pattern.Node) []byte {
	dst = append(dst, byte(n.Op), flag(n.Lazy)|flag(n.Wide)<<1)
	switch n.Op {
	case pattern.Bytes:
		return appendBytes(dst, n.Lit)
	case pattern.Class:
		for _, w := range n.Set {
			dst = binary.LittleEndian.AppendUint64(dst, w)
		}
		return dst
	case pattern.Repeat:
		dst = binary.AppendVarint(dst, int64(n.Min))
		dst = binary.AppendVarint(dst, int64(n.Max))
	}
	dst = binary.AppendUvarint(dst, uint64(len(n.Sub)))
	for _, s := range n.Sub {
		dst = appendNode(dst, s)
	}
	return dst
}

func appendExpr(dst []byte, e *Expr) []byte {
	has := flag(e.Int != 0) | flag(e.Int2 != 0)<<1 | flag(e.Float != 0)<<2 | flag(e.Str != nil)<<3 |
		flag(len(e.Refs) > 0)<<4 | flag(len(e.Kids) > 0)<<5 | flag(e.Tree != nil)<<6
	dst = append(dst, byte(e.Op), byte(e.Type), has)
	if e.Int != 0 {
		dst = binary.AppendVarint(dst, e.Int)
	}
	if e.Int2 != 0 {
		dst = binary.AppendVarint(dst, e.Int2)
	}
	if e.Float != 0 {
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(e.Float))
	}
	if e.Str != nil {
		dst = appendBytes(dst, e.Str)
	}
	if len(e.Refs) > 0 {
		dst = binary.AppendUvarint(dst, uint64(len(e.Refs)))
		for _, r := range e.Refs {
			dst = binary.AppendUvarint(dst, uint64(r))
		}
	}
	if len(e.Kids) > 0 {
		dst = binary.AppendUvarint(dst, uint64(len(e.Kids)))
		for _, k := range e.Kids {
			dst = appendExpr(dst, k)
		}
	}
	if e.Tree != nil {
		dst = appendNode(dst, e.Tree)
	}
	return dst
}

// Decode reads what Append wrote. Literals share the memory of b.
func Decode(b []byte) (*Rule, error) {
	d := decoder{Reader: Reader{B: b}}
	r := &Rule{Patterns: make([]Pattern, d.Count())}
	for i := range r.Patterns {
		d.pattern(&r.Patterns[i])
	}
	r.Cond = d.expr(0)
	if d.Bad {
		return nil, ErrCorrupt
	}
	return r, nil
}

// decoder reads encoded rules. Memory is taken for several expressions and
// nodes at a time: they are used together.
type decoder struct {
	Reader
	exprs []Expr
	nodes []pattern.Node
}

// take gives one of chunk, which is renewed when it is used up.
func take[T any](chunk *[]T) *T {
	if len(*chunk) == 0 {
		*chunk = make([]T, 8)
	}
	t := &(*chunk)[0]
	*chunk = (*chunk)[1:]
	return t
}

func (d *decoder) pattern(p *Pattern) {
	p.Name = string(d.Bytes())
	p.Private = d.Byte() != 0
	p.Variants = make([]Variant, d.Count())
	for i := range p.Variants {
		v := &p.Variants[i]
		f := d.Byte()
		v.Nocase, v.Xor, v.Lazy, v.Guard = f&2 != 0, f&4 != 0, f&8 != 0, Guard(f>>4&3)
		v.XorMin, v.XorMax = d.Byte(), d.Byte()
		v.Before, v.After = Edge(d.Byte()), Edge(d.Byte())
		if f&64 != 0 {
			v.Lead = d.node(0)
		}
		if f&1 != 0 {
			v.Tree = d.node(0)
		} else {
			v.Lit = d.Bytes()
		}
	}
}

func (d *decoder) node(depth int) *pattern.Node {
	n := take(&d.nodes)
	n.Op = pattern.Op(d.Byte())
	f := d.Byte()
	n.Lazy, n.Wide = f&1 != 0, f&2 != 0
	switch n.Op {
	case pattern.Bytes:
		if n.Lit = d.Bytes(); len(n.Lit) == 0 {
			d.Fail()
		}
		return n
	case pattern.Class:
		n.Set = new(pattern.Set)
		for i := range n.Set {
			n.Set[i] = d.Uint64()
		}
		return n
	case pattern.Repeat:
		n.Min, n.Max = int(d.Varint()), int(d.Varint())
	}
	count := d.Count()
	if depth > maxDepth || n.Op == pattern.Repeat && count != 1 {
		d.Fail()
		return n
	}
	if count > 0 {
		n.Sub = make([]*pattern.Node, count)
		for i := range n.Sub {
			n.Sub[i] = d.node(depth + 1)
		}
	}
	return n
}

func (d *decoder) expr(depth int) *Expr {
	e := take(&d.exprs)
	e.Op, e.Type = Op(d.Byte()), Type(d.Byte())
	has := d.Byte()
	if depth > maxDepth || e.Op >= ops {
		d.Fail()
		return e
	}
	if has&1 != 0 {
		e.Int = d.Varint()
	}
	if has&2 != 0 {
		e.Int2 = d.Varint()
	}
	if has&4 != 0 {
		e.Float = math.Float64frombits(d.Uint64())
	}
	if has&8 != 0 {
		e.Str = d.Bytes()
	}
	if has&16 != 0 {
		e.Refs = make([]uint32, d.Count())
		for i := range e.Refs {
			e.Refs[i] = uint32(d.Uvarint())
		}
	}
	if has&32 != 0 {
		e.Kids = make([]*Expr, d.Count())
		for i := range e.Kids {
			e.Kids[i] = d.expr(depth + 1)
		}
	}
	if has&64 != 0 {
		e.Tree = d.node(depth + 1)
	}
	return e
}
