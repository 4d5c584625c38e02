package unpack_test

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"candor/internal/scan/unpack"
)

// rarArchives gives the files of testdata/rar.zip: archives that rar 7.01 made,
// and what they hold.
func rarArchives(t testing.TB) map[string][]byte {
	t.Helper()
	z, err := zip.OpenReader("testdata/rar.zip")
	check(t, err)
	defer z.Close()
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		check(t, err)
		files[f.Name], err = io.ReadAll(r)
		check(t, err)
	}
	return files
}

func TestRAROfTool(t *testing.T) {
	files := rarArchives(t)
	files["program"] = packedPrograms(t)["elf64"]
	files["dir/c.txt"] = files["b.txt"]
	for name, tt := range map[string]struct {
		members []string
		gap     unpack.Reason
	}{
		"plain": {[]string{"a.txt", "dir/c.txt", "program"}, ""}, "solid": {[]string{"a.txt", "b.txt", "dir/c.txt", "program"}, ""},
		"stored": {[]string{"a.txt", "b.txt"}, ""}, "recovery": {[]string{"a.txt", "b.txt"}, ""}, "comment": {[]string{"a.txt"}, ""}, "quick": {[]string{"a.txt", "b.txt"}, ""},
		"links": {[]string{"a.txt"}, ""}, "large": {[]string{"a.txt"}, ""},
		"locked": {[]string{"a.txt", "b.txt"}, ""}, "headers": {[]string{"a.txt", "b.txt"}, ""}, "solid-locked": {[]string{"a.txt", "b.txt"}, ""},
		"volumes.part1": {[]string{"a.txt"}, unpack.Unsupported}, "volumes.part2": {nil, unpack.Damaged},
	} {
		content := files[name+".rar"]
		if content == nil {
			t.Fatal(name)
		}
		got := map[string]bool{}
		u := unpack.New(unpack.Options{Passwords: []string{"wrong", "infected"}})
		gaps, err := u.Unpack(context.Background(), "a.rar", content, func(p unpack.Part) error {
			if want := files[p.Path]; want != nil && bytes.Equal(p.Data, want) {
				got[p.Path] = true
			}
			if stored := p.Within == ""; stored != (name == "stored") && p.Path == "a.txt" {
				t.Errorf("%s: %s lies within %q", name, p.Path, p.Within)
			}
			return nil
		})
		check(t, err)
		want := map[string]bool{}
		for _, m := range tt.members {
			want[m] = true
		}
		if diff := cmp.Diff(want, got); diff != "" || (tt.gap == "") != (len(gaps) == 0) || len(gaps) > 0 && gaps[0].Reason != tt.gap {
			t.Errorf("%s: %s, gaps %v", name, diff, gaps)
		}
	}
	for _, name := range []string{"locked", "headers", "solid-locked"} {
		if f := look(t, unpack.Options{Passwords: []string{"wrong"}}, "", files[name+".rar"]); !f.gap(unpack.Encrypted) || len(f.paths) > 0 {
			t.Errorf("%s without its password: %q %v", name, f.paths, f.gaps)
		}
	}
}

// TestRoundsOfRAR: keys of many rounds are not derived.
func TestRoundsOfRAR(t *testing.T) {
	files := rarArchives(t)
	for _, name := range []string{"locked", "headers"} {
		content := bytes.Clone(files[name+".rar"])
		if n := unpack.RARPower(content); n != 15 {
			t.Errorf("%s: 1<<%d rounds, and rar makes 1<<15", name, n)
		}
		for i := range content[:200] { // the byte of rounds, which lies before the salt
			if c := bytes.Clone(content); c[i] == 15 {
				if c[i] = 23; unpack.RARPower(c) != 23 {
					continue
				}
				if f := look(t, unpack.Options{Passwords: []string{"infected"}}, "", c); len(f.gaps) == 0 || len(f.paths) > 0 {
					t.Errorf("%s: %q %v", name, f.paths, f.gaps)
				}
			}
		}
	}
}

func FuzzRAR(f *testing.F) {
	var seeds [][]byte
	for name, content := range rarArchives(f) {
		if len(name) > 4 && name[len(name)-4:] == ".rar" {
			seeds = append(seeds, content)
		}
	}
	fuzz(f, "rar", append(seeds, stored("a", marker, 0))...)
}
