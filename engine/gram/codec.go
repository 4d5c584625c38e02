package gram

import (
	"encoding/binary"
	"errors"

	"candor/engine/internal/memory"
)

// ErrCorrupt says that encoded data is not what Append wrote.
var ErrCorrupt = errors.New("gram table is corrupt")

// Size is about the length of the encoded form of t.
func (t *Table) Size() int {
	return 64 + 4*len(t.atomOff) + len(t.bytes) + 8*len(t.grams) + 8*len(t.short)
}

// Append appends the encoded form of t: the atoms, and the grams that they
// are found by. The rest is made anew, which is sooner done than read.
func (t *Table) Append(dst []byte) []byte {
	dst = AppendSlice(dst, t.atomOff)
	dst = AppendSlice(dst, t.bytes)
	dst = append(dst, byte(t.shortStep))
	for _, entries := range [][]entry{t.grams, t.short} {
		dst = binary.LittleEndian.AppendUint64(dst, uint64(len(entries)))
		for _, e := range entries {
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
	if len(b) == 0 || b[0] != 1 && b[0] != pairStride || !t.valid() {
		return nil, nil, ErrCorrupt
	}
	t.shortStep, b = int(b[0]), b[1:]
	if b, t.grams, err = t.decodeEntries(b, kind{least: leastLen, known: gramLen - 1, from: -1, most: stride}); err != nil {
		return nil, nil, err
	}
	if b, t.short, err = t.decodeEntries(b, kind{least: pairLen, known: pairLen, from: 0, most: t.shortStep}); err != nil {
		return nil, nil, err
	}
	return t, b, nil
}

// kind says what must hold for entries: the least length of their atoms, the
// least offset in them, how many bytes have to be there from it on, and the
// most entries that an atom has.
type kind struct{ least, from, known, most int }

func (t *Table) decodeEntries(b []byte, k kind) (rest []byte, entries []entry, err error) {
	raw, rest, err := cutSlice(b, 8)
	if err != nil {
		return nil, nil, err
	}
	entries = memory.Make[entry](len(raw) / 8)
	for i := range entries {
		e := entry(binary.LittleEndian.Uint64(raw[8*i:]))
		if int(e.atom()) >= t.Atoms() || i >= k.most && e.atom() <= entries[i-k.most].atom() {
			return nil, nil, ErrCorrupt
		}
		if n := len(t.atom(e.atom())); n < k.least || e.delta() < k.from || e.delta()+k.known > n {
			return nil, nil, ErrCorrupt
		}
		entries[i] = e
	}
	return rest, entries, nil
}

// valid checks what the search relies on, so that foreign data cannot make it
// fail.
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

// AppendSlice appends the length and the elements of s in little-endian order.
func AppendSlice[T uint8 | uint16 | uint32 | uint64](dst []byte, s []T) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, uint64(len(s)))
	dst, err := binary.Append(dst, binary.LittleEndian, s)
	if err != nil { // these types cannot fail
		panic(err)
	}
	return dst
}

// DecodeSlice reads what AppendSlice wrote into s, and gives the rest. It shares no
// memory with b.
func DecodeSlice[T uint8 | uint16 | uint32 | uint64](b []byte, s *[]T) ([]byte, error) {
	width := binary.Size(T(0))
	raw, rest, err := cutSlice(b, width)
	if err != nil {
		return nil, err
	}
	*s = memory.Make[T](len(raw) / width)
	if _, err := binary.Decode(raw, binary.LittleEndian, *s); err != nil {
		return nil, err
	}
	return rest, nil
}

// cutSlice gives the elements that AppendSlice wrote, of a size in bytes each, and what follows them.
func cutSlice(b []byte, width int) (elements, rest []byte, err error) {
	if len(b) < 8 {
		return nil, nil, ErrCorrupt
	}
	n := binary.LittleEndian.Uint64(b)
	b = b[8:]
	if n > uint64(len(b)/width) {
		return nil, nil, ErrCorrupt
	}
	return b[:int(n)*width], b[int(n)*width:], nil
}
