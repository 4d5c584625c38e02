package good_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/scan/good"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func digestOf(content string) good.Digest { return sha256.Sum256([]byte(content)) }

func hexOf(content string) string {
	d := digestOf(content)
	return hex.EncodeToString(d[:])
}

func write(t *testing.T, name, content string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// listOf writes a list that has contents of one origin, each its own path.
func listOf(t *testing.T, name, origin string, contents ...string) {
	t.Helper()
	b := must(good.Change(t.Context(), name))(t)
	of := must(b.Origin(origin, noon))(t)
	for _, c := range contents {
		if err := b.Add(of, digestOf(c), c+".php"); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Save(name); err != nil {
		t.Fatal(err)
	}
}

func look(t *testing.T, name, content string) string {
	t.Helper()
	l := must(good.OpenLists(t.Context(), []string{name}))(t)
	defer l.Close()
	as, sure := l.Look(hexOf(content))
	if !sure {
		t.Errorf("%s: the lists are not sure", content)
	}
	return as
}

func TestList(t *testing.T) {
	name := filepath.Join(t.TempDir(), "cms.good")
	var many []string
	for i := range 1000 {
		many = append(many, fmt.Sprintf("file %d", i))
	}
	listOf(t, name, "wordpress 6.4.1", append(many, "load", "")...)
	listOf(t, name, "wordpress 6.4.2", "load", "load", "new")
	for content, want := range map[string]string{
		"load":     "wordpress 6.4.1: load.php (and in 1 more)",
		"new":      "wordpress 6.4.2: new.php",
		"file 0":   "wordpress 6.4.1: file 0.php",
		"file 999": "wordpress 6.4.1: file 999.php",
		"another":  "",
		"":         "", // an empty file is nothing that anybody made
	} {
		if got := look(t, name, content); got != want {
			t.Errorf("%q is known as %q, not %q", content, got, want)
		}
	}
	l := must(good.Open(t.Context(), name))(t)
	want := []good.Origin{{Name: "wordpress 6.4.1", Added: noon, Contents: 1001}, {Name: "wordpress 6.4.2", Added: noon, Contents: 2}}
	if diff := cmp.Diff(want, l.Origins()); diff != "" || l.Entries() != 1003 {
		t.Errorf("%d entries; %s", l.Entries(), diff)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}

	b := must(good.Change(t.Context(), name))(t)
	if n := must(b.Remove("* 6.4.1"))(t); n != 1 {
		t.Errorf("%d origins were removed", n)
	}
	if err := b.Save(name); err != nil {
		t.Fatal(err)
	}
	for content, want := range map[string]string{"load": "wordpress 6.4.2: load.php", "file 7": ""} {
		if got := look(t, name, content); got != want {
			t.Errorf("%q is known as %q, not %q, once an origin is removed", content, got, want)
		}
	}
	if _, err := b.Remove("["); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("a glob that is none: %v", err)
	}
	if _, err := b.Origin("  ", noon); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("an origin without a name: %v", err)
	}
}

// TestSaveOverAnother makes sure that what somebody else wrote meanwhile stays.
func TestSaveOverAnother(t *testing.T) {
	name := filepath.Join(t.TempDir(), "cms.good")
	first, second := must(good.Change(t.Context(), name))(t), must(good.Change(t.Context(), name))(t)
	for i, b := range []*good.Builder{first, second} {
		of := must(b.Origin("release", noon))(t)
		if err := b.Add(of, digestOf("x"), "x"); err != nil {
			t.Fatal(err)
		}
		if err := b.Save(name); (i == 0) != (err == nil) || i == 1 && !errors.Is(err, candor.ErrChanged) {
			t.Errorf("%d: %v", i, err)
		}
	}
	left := must(os.ReadDir(filepath.Dir(name)))(t)
	if len(left) != 1 {
		t.Errorf("there are %d files", len(left))
	}
}

