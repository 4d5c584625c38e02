package unpack_test

import (
	"archive/zip"
	"fmt"
	"strings"
	"testing"

	"candor/internal/scan/unpack"
)

// TestMarksInPrograms: a program that reads archives has their marks, and no
// archive.
func TestMarksInPrograms(t *testing.T) {
	marks := "7z\xbc\xaf\x27\x1c\x00 Rar!\x1a\x07\x00 Rar!\x1a\x07\x01\x00 MSCF\x00\x00\x00\x00 PK\x03\x04 PK\x01\x02 PK\x05\x06" + strings.Repeat("\x00 text ", 20)
	program := "\x7fELF\x02\x01 " + marks
	if f := look(t, unpack.Options{}, "", []byte(program)); len(f.gaps) > 0 || f.bytes > 0 {
		t.Errorf("%d bytes, %v", f.bytes, f.gaps)
	}
	archive := string(zipped(t, zip.Deflate, "a.txt", []byte(marker)))
	if f := look(t, unpack.Options{}, "", []byte(program+archive)); !f.has("a.txt") || len(f.gaps) > 0 {
		t.Errorf("with a zip: %q %v", f.paths, f.gaps)
	}
	if f := look(t, unpack.Options{}, "", append([]byte(program), stored("a.txt", marker, 0)...)); !f.has(fmt.Sprintf("overlay@%d//a.txt", len(program))) || len(f.gaps) > 0 {
		t.Errorf("with a RAR: %q %v", f.paths, f.gaps)
	}
}
