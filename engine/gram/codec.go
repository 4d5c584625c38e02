package gram

import (
	"encoding/binary"
	"errors"
)

// ErrCorrupt says that encoded data is not what Append wrote.
var ErrCorrupt = errors.New("gram table is corrupt")

// Size is about the length of the encoded form of t.
func (t *Table) Size() int {
	return 64 + 4*len(t.atomOff) + len(t.bytes) + 8*len(t.coarse.entries) + 8*len(t.fine.entries)
}

// Append appends the encoded form of t: the atoms, and the grams that they
// are found by. The rest is made anew, which is sooner done than read.
func (t *Table) Append(dst []byte) []byte {
	dst = AppendSlice(dst, t.atomOff)
	dst = AppendSlice(dst, t.bytes)
	for _, s := range []*sampled{&t.coarse, &t.fine} {
		dst = binary.LittleEndian.AppendUint64(dst, uint64(len(s.entries)))
		for _, e := range s.entries {
			dst = binary.LittleEndian.AppendUint64(dst, uint64(e))
		}
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
	if !t.valid() {
		return nil, nil, ErrCorrupt
	}
	var entries [2][]entry
	for _, k := range []*sampling{coarse, fine} {
		var raw []uint64
		if b, err = DecodeSlice(b, &raw); err != nil {
			return nil, nil, err
		}
		for _, x := range raw {
			if !t.has(k, entry(x)) {
				return nil, nil, ErrCorrupt
			}
			entries[k.number] = append(entries[k.number], entry(x))
		}
	}
	t.fill(entries)
	return t, b, nil
}

// valid and has check all that the search relies on, so that foreign data
// cannot make it fail.
func (t *Table) valid() bool {
	if len(t.atomOff) == 0 || t.atomOff[0] != 0 {
		return false
	}
	for i := 1; i < len(t.atomOff); i++ {
		if t.atomOff[i] < t.atomOff[i-1] || int(t.atomOff[i]) > len(t.bytes) {
			return false
		}
	}
	return true
}

func (t *Table) has(k *sampling, e entry) bool {
	if int(e.atom()) >= t.Atoms() {
		return false
	}
	n := len(t.atom(e.atom()))
	return n >= k.least && e.delta()+k.width <= n+1
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
