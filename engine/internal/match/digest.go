package match

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"candor/engine/gram"
)

// Digests is a set of digests of whole contents, each the mark of one rule.
// It is sorted by size and digest; a size of zero stands for any.
type Digests struct {
	Sizes []uint32 // by entry
	Rules []uint32
	Sums  []byte // Width bytes an entry
	Width int
}

// Digest is one entry of Digests.
type Digest struct {
	Size uint32
	Sum  []byte
	Rule uint32
}

// NewDigests sorts entries, all of them of one kind of digest.
func NewDigests(width int, entries []Digest) Digests {
	slices.SortFunc(entries, func(a, b Digest) int {
		if a.Size != b.Size {
			if a.Size < b.Size {
				return -1
			}
			return 1
		}
		return bytes.Compare(a.Sum, b.Sum)
	})
	d := Digests{Width: width}
	for _, e := range entries {
		d.Sizes = append(d.Sizes, e.Size)
		d.Rules = append(d.Rules, e.Rule)
		d.Sums = append(d.Sums, e.Sum...)
	}
	return d
}

// Each calls yield with every entry.
func (d *Digests) Each(yield func(Digest)) {
	for i, size := range d.Sizes {
		yield(Digest{Size: size, Sum: d.Sums[i*d.Width : (i+1)*d.Width], Rule: d.Rules[i]})
	}
}

// Only gives the entries of some rules.
func (d *Digests) Only(wanted func(rule uint32) bool) Digests {
	out := Digests{Width: d.Width}
	d.Each(func(one Digest) {
		if wanted(one.Rule) {
			out.Sizes, out.Rules, out.Sums = append(out.Sizes, one.Size), append(out.Rules, one.Rule), append(out.Sums, one.Sum...)
		}
	})
	return out
}

// has tells whether any entry is about content of this size.
func (d *Digests) has(size uint32) bool {
	if len(d.Sizes) > 0 && d.Sizes[0] == 0 {
		return true
	}
	_, ok := slices.BinarySearch(d.Sizes, size)
	return ok
}

// each calls yield with the rules of a digest.
func (d *Digests) each(size uint32, sum []byte, yield func(rule uint32)) {
	for _, s := range [2]uint32{0, size} {
		at, _ := slices.BinarySearch(d.Sizes, s)
		for ; at < len(d.Sizes) && d.Sizes[at] == s; at++ {
			if bytes.Equal(d.Sums[at*d.Width:(at+1)*d.Width], sum) {
				yield(d.Rules[at])
			}
		}
		if size == 0 {
			return
		}
	}
}

// sums are the digests of content that the sets ask for.
func digestsOf(data []byte, sets []Digests, yield func(rule uint32)) {
	if int64(len(data)) > 1<<32-1 {
		return
	}
	size := uint32(len(data))
	for i := range sets {
		d := &sets[i]
		if len(d.Sizes) == 0 || !d.has(size) {
			continue
		}
		d.each(size, sum(data, d.Width), yield)
	}
}

func sum(data []byte, width int) []byte {
	switch width {
	case md5.Size:
		s := md5.Sum(data)
		return s[:]
	case sha1.Size:
		s := sha1.Sum(data)
		return s[:]
	}
	s := sha256.Sum256(data)
	return s[:]
}

// sections looks for digests of the sections of a portable executable.
func (s *Scanner) sections(data []byte) {
	if len(s.set.SectionDigests) == 0 || !bytes.HasPrefix(data, []byte("MZ")) {
		return
	}
	s.begin(data)
	for _, x := range s.executable().sections {
		if x[0] >= 0 && x[1] > 0 && x[0] <= int64(len(data)) && x[1] <= int64(len(data))-x[0] {
			digestsOf(data[x[0]:x[0]+x[1]], s.set.SectionDigests, s.report)
		}
	}
}

func appendDigests(dst []byte, sets []Digests) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, uint64(len(sets)))
	for i := range sets {
		dst = binary.LittleEndian.AppendUint64(dst, uint64(sets[i].Width))
		dst = gram.AppendSlice(dst, sets[i].Sizes)
		dst = gram.AppendSlice(dst, sets[i].Rules)
		dst = gram.AppendSlice(dst, sets[i].Sums)
	}
	return dst
}

func decodeDigests(b []byte, rules int) ([]Digests, []byte, error) {
	b, n, err := number(b, 16)
	if err != nil {
		return nil, nil, err
	}
	sets := make([]Digests, n)
	for i := range sets {
		d := &sets[i]
		var width uint64
		if b, width, err = number(b, 64); err != nil {
			return nil, nil, err
		}
		d.Width = int(width)
		if b, err = gram.DecodeSlice(b, &d.Sizes); err != nil {
			return nil, nil, err
		}
		if b, err = gram.DecodeSlice(b, &d.Rules); err != nil {
			return nil, nil, err
		}
		if b, err = gram.DecodeSlice(b, &d.Sums); err != nil {
			return nil, nil, err
		}
		if len(d.Rules) != len(d.Sizes) || len(d.Sums) != len(d.Sizes)*d.Width || !slices.IsSorted(d.Sizes) ||
			d.Width != md5.Size && d.Width != sha1.Size && d.Width != sha256.Size {
			return nil, nil, gram.ErrCorrupt
		}
		for _, r := range d.Rules {
			if int(r) >= rules {
				return nil, nil, gram.ErrCorrupt
			}
		}
	}
	return sets, b, nil
}
