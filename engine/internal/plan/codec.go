package plan

import "candor/engine/gram"

// Append appends the encoded form of l.
func (l *Lane) Append(dst []byte) []byte {
	dst = l.Table.Append(dst)
	dst = gram.AppendSlice(dst, l.UseOff)
	dst = gram.AppendSlice(dst, l.Uses)
	dst = gram.AppendSlice(dst, l.Tracked)
	dst = gram.AppendSlice(dst, l.Always)
	dst = gram.AppendSlice(dst, l.TriggerKeys)
	dst = gram.AppendSlice(dst, l.TriggerOff)
	return gram.AppendSlice(dst, l.Triggers)
}

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

// DecodeLane reads what Append wrote for a set of so many rules, patterns and
// groups, and gives the rest.
func DecodeLane(b []byte, rules, patterns, groups int) (*Lane, []byte, error) {
	l := &Lane{}
	var err error
	if l.Table, b, err = gram.DecodeTable(b); err != nil {
		return nil, nil, err
	}
	for _, s := range []*[]uint32{&l.UseOff} {
		if b, err = gram.DecodeSlice(b, s); err != nil {
			return nil, nil, err
		}
	}
	for _, s := range []*[]uint64{&l.Uses, &l.Tracked} {
		if b, err = gram.DecodeSlice(b, s); err != nil {
			return nil, nil, err
		}
	}
	for _, s := range []*[]uint32{&l.Always, &l.TriggerKeys, &l.TriggerOff, &l.Triggers} {
		if b, err = gram.DecodeSlice(b, s); err != nil {
			return nil, nil, err
		}
	}
	if !l.valid(rules, patterns, groups) {
		return nil, nil, gram.ErrCorrupt
	}
	return l, b, nil
}

func (l *Lane) valid(rules, patterns, groups int) bool {
	if !offsets(l.UseOff, l.Table.Atoms(), len(l.Uses)) || !offsets(l.TriggerOff, len(l.TriggerKeys), len(l.Triggers)) ||
		len(l.Tracked) != (patterns+63)/64 {
		return false
	}
	for _, u := range l.Uses {
		if g, ok := Use(u).Gate(); ok && g >= groups || !ok && int(Use(u).Pattern()) >= patterns {
			return false
		}
	}
	for _, list := range [][]uint32{l.Always, l.Triggers} {
		for _, r := range list {
			if int(r) >= rules {
				return false
			}
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
