package match

import (
	"encoding/binary"

	"candor/engine/gram"
	"candor/engine/internal/plan"
	"candor/engine/normal"
)

// Size is about the length of the encoded form of s.
func (s *Set) Size() int {
	n := len(s.Code) + 16*len(s.Numbers.List) + 16*s.Rules()
	for _, view := range s.Plans {
		for _, p := range view {
			if p != nil {
				n += p.Size()
			}
		}
	}
	for _, d := range s.Digests {
		n += len(d.Sums) + 8*len(d.Sizes)
	}
	return n
}

// Append appends the encoded form of s, without its modules.
func (s *Set) Append(dst []byte) []byte {
	dst = gram.AppendSlice(dst, s.Code)
	dst = gram.AppendSlice(dst, s.CodeOff)
	dst = gram.AppendSlice(dst, s.Numbers.Off)
	dst = gram.AppendSlice(dst, s.Numbers.List)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(s.Patterns))
	dst = gram.AppendSlice(dst, s.Flags)
	dst = gram.AppendSlice(dst, s.GroupOf)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(len(s.Groups)))
	for i := range s.Groups {
		g := &s.Groups[i]
		dst = g.Gate.Append(append(gram.AppendSlice(dst, g.Globals), g.Target))
	}
	for _, view := range s.Plans {
		for _, p := range view {
			dst = append(dst, flag(p != nil))
			if p != nil {
				dst = p.Append(dst)
			}
		}
	}
	dst = binary.LittleEndian.AppendUint64(dst, uint64(len(s.Externals)))
	for _, e := range s.Externals {
		dst = gram.AppendSlice(dst, []byte(e))
	}
	dst = append(dst, flag(s.Signatures)|flag(s.TextGated)<<1)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(len(s.TextPieces)))
	for _, p := range s.TextPieces {
		dst = gram.AppendSlice(dst, p)
	}
	for _, d := range [][]Digests{s.Digests, s.SectionDigests, s.Allowed} {
		dst = appendDigests(dst, d)
	}
	dst = binary.LittleEndian.AppendUint64(dst, uint64(len(s.Types)))
	for _, t := range s.Types {
		dst = binary.LittleEndian.AppendUint64(dst, uint64(t.At))
		dst = binary.LittleEndian.AppendUint64(dst, uint64(t.As))
		dst = gram.AppendSlice(dst, t.Magic)
	}
	return dst
}

func (s *Set) decodeTypes(b []byte) ([]byte, error) {
	b, n, err := number(b, 1<<16)
	if err != nil {
		return nil, err
	}
	for range n {
		var t FileType
		var at, as uint64
		if b, at, err = number(b, 1<<32-1); err != nil {
			return nil, err
		}
		if b, as, err = number(b, 255); err != nil {
			return nil, err
		}
		if b, err = gram.DecodeSlice(b, &t.Magic); err != nil {
			return nil, err
		}
		t.At, t.As = uint32(at), normal.FileType(as)
		s.Types = append(s.Types, t)
	}
	return b, nil
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// Decode reads what Append wrote, and gives the rest. Modules are still to be set.
func Decode(b []byte) (*Set, []byte, error) {
	s := &Set{}
	var err error
	var patterns, groups uint64
	for _, step := range []func() error{
		func() error { b, err = gram.DecodeSlice(b, &s.Code); return err },
		func() error { b, err = gram.DecodeSlice(b, &s.CodeOff); return err },
		func() error { b, err = gram.DecodeSlice(b, &s.Numbers.Off); return err },
		func() error { b, err = gram.DecodeSlice(b, &s.Numbers.List); return err },
		func() error { b, patterns, err = number(b, plan.MaxPatterns); return err },
		func() error { b, err = gram.DecodeSlice(b, &s.Flags); return err },
		func() error { b, err = gram.DecodeSlice(b, &s.GroupOf); return err },
		func() error { b, groups, err = number(b, 1<<16); return err },
	} {
		if err := step(); err != nil {
			return nil, nil, err
		}
	}
	s.Patterns = int(patterns)
	if groups == 0 || !s.validRules(int(groups)) {
		return nil, nil, gram.ErrCorrupt
	}
	for range groups {
		var g Group
		if b, err = g.decode(b, s); err != nil {
			return nil, nil, err
		}
		s.Groups = append(s.Groups, g)
	}
	if b, err = s.decodePlans(b); err != nil {
		return nil, nil, err
	}
	var names [][]byte
	if b, names, err = decodeTexts(b, 1<<16); err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		s.Externals = append(s.Externals, string(name))
	}
	if len(b) == 0 {
		return nil, nil, gram.ErrCorrupt
	}
	s.Signatures, s.TextGated, b = b[0]&1 != 0, b[0]&2 != 0, b[1:]
	if b, s.TextPieces, err = decodeTexts(b, 1<<24); err != nil {
		return nil, nil, err
	}
	for _, d := range []*[]Digests{&s.Digests, &s.SectionDigests, &s.Allowed} {
		if *d, b, err = decodeDigests(b, s.Rules()); err != nil {
			return nil, nil, err
		}
	}
	if b, err = s.decodeTypes(b); err != nil {
		return nil, nil, err
	}
	s.Init()
	return s, b, nil
}

// decodeTexts reads texts, at most so many.
func decodeTexts(b []byte, limit uint64) ([]byte, [][]byte, error) {
	b, n, err := number(b, min(limit, uint64(len(b))))
	if err != nil {
		return nil, nil, err
	}
	texts := make([][]byte, n)
	for i := range texts {
		if b, err = gram.DecodeSlice(b, &texts[i]); err != nil {
			return nil, nil, err
		}
	}
	return b, texts, nil
}

func number(b []byte, limit uint64) ([]byte, uint64, error) {
	if len(b) < 8 {
		return nil, 0, gram.ErrCorrupt
	}
	v := binary.LittleEndian.Uint64(b)
	if v > limit {
		return nil, 0, gram.ErrCorrupt
	}
	return b[8:], v, nil
}

func (g *Group) decode(b []byte, s *Set) ([]byte, error) {
	var err error
	if b, err = gram.DecodeSlice(b, &g.Globals); err != nil {
		return nil, err
	}
	for _, r := range g.Globals {
		if int(r) >= s.Rules() {
			return nil, gram.ErrCorrupt
		}
	}
	if len(b) == 0 {
		return nil, gram.ErrCorrupt
	}
	g.Target, b = b[0], b[1:]
	g.Gate, b, err = plan.DecodeGate(b)
	return b, err
}

func (s *Set) decodePlans(b []byte) ([]byte, error) {
	var err error
	for view := range s.Plans {
		for route := range s.Plans[view] {
			if len(b) == 0 {
				return nil, gram.ErrCorrupt
			}
			present := b[0] != 0
			if b = b[1:]; !present {
				continue
			}
			if s.Plans[view][route], b, err = plan.Decode(b, s.Rules(), s.Patterns, len(s.Groups)); err != nil {
				return nil, err
			}
		}
	}
	return b, nil
}

func (s *Set) validRules(groups int) bool {
	n := len(s.CodeOff) - 1
	if n < 0 || !s.Numbers.Valid(n, s.Patterns) || len(s.Flags) != n || len(s.GroupOf) != n {
		return false
	}
	for i, off := range s.CodeOff {
		if int(off) > len(s.Code) || i > 0 && off < s.CodeOff[i-1] {
			return false
		}
	}
	for _, g := range s.GroupOf {
		if int(g) >= groups {
			return false
		}
	}
	return true
}
