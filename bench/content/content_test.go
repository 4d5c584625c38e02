package content

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestSampleIsEvenAndTheSame(t *testing.T) {
	dir := t.TempDir()
	for i := range 200 {
		path := filepath.Join(dir, fmt.Sprint(i%7), fmt.Sprint(i))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, make([]byte, 100), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	a, err := Sample(dir, 5000)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Sample(dir, 5000)
	if err != nil || len(a) != 50 || !slices.Equal(a, b) || !slices.IsSorted(a) {
		t.Errorf("%d files and %d files (%v), want the same 50, sorted", len(a), len(b), err)
	}
	folders := map[string]bool{}
	for _, f := range a {
		folders[filepath.Dir(f)] = true
	}
	if len(folders) != 7 {
		t.Errorf("from %d folders of 7", len(folders))
	}
	to := filepath.Join(t.TempDir(), "copy")
	if err := Copy(a, dir, to); err != nil {
		t.Fatal(err)
	}
	if s, err := Measure(to); err != nil || s.Files != 50 || s.Bytes != 5000 {
		t.Errorf("copied %+v, %v", s, err)
	}
}

// TestUntarStaysInside writes a package whose paths point elsewhere.
func TestUntarStaysInside(t *testing.T) {
	dir := t.TempDir()
	archive := filepath.Join(dir, "p.tgz")
	f, err := os.Create(archive)
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	w := tar.NewWriter(z)
	for _, h := range []tar.Header{
		{Name: "package/a.js", Typeflag: tar.TypeReg}, {Name: "package/../../out", Typeflag: tar.TypeReg},
		{Name: "package//abs", Typeflag: tar.TypeReg}, {Name: "package/link", Typeflag: tar.TypeSymlink, Linkname: "/"},
	} {
		h.Mode, h.Size = 0o644, 0
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	dst := filepath.Join(dir, "deep", "dst")
	if err := place(dst, func(tmp string) error { return untar(archive, tmp) }); err != nil {
		t.Fatal(err)
	}
	if s, err := Measure(dir); err != nil || s.Files != 2 { // the archive and a.js
		t.Errorf("%d files, %v; want 2", s.Files, err)
	}
	if _, err := os.Stat(filepath.Join(dst, "a.js")); err != nil {
		t.Error(err)
	}
}
