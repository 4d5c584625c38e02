package unpack_test

import (
	"bytes"
	"testing"

	"candor/internal/scan/unpack"
)

func TestMethodsOfCabinets(t *testing.T) {
	content := cabinetAgain(t, 1)
	for method, want := range map[byte]unpack.Reason{2: unpack.Unsupported, 3: unpack.Unsupported, 7: unpack.Unsupported} {
		b := bytes.Clone(content)
		b[36+6] = method // of the one folder
		if f := look(t, unpack.Options{}, "a.cab", b); !f.gap(want) || f.bytes > 0 {
			t.Errorf("method %d: %v", method, f.gaps)
		}
	}
}

func TestDamagedCabinet(t *testing.T) {
	content := cabinetAgain(t, 1)
	if f := look(t, unpack.Options{}, "a.cab", content); len(f.gaps) > 0 || f.bytes != 1<<20 {
		t.Errorf("%d bytes, %v", f.bytes, f.gaps)
	}
	for name, b := range map[string][]byte{"cut": content[:len(content)-20], "no files": content[:60], "no header": content[:20]} {
		if f := look(t, unpack.Options{}, "a.cab", b); !f.gap(unpack.Damaged) {
			t.Errorf("%s: %v", name, f.gaps)
		}
	}
}

// TestBlocksOfCabinets: what a block copies from may lie in the one before.
func TestBlocksOfCabinets(t *testing.T) {
	big := bytes.Repeat([]byte(marker), 1000)
	content := script(t, `i=0; while [ $i -lt 1000 ]; do cat a.txt; i=$((i+1)); done > b.txt; gcab -c -z out b.txt`, "gcab")
	got := false
	gaps := visit(t, content, func(p unpack.Part) { got = got || p.Path == "b.txt" && bytes.Equal(p.Data, big) })
	if !got || len(gaps) > 0 {
		t.Errorf("gaps %v", gaps)
	}
}
