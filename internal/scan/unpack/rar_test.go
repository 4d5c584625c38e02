package unpack_test

import (
	"encoding/binary"
	"hash/crc32"
	"testing"

	"candor/internal/scan/unpack"
)

// stored makes an archive of RAR 4 with one member that is not compressed.
func stored(name, data string, flags uint16) []byte {
	le := binary.LittleEndian
	block := func(b []byte) []byte {
		le.PutUint16(b, uint16(crc32.ChecksumIEEE(b[2:])))
		return b
	}
	archive := append([]byte("Rar!\x1a\x07\x00"), block([]byte{0, 0, 0x73, 0, 0, 13, 0, 0, 0, 0, 0, 0, 0})...)
	h := []byte{0, 0, 0x74}
	h = le.AppendUint16(h, 0x8000|flags)
	h = le.AppendUint16(h, uint16(32+len(name)))
	h = le.AppendUint32(h, uint32(len(data)))
	h = le.AppendUint32(h, uint32(len(data)))
	h = append(h, 3)
	h = le.AppendUint32(h, crc32.ChecksumIEEE([]byte(data)))
	h = le.AppendUint32(h, 0x21<<16)
	h = append(h, 20, 0x30)
	h = le.AppendUint16(h, uint16(len(name)))
	h = le.AppendUint32(h, 0o100644)
	return append(append(archive, block(append(h, name...))...), data...)
}

func TestRAR(t *testing.T) {
	if f := look(t, unpack.Options{}, "a.rar", stored("a.txt", marker, 0)); !f.has("a.txt") || len(f.gaps) > 0 {
		t.Errorf("%q %v", f.paths, f.gaps)
	}
	if f := look(t, unpack.Options{}, "a.exe", append([]byte("MZ and a program"), stored("a.txt", marker, 0)...)); !f.has("overlay@16//a.txt") {
		t.Errorf("behind a program: %q %v", f.paths, f.gaps)
	}
	if f := look(t, unpack.Options{}, "a.rar", stored("a.txt", marker, 4)); len(f.gaps) == 0 {
		t.Errorf("encrypted: %q %v", f.paths, f.gaps)
	}
	if f := look(t, unpack.Options{}, "a.rar", []byte("Rar!\x1a\x07\x00rubbish")); len(f.gaps) == 0 {
		t.Errorf("rubbish: %q %v", f.paths, f.gaps)
	}
}
