package plan

import "candor/engine/gram"

// Append appends the encoded form of g; nil is the gate that asks for nothing.
func (g *Gate) Append(dst []byte) []byte {
	if g == nil {
		return append(dst, 0)
	}
	zero := byte(1)
	if g.Zero {
		zero = 2
	}
	dst = gram.AppendSlice(append(dst, zero), g.Head)
	return gram.AppendSlice(gram.AppendSlice(dst, g.Values), g.Masks)
}

// DecodeGate reads what Append wrote, but for what other lanes look for, and
// gives the rest.
func DecodeGate(b []byte) (*Gate, []byte, error) {
	if len(b) == 0 {
		return nil, nil, gram.ErrCorrupt
	}
	kind := b[0]
	b = b[1:]
	if kind == 0 {
		return nil, b, nil
	}
	g := &Gate{Zero: kind == 2}
	var err error
	if b, err = gram.DecodeSlice(b, &g.Head); err != nil {
		return nil, nil, err
	}
	for _, s := range []*[]uint64{&g.Values, &g.Masks} {
		if b, err = gram.DecodeSlice(b, s); err != nil {
			return nil, nil, err
		}
	}
	if len(g.Values) != len(g.Masks) {
		return nil, nil, gram.ErrCorrupt
	}
	return g, b, nil
}

// Size is about the length of the encoded form of p.
func (p *Plan) Size() int {
	n := 8*len(p.Tracked) + 12*len(p.TriggerKeys) + p.Text.size()
	for i := range p.Strong {
		n += p.Strong[i].size()
	}
	for i := range p.Lanes {
		n += p.Lanes[i].Weak.size() + 4*len(p.Lanes[i].Tracked)
	}
	return n
}

func (x *Index) size() int { return x.Table.Size() + 8*len(x.Uses) + 4*len(x.UseOff) }

// Append appends the encoded form of p.
func (p *Plan) Append(dst []byte) []byte {
	for i := range p.Strong {
		dst = p.Strong[i].append(dst)
	}
	dst = gram.AppendSlice(dst, p.Tracked)
	dst = gram.AppendSlice(dst, p.TriggerKeys)
	dst = gram.AppendSlice(dst, p.TriggerOff)
	dst = gram.AppendSlice(dst, p.Triggers)
	for i := range p.Lanes {
		l := &p.Lanes[i]
		kind := byte(0)
		if l.Whole {
			kind |= 1
		}
		if l.Within {
			kind |= 2
		}
		dst = l.Weak.append(append(dst, kind))
		dst = gram.AppendSlice(dst, l.Tracked)
		dst = gram.AppendSlice(dst, l.Always)
	}
	return p.Text.append(dst)
}

func (x *Index) append(dst []byte) []byte {
	return gram.AppendSlice(gram.AppendSlice(x.Table.Append(dst), x.UseOff), x.Uses)
}

// Decode reads what Append wrote for a set of so many rules, patterns and
// groups, and gives the rest.
func Decode(b []byte, rules, patterns, groups int) (*Plan, []byte, error) {
	p := &Plan{Lanes: make([]Lane, groups)}
	var err error
	for i := range p.Strong {
		if b, err = p.Strong[i].decode(b, patterns, groups); err != nil {
			return nil, nil, err
		}
	}
	if b, err = gram.DecodeSlice(b, &p.Tracked); err != nil {
		return nil, nil, err
	}
	for _, s := range []*[]uint32{&p.TriggerKeys, &p.TriggerOff, &p.Triggers} {
		if b, err = gram.DecodeSlice(b, s); err != nil {
			return nil, nil, err
		}
	}
	ok := len(p.Tracked) == (patterns+63)/64 && offsets(p.TriggerOff, len(p.TriggerKeys), len(p.Triggers)) && below(p.Triggers, rules)
	for i := range p.Lanes {
		l := &p.Lanes[i]
		if len(b) == 0 {
			return nil, nil, gram.ErrCorrupt
		}
		l.Whole, l.Within = b[0]&1 != 0, b[0]&2 != 0
		if b, err = l.Weak.decode(b[1:], patterns, groups); err != nil {
			return nil, nil, err
		}
		for _, s := range []*[]uint32{&l.Tracked, &l.Always} {
			if b, err = gram.DecodeSlice(b, s); err != nil {
				return nil, nil, err
			}
		}
		ok = ok && below(l.Always, rules)
	}
	if !ok {
		return nil, nil, gram.ErrCorrupt
	}
	b, err = p.Text.decode(b, patterns, groups)
	return p, b, err
}

func (x *Index) decode(b []byte, patterns, groups int) ([]byte, error) {
	var err error
	if x.Table, b, err = gram.DecodeTable(b); err != nil {
		return nil, err
	}
	if b, err = gram.DecodeSlice(b, &x.UseOff); err != nil {
		return nil, err
	}
	if b, err = gram.DecodeSlice(b, &x.Uses); err != nil {
		return nil, err
	}
	if !offsets(x.UseOff, x.Table.Atoms(), len(x.Uses)) {
		return nil, gram.ErrCorrupt
	}
	for _, u := range x.Uses {
		if g, ok := Use(u).Gate(); ok && g > groups || !ok && int(Use(u).Pattern()) >= patterns {
			return nil, gram.ErrCorrupt
		}
	}
	return b, nil
}

func below(list []uint32, n int) bool {
	for _, v := range list {
		if int(v) >= n {
			return false
		}
	}
	return true
}

// offsets checks the offsets of n lists in a slice of total elements.
func offsets(off []uint32, n, total int) bool {
	if len(off) != n+1 || off[0] != 0 || int(off[n]) != total {
		return false
	}
	for i := 1; i <= n; i++ {
		if off[i] < off[i-1] {
			return false
		}
	}
	return true
}
