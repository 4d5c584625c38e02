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

// DecodeLane reads what Append wrote for a set of so many rules and patterns,
// and gives the rest.
func DecodeLane(b []byte, rules, patterns int) (*Lane, []byte, error) {
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
	if !l.valid(rules, patterns) {
		return nil, nil, gram.ErrCorrupt
	}
	return l, b, nil
}

func (l *Lane) valid(rules, patterns int) bool {
	if !offsets(l.UseOff, l.Table.Atoms(), len(l.Uses)) || !offsets(l.TriggerOff, len(l.TriggerKeys), len(l.Triggers)) ||
		len(l.Tracked) != (patterns+63)/64 {
		return false
	}
	for _, u := range l.Uses {
		if int(Use(u).Pattern()) >= patterns {
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
