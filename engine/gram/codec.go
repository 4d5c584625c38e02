package gram

import (
	"encoding/binary"
	"errors"
)

// ErrCorrupt says that encoded data is not what Append wrote.
var ErrCorrupt = errors.New("gram table is corrupt")

// Size is about the length of the encoded form of t.
func (t *Table) Size() int {
	n := 5*len(t.atomOff) + len(t.bytes)
	for i := range t.probes {
		p := &t.probes[i]
		n += 64 + 8*len(p.bits) + 4*len(p.first) + 12*len(p.keys) + 8*len(p.entries)
	}
	return n
}

// Append appends the encoded form of t.
func (t *Table) Append(dst []byte) []byte {
	dst = AppendSlice(dst, t.atomOff)
	dst = AppendSlice(dst, t.bytes)
	for i := range t.probes {
		p := &t.probes[i]
		dst = binary.LittleEndian.AppendUint32(dst, p.mask)
		dst = AppendSlice(dst, p.bits)
		dst = AppendSlice(dst, p.first)
		dst = AppendSlice(dst, p.keys)
		dst = AppendSlice(dst, p.lists)
		dst = AppendSlice(dst, p.entries)
	}
	return dst
}

// DecodeTable reads what Append wrote, and gives the rest.
func DecodeTable(b []byte) (*Table, []byte, error) {
	t := &Table{}
	var err error
	if b, err = DecodeSlice(b, &t.atomOff); err != nil {
		return nil, nil, err
	}
	if b, err = DecodeSlice(b, &t.bytes); err != nil {
		return nil, nil, err
	}
	for i := range t.probes {
		if b, err = t.probes[i].decode(b); err != nil {
			return nil, nil, err
		}
	}
	if !t.valid() {
		return nil, nil, ErrCorrupt
	}
	t.spread()
	return t, b, nil
}

func (p *probe) decode(b []byte) ([]byte, error) {
	if len(b) < 4 {
		return nil, ErrCorrupt
	}
	p.mask = binary.LittleEndian.Uint32(b)
	b = b[4:]
	var err error
	if b, err = DecodeSlice(b, &p.bits); err != nil {
		return nil, err
	}
	if b, err = DecodeSlice(b, &p.first); err != nil {
		return nil, err
	}
	if b, err = DecodeSlice(b, &p.keys); err != nil {
		return nil, err
	}
	if b, err = DecodeSlice(b, &p.lists); err != nil {
		return nil, err
	}
	return DecodeSlice(b, &p.entries)
}

// valid checks all that the search relies on, so that foreign data cannot
// make it fail.
func (t *Table) valid() bool {
	if len(t.atomOff) == 0 || t.atomOff[0] != 0 {
		return false
	}
	for i := 1; i < len(t.atomOff); i++ {
		if t.atomOff[i] < t.atomOff[i-1] || int(t.atomOff[i]) > len(t.bytes) {
			return false
		}
	}
	for i := range t.probes {
		if !t.probes[i].valid(t.Atoms()) {
			return false
		}
	}
	p := &t.probes[pair]
	return p.bits == nil || len(p.bits) == 1<<10 && p.complete()
}

func (p *probe) valid(atoms int) bool {
	if len(p.bits) == 0 {
		p.bits = nil
		return true
	}
	slots := uint64(p.mask) + 1
	if len(p.bits)&(len(p.bits)-1) != 0 || slots&(slots-1) != 0 ||
		uint64(len(p.first)) != slots || len(p.lists) != len(p.keys) {
		return false
	}
	free := false
	for _, f := range p.first {
		if int(f) > len(p.keys) {
			return false
		}
		free = free || f == 0
	}
	for _, l := range p.lists {
		if int(l) >= len(p.entries) {
			return false
		}
	}
	for _, e := range p.entries {
		if int(entry(e).atom()) >= atoms {
			return false
		}
	}
	return free && len(p.entries) > 0 && entry(p.entries[len(p.entries)-1]).last()
}

// complete tells whether each pair of the bitmap is among the grams.
func (p *probe) complete() bool {
	for g := range uint64(1 << 16) {
		if p.bits[g>>6]>>(g&63)&1 == 0 {
			continue
		}
		s := slot(g*hashFactor) & p.mask
		for p.first[s] != 0 && p.keys[p.first[s]-1] != g {
			s = (s + 1) & p.mask
		}
		if p.first[s] == 0 {
			return false
		}
	}
	return true
}

// AppendSlice appends the length and the elements of s in little-endian order.
func AppendSlice[T uint8 | uint16 | uint32 | uint64](dst []byte, s []T) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, uint64(len(s)))
	dst, err := binary.Append(dst, binary.LittleEndian, s)
	if err != nil { // these types cannot fail
		panic(err)
	}
	return dst
}

// DecodeSlice reads what AppendSlice wrote into s, and gives the rest. A slice
// of bytes shares the memory of b.
func DecodeSlice[T uint8 | uint16 | uint32 | uint64](b []byte, s *[]T) ([]byte, error) {
	if len(b) < 8 {
		return nil, ErrCorrupt
	}
	n := binary.LittleEndian.Uint64(b)
	b = b[8:]
	width := uint64(binary.Size(T(0)))
	if n > uint64(len(b))/width {
		return nil, ErrCorrupt
	}
	size := n * width
	if raw, ok := any(s).(*[]byte); ok {
		*raw = b[:size:size]
		return b[size:], nil
	}
	*s = make([]T, n)
	if _, err := binary.Decode(b[:size], binary.LittleEndian, *s); err != nil {
		return nil, err
	}
	return b[size:], nil
}
