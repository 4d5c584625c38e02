package generation

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"candor"
	"candor/internal/scan"
)

// repack writes an archive anew, changed.
func repack(t *testing.T, archive []byte, change func(name string, data []byte) (string, []byte)) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	packed := gzip.NewWriter(&out)
	to := tar.NewWriter(packed)
	for from := tar.NewReader(z); ; {
		h, err := from.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(from)
		if err != nil {
			t.Fatal(err)
		}
		name, data := change(h.Name, data)
		if name == "" {
			continue
		}
		if err := pack(to, name, int64(len(data)), bytes.NewReader(data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(to.Close(), packed.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestCarry carries a generation somewhere else, where it compiles to the same
// rules. Whatever was changed on the way is noticed, and leaves nothing behind.
func TestCarry(t *testing.T) {
	rules := filepath.Join(t.TempDir(), "rules")
	if err := os.Mkdir(rules, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"a.yar": `include "b.inc" rule a { strings: $a = "alpha" condition: $a }`, "b.inc": `rule b { strings: $b = "bravo" condition: $b }`} {
		if err := os.WriteFile(filepath.Join(rules, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d := newDesk(t, Source{Name: "own", Kind: Folder, Path: rules}, Source{Name: "starter", Kind: Starter})
	u, err := Open(t.Context(), d.o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := u.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	h, err := u.Current()
	if err != nil {
		t.Fatal(err)
	}
	defer h.Release()
	id := h.Generation().ID
	var archive bytes.Buffer
	if err := u.Archive(id, &archive); err != nil {
		t.Fatal(err)
	}
	if err := u.Archive("../"+id, io.Discard); !errors.Is(err, candor.ErrNotFound) {
		t.Errorf("no name of a generation: %v", err)
	}

	dir := t.TempDir()
	if err := Receive(bytes.NewReader(archive.Bytes()), dir, id); err != nil {
		t.Fatal(err)
	}
	r, err := OpenReceived(dir, id)
	if err != nil {
		t.Fatal(err)
	}
	got, want := r.Compile(scan.Cache{}), h.Compiled()
	if got.Report.Rules != want.Report.Rules || got.Rules.Fingerprints()[0] != want.Rules.Fingerprints()[0] || got.Rules.All()[0].File != want.Rules.All()[0].File {
		t.Errorf("%d rules, want %d; the first of %s, want %s", got.Report.Rules, want.Report.Rules, got.Rules.All()[0].File, want.Rules.All()[0].File)
	}

	for name, bad := range map[string][]byte{
		"a file is changed": repack(t, archive.Bytes(), func(name string, data []byte) (string, []byte) {
			if filepath.Base(name) == "a.yar" {
				data[len(data)-1] ^= 1
			}
			return name, data
		}),
		"a file is missing": repack(t, archive.Bytes(), func(name string, data []byte) (string, []byte) {
			if filepath.Base(name) == "a.yar" {
				name = ""
			}
			return name, data
		}),
		"the list is another": repack(t, archive.Bytes(), func(name string, data []byte) (string, []byte) {
			if name == sumsFile {
				data = append(data, '\n')
			}
			return name, data
		}),
		"a name leads out": repack(t, archive.Bytes(), func(name string, data []byte) (string, []byte) {
			if filepath.Base(name) == "a.yar" {
				name = "files/../../x"
			}
			return name, data
		}),
		"a file lies elsewhere": repack(t, archive.Bytes(), func(name string, data []byte) (string, []byte) {
			if filepath.Base(name) == "a.yar" {
				name = "a.yar"
			}
			return name, data
		}),
		"it ends early": archive.Bytes()[:archive.Len()/2],
		"nothing":       nil,
	} {
		empty := t.TempDir()
		if err := Receive(bytes.NewReader(bad), empty, id); err == nil {
			t.Errorf("%s: it was taken", name)
		}
		if left, err := os.ReadDir(empty); err != nil || len(left) != 0 {
			t.Errorf("%s: it left %v, %v", name, left, err)
		}
	}
}