// TestDamaged changes a list in every way that it can be changed by one byte,
// and cuts it short.
func TestDamaged(t *testing.T) {
	name := filepath.Join(t.TempDir(), "cms.good")
	listOf(t, name, "release", "a", "b")
	whole := must(os.ReadFile(name))(t)
	for i := range whole {
		for what, content := range map[string][]byte{"cut": whole[:i], "changed": change(whole, i)} {
			write(t, name, string(content))
			l, err := good.Open(t.Context(), name)
			if err == nil {
				known := l.Entries()
				l.Close()
				if what == "cut" && i == 0 && known == 0 {
					continue // an empty text
				}
				t.Fatalf("%s at byte %d: it was opened", what, i)
			}
			if !errors.Is(err, candor.ErrInvalid) {
				t.Fatalf("%s at byte %d: %v", what, i, err)
			}
		}
	}
}

func change(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 0x55
	return b
}

func TestText(t *testing.T) {
	dir := t.TempDir()
	name := write(t, filepath.Join(dir, "own.txt"), "# our own\n"+hexOf("a")+"  lib/a.php\r\n\n"+hexOf("b")+"\n")
	if got := look(t, name, "a"); got != "own.txt: lib/a.php" {
		t.Errorf("a is known as %q", got)
	}
	if got := look(t, name, "b"); got != "own.txt" {
		t.Errorf("b is known as %q", got)
	}
	if _, err := good.Change(t.Context(), name); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("a text would be written over: %v", err)
	}
	for _, text := range []string{"nonsense\n", hexOf("a")[:60] + "  short\n", "0123456789abcdef0123456789abcdef  md5\n", "\x7fELF\x00\x00"} {
		write(t, name, text)
		if _, err := good.Open(t.Context(), name); !errors.Is(err, candor.ErrInvalid) || !strings.Contains(err.Error(), "own.txt") {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := good.Open(t.Context(), dir); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("a folder: %v", err)
	}
	if _, err := good.Open(t.Context(), filepath.Join(dir, "not")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// TestRefresh changes, breaks and removes lists under a program that runs.
func TestRefresh(t *testing.T) {
	dir := t.TempDir()
	cms, own := filepath.Join(dir, "cms.good"), filepath.Join(dir, "own.txt")
	listOf(t, cms, "release", "a")
	write(t, own, "nonsense\n")
	l := good.NewLists([]string{cms, own})
	defer l.Close()
	check := func(when string, content, as string, sure bool) {
		t.Helper()
		if got, ok := l.Look(hexOf(content)); got != as || ok != sure {
			t.Errorf("%s: %q is known as %q (sure: %v)", when, content, got, ok)
		}
	}
	check("before", "a", "", false)
	if err := l.Refresh(t.Context(), noon); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("a list is broken: %v", err)
	}
	check("one is broken", "a", "release: a.php", true)
	check("one is broken", "b", "", false)
	if l.Mark() != "" {
		t.Error("nobody knows what a list that was never read holds")
	}
	write(t, own, hexOf("b")+"  b\n")
	refresh := func() {
		t.Helper()
		if err := l.Refresh(t.Context(), noon); err != nil {
			t.Fatal(err)
		}
	}
	refresh()
	check("mended", "b", "own.txt: b", true)
	check("mended", "c", "", true)
	before := l.Mark()

	listOf(t, cms, "release", "c")
	refresh()
	check("changed", "c", "release: c.php", true)
	changed := l.Mark()
	if before == "" || changed == before {
		t.Error("lists that changed have the same mark")
	}
	write(t, cms, "CANDGOOD and then nothing")
	if err := l.Refresh(t.Context(), noon); err == nil {
		t.Error("a list is broken, and nobody says so")
	}
	check("broken", "c", "release: c.php", true)
	if l.Mark() != changed {
		t.Error("the old list is used, and has another mark")
	}
	s := l.Status()
	if len(s) != 2 || s[0].Err == nil || s[0].Entries != 2 || s[0].Origins != 1 || s[1].Err != nil || s[1].Entries != 1 || !s[1].Read.Equal(noon) {
		t.Errorf("%+v", s)
	}
	check("no digest", "", "", true)
	if as, sure := l.Look("/a/place"); as != "" || !sure {
		t.Errorf("what has no content is known as %q (sure: %v)", as, sure)
	}
}

func TestCancelled(t *testing.T) {
	name := filepath.Join(t.TempDir(), "cms.good")
	listOf(t, name, "release", "a")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := good.Open(ctx, name); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	b := good.NewBuilder()
	of := must(b.Origin("x", noon))(t)
	if _, err := b.AddPath(ctx, of, filepath.Dir(name)); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
