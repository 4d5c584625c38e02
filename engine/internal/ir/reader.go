package ir

import "encoding/binary"

// Reader reads encoded data piece by piece. After the first fault it gives
// zero values only, and Bad is set.
type Reader struct {
	B   []byte // what is left
	Bad bool
}

// Fail marks the data as faulty.
func (r *Reader) Fail() { r.Bad, r.B = true, nil }

// Byte reads a byte.
func (r *Reader) Byte() byte {
	if len(r.B) == 0 {
		r.Fail()
		return 0
	}
	c := r.B[0]
	r.B = r.B[1:]
	return c
}

// Uvarint reads an unsigned integer of variable length.
func (r *Reader) Uvarint() uint64 {
	v, n := binary.Uvarint(r.B)
	if n <= 0 {
		r.Fail()
		return 0
	}
	r.B = r.B[n:]
	return v
}

// Varint reads an integer of variable length.
func (r *Reader) Varint() int64 {
	v, n := binary.Varint(r.B)
	if n <= 0 {
		r.Fail()
		return 0
	}
	r.B = r.B[n:]
	return v
}

// Uint64 reads eight bytes in little-endian order.
func (r *Reader) Uint64() uint64 {
	if len(r.B) < 8 {
		r.Fail()
		return 0
	}
	v := binary.LittleEndian.Uint64(r.B)
	r.B = r.B[8:]
	return v
}

// Count reads a number of elements, of which each takes at least a byte.
func (r *Reader) Count() int { return r.bounded(r.Uvarint()) }

// Length is Count for a number of fixed width.
func (r *Reader) Length() int { return r.bounded(r.Uint64()) }

func (r *Reader) bounded(n uint64) int {
	if n > uint64(len(r.B)) {
		r.Fail()
		return 0
	}
	return int(n)
}

// Bytes reads a Count and as many bytes. They share the memory of the data.
func (r *Reader) Bytes() []byte {
	n := r.Count()
	if r.Bad {
		return nil
	}
	v := r.B[:n:n]
	r.B = r.B[n:]
	return v
}
