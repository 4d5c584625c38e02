package unpack

import "encoding/binary"

// openRPM finds the payload of a package behind its lead of 96 bytes, its
// signature and its header (RPM file format, version 3 and 4). The payload is a
// compressed cpio archive.
func openRPM(w *walk, at place, content []byte) error {
	p, ok := rpmHeader(content, 96)
	if ok {
		p, ok = rpmHeader(content, aligned(p, 8))
	}
	if !ok || p >= len(content) {
		return damaged("no payload")
	}
	return w.slice(at, "rpm", "payload", content[p:])
}

// rpmHeader tells where a header structure ends: magic, count of entries of 16
// bytes, size of the store.
func rpmHeader(content []byte, p int) (int, bool) {
	if p > len(content)-16 || string(content[p:p+3]) != "\x8e\xad\xe8" {
		return 0, false
	}
	entries, store := int64(binary.BigEndian.Uint32(content[p+8:])), int64(binary.BigEndian.Uint32(content[p+12:]))
	end := int64(p) + 16 + 16*entries + store
	return int(min(end, int64(len(content)))), end <= int64(len(content))
}
