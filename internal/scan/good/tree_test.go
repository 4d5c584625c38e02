package good_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"candor"
	"candor/internal/scan/good"
)

// release is what the archives of these tests hold.
var release = map[string]string{"wp/load.php": "<?php load", "wp/empty.php": "", "wp/lib/x.js": strings.Repeat("x", 100_000)}

func tarOf(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	put := func(h tar.Header, content string) {
		h.Size, h.Mode = int64(len(content)), 0o644
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, content); err != nil {
			t.Fatal(err)
		}
	}
	put(tar.Header{Name: "wp/", Typeflag: tar.TypeDir}, "")
	put(tar.Header{Name: "wp/link", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}, "")
	for name, content := range release {
		put(tar.Header{Name: "./" + name, Typeflag: tar.TypeReg}, content)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipOf(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, content := range release {
		f := must(w.Create(name))(t)
		if _, err := io.WriteString(f, content); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Create("wp/dir/"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func packed(t testing.TB, how string, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	switch how {
	case "gz":
		w = gzip.NewWriter(&b)
	case "xz":
		w = must(xz.NewWriter(&b))(t)
	case "zst":
		w = must(zstd.NewWriter(&b))(t)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func debOf(members map[string][]byte) []byte {
	b := []byte("!<arch>\n")
	for _, name := range []string{"debian-binary", "control.tar.gz", "data.tar.xz"} {
		content := members[name]
		b = fmt.Appendf(b, "%-16s%-12d%-6d%-6d%-8s%-10d`\n", name, 0, 0, 0, "100644", len(content))
		b = append(b, content...)
		if len(content)%2 == 1 {
			b = append(b, '\n')
		}
	}
	return b
}

func archives(t testing.TB) map[string][]byte {
	t.Helper()
	plain := tarOf(t)
	return map[string][]byte{
		"r.tar": plain, "r.tgz": packed(t, "gz", plain), "r.tar.xz": packed(t, "xz", plain), "r.tar.zst": packed(t, "zst", plain), "r.zip": zipOf(t),
		"r.deb": debOf(map[string][]byte{"debian-binary": []byte("2.0\n"), "control.tar.gz": packed(t, "gz", []byte("x")), "data.tar.xz": packed(t, "xz", plain)}),
	}
}

func TestArchives(t *testing.T) {
	for name, content := range archives(t) {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file, list := write(t, filepath.Join(dir, name), string(content)), filepath.Join(dir, "l.good")
			b := good.NewBuilder()
			a := must(b.AddPath(t.Context(), must(b.Origin("wp 1", noon))(t), file))(t)
			if len(a.Unread) > 0 || a.Contents < 4 {
				t.Errorf("%+v", a)
			}
			if err := b.Save(list); err != nil {
				t.Fatal(err)
			}
			for content, want := range map[string]string{release["wp/load.php"]: "wp 1: wp/load.php", release["wp/lib/x.js"]: "wp 1: wp/lib/x.js", "": "", string(content): "wp 1: " + name} {
				if got := look(t, list, content); got != want {
					t.Errorf("%.20q is known as %q, not %q", content, got, want)
				}
			}
		})
	}
}

// TestDamagedArchive makes sure that what could not be read is told, and that
// what was read before counts.
func TestDamagedArchive(t *testing.T) {
	for name, content := range archives(t) {
		if name == "r.tar" {
			continue // it may be cut where a member ends
		}
		file := write(t, filepath.Join(t.TempDir(), name), string(content[:len(content)*2/3]))
		b := good.NewBuilder()
		a, err := b.AddPath(t.Context(), must(b.Origin("wp 1", noon))(t), file)
		if err != nil || len(a.Unread) != 1 || a.Contents < 1 {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
	}
}

// TestBomb makes sure that an archive does not take the machine's time: its one
// member is a hole of many gigabytes.
func TestBomb(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	h := tar.Header{Typeflag: tar.TypeReg, Name: "hole", Mode: 0o644, Size: 1 << 40, Format: tar.FormatGNU}
	if err := w.WriteHeader(&h); err != nil {
		t.Fatal(err)
	}
	var z bytes.Buffer
	g := gzip.NewWriter(&z)
	if _, err := g.Write(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(g, zeros{}, 64<<20); err != nil {
		t.Fatal(err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := good.Members(t.Context(), z.Bytes()); !errors.Is(err, candor.ErrInvalid) || candor.Hint(err) == "" {
		t.Errorf("%v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	tree, list := filepath.Join(dir, "tree"), filepath.Join(dir, "l.good")
	write(t, filepath.Join(tree, "lib", "a.php"), "a")
	write(t, filepath.Join(tree, "n\xff.php"), "b")
	secret := write(t, filepath.Join(dir, "secret"), "secret")
	if err := os.Symlink(secret, filepath.Join(tree, "link")); err != nil {
		t.Fatal(err)
	}
	b := good.NewBuilder()
	a := must(b.AddPath(t.Context(), must(b.Origin("own", noon))(t), tree))(t)
	if a.Contents != 2 || len(a.Unread) != 0 {
		t.Errorf("%+v", a)
	}
	if err := b.Save(list); err != nil {
		t.Fatal(err)
	}
	for content, want := range map[string]string{"a": "own: lib/a.php", "b": "own: n\uf7ff.php", "secret": ""} {
		if got := look(t, list, content); got != want {
			t.Errorf("%q is known as %q, not %q", content, got, want)
		}
	}
}

func TestSums(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.php"), "a")
	write(t, filepath.Join(dir, "b.php"), "changed")
	write(t, filepath.Join(filepath.Dir(dir), "outside"), "outside")
	sums := []good.Sum{{Path: "a.php", MD5: md5Of("a")}, {Path: "b.php", MD5: md5Of("b")}, {Path: "c.php", MD5: md5Of("c")}, {Path: "../outside", MD5: md5Of("outside")}, {Path: "/a.php", SHA256: digestOf("b")}, {Path: "a.php"}}
	b := good.NewBuilder()
	of := must(b.Origin("own", noon))(t)
	a := must(b.AddSums(t.Context(), of, sums, dir))(t)
	if diff := cmp.Diff([]string{"b.php", "/a.php", "a.php"}, a.Differ); diff != "" || a.Contents != 1 || a.Missing != 1 || len(a.Unread) != 1 {
		t.Errorf("%+v %s", a, diff)
	}
	if _, err := b.AddSums(t.Context(), of, sums, ""); err == nil {
		t.Error("MD5 alone was believed")
	}
	if a := must(b.AddSums(t.Context(), of, sums[4:5], ""))(t); a.Contents != 1 {
		t.Errorf("%+v", a)
	}
}

func TestDpkg(t *testing.T) {
	dir := t.TempDir()
	root, list := filepath.Join(dir, "root"), filepath.Join(dir, "l.good")
	write(t, filepath.Join(root, "usr/share/php/a.php"), "a")
	write(t, filepath.Join(root, "usr/lib/libx.so"), "lib")
	write(t, filepath.Join(root, "usr/bin/login"), "not what the package brought")
	if err := os.Symlink("usr/lib", filepath.Join(root, "lib")); err != nil {
		t.Fatal(err)
	}
	info := filepath.Join(root, "var/lib/dpkg/info")
	write(t, filepath.Join(info, "php-common.md5sums"), md5Hex("a")+"  usr/share/php/a.php\n"+md5Hex("gone")+"  usr/share/doc/gone\n")
	write(t, filepath.Join(info, "libx:amd64.md5sums"), md5Hex("lib")+"  lib/libx.so\n")
	write(t, filepath.Join(info, "login.md5sums"), md5Hex("login")+"  usr/bin/login\n")
	write(t, filepath.Join(info, "empty.md5sums"), "")
	write(t, filepath.Join(root, "var/lib/dpkg/status"), "Package: php-common\nVersion: 2:93\nArchitecture: all\nDescription: x\n Version: none\n\nPackage: libx\nArchitecture: amd64\nVersion: 1.2-3\n")
	b := good.NewBuilder()
	a := must(b.AddDpkg(t.Context(), "Debian", root, noon))(t)
	if a.Contents != 2 || a.Missing != 1 || !slices.Equal(a.Differ, []string{"usr/bin/login"}) || len(a.Unread) != 0 {
		t.Errorf("%+v", a)
	}
	if err := b.Save(list); err != nil {
		t.Fatal(err)
	}
	for content, want := range map[string]string{"a": "Debian php-common 2:93: usr/share/php/a.php", "lib": "Debian libx:amd64 1.2-3: lib/libx.so", "login": ""} {
		if got := look(t, list, content); got != want {
			t.Errorf("%q is known as %q, not %q", content, got, want)
		}
	}
	if _, err := b.AddDpkg(t.Context(), "Debian", filepath.Join(root, "usr"), noon); err == nil {
		t.Error("a tree without packages was added")
	}
}

// FuzzMembers reads what may be an archive.
func FuzzMembers(f *testing.F) {
	for _, content := range archives(f) {
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		names, _ := good.Members(ctx, content)
		for _, name := range names {
			if strings.HasPrefix(name, "/") || strings.HasPrefix(name, "../") {
				t.Fatalf("a member is called %q", name)
			}
		}
	})
}
