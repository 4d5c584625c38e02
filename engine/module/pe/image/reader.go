package image

import (
	"bytes"
	"encoding/binary"
)

// Reader reads little-endian numbers and strings from data at any offset,
// sensible or not: what lies outside of the data reads as zero or nil.
type Reader struct{ data []byte }

// Data gives all of the data.
func (r *Reader) Data() []byte { return r.data }

// Size gives the length of the data.
func (r *Reader) Size() int64 { return int64(len(r.data)) }

// Fits tells whether n bytes at off are in the data.
func (r *Reader) Fits(off, n int64) bool {
	return off >= 0 && n >= 0 && n <= int64(len(r.data)) && off <= int64(len(r.data))-n
}

// Bytes gives n bytes at off, nil unless all are in the data.
func (r *Reader) Bytes(off, n int64) []byte {
	if !r.Fits(off, n) {
		return nil
	}
	return r.data[off : off+n : off+n]
}

// U8 reads a byte.
func (r *Reader) U8(off int64) uint8 {
	if b := r.Bytes(off, 1); b != nil {
		return b[0]
	}
	return 0
}

// U16 reads 2 bytes.
func (r *Reader) U16(off int64) uint16 {
	if b := r.Bytes(off, 2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

// U32 reads 4 bytes.
func (r *Reader) U32(off int64) uint32 {
	if b := r.Bytes(off, 4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// U64 reads 8 bytes.
func (r *Reader) U64(off int64) uint64 {
	if b := r.Bytes(off, 8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// CString gives the bytes at off up to a NUL, the end of the data or limit
// bytes, whichever is first, and whether it was the NUL. It is nil outside of
// the data.
func (r *Reader) CString(off, limit int64) (s []byte, terminated bool) {
	if off < 0 || off >= int64(len(r.data)) || limit < 0 {
		return nil, false
	}
	s = r.data[off:]
	if limit < int64(len(s)) {
		s = s[:limit]
	}
	if i := bytes.IndexByte(s, 0); i >= 0 {
		return s[:i:i], true
	}
	return s[:len(s):len(s)], false
}
