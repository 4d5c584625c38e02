package unpack_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"candor/internal/scan/unpack"
)

// sevenZip packs files of the given contents with the switches.
func sevenZip(t testing.TB, files map[string][]byte, switches ...string) []byte {
	t.Helper()
	return sevenZipped(t, "a.7z", files, switches...)
}

// sevenZipped has 7z make an archive of a name.
func sevenZipped(t testing.TB, archive string, files map[string][]byte, switches ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath("7z"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	dir := t.TempDir()
	args := append([]string{"a", "-bd", archive}, switches...)
	for name, content := range files {
		check(t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
		args = append(args, name)
	}
	c := exec.Command("7z", args...)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("7z %v: %v: %s", args, err, out)
	}
	b, err := os.ReadFile(filepath.Join(dir, archive))
	check(t, err)
	return b
}

// code gives the beginning of a program: the tests' own.
func code(t testing.TB) []byte {
	t.Helper()
	name, err := os.Executable()
	check(t, err)
	b, err := os.ReadFile(name)
	check(t, err)
	return b[:min(len(b), 300<<10)]
}

func TestSevenZip(t *testing.T) {
	program := code(t)
	files := map[string][]byte{"a.txt": []byte(marker), "b.bin": program, "empty": nil, "z.txt": []byte(marker)}
	for _, switches := range []string{
		"-m0=LZMA", "-m0=LZMA2", "-m0=Copy", "-m0=Deflate", "-m0=BZip2", "-m0=PPMd", "-m0=BCJ -m1=LZMA", "-m0=Delta:4 -m1=LZMA2",
		"-m0=BCJ2 -m1=LZMA:d=20 -m2=LZMA:d=18 -m3=LZMA:d=18 -mb0:1 -mb0s1:2 -mb0s2:3", "-ms=off", "-mhc=off", "-pinfected", "-pinfected -mhe=on",
	} {
		t.Run(switches, func(t *testing.T) {
			content := sevenZip(t, files, strings.Fields(switches)...)
			got := map[string]bool{}
			u := unpack.New(unpack.Options{Passwords: []string{"wrong", "infected"}})
			gaps, err := u.Unpack(context.Background(), "a.7z", content, func(p unpack.Part) error {
				if want, ok := files[p.Path]; ok && bytes.Equal(p.Data, want) {
					got[p.Path] = true
				}
				return nil
			})
			check(t, err)
			if !got["a.txt"] || !got["b.bin"] || !got["z.txt"] || len(gaps) > 0 {
				t.Errorf("%v, gaps %v", got, gaps)
			}
		})
	}
}

func TestLockedSevenZip(t *testing.T) {
	for _, switches := range [][]string{{"-pother"}, {"-pother", "-mhe=on"}} {
		content := sevenZip(t, map[string][]byte{"a.txt": []byte(marker)}, switches...)
		if f := look(t, unpack.Options{Passwords: []string{"wrong"}}, "", content); len(f.paths) > 0 || !f.gap(unpack.Encrypted) {
			t.Errorf("%q: %q %v", switches, f.paths, f.gaps)
		}
	}
}

func TestSevenZipBehindProgram(t *testing.T) {
	content := append([]byte("MZ and a program of some length"), sevenZip(t, map[string][]byte{"a.txt": []byte(marker)})...)
	if f := look(t, unpack.Options{}, "", content); !f.has("overlay@31//a.txt") {
		t.Errorf("%q %v", f.paths, f.gaps)
	}
}

func TestLargeDictionaryOfSevenZip(t *testing.T) {
	content := sevenZip(t, map[string][]byte{"a.bin": code(t)}, "-m0=LZMA:d=64m", "-mhc=off")
	if f := look(t, unpack.Options{Limits: unpack.Limits{Window: 64 << 10}}, "", content); !f.gap(unpack.Window) {
		t.Errorf("%v", f.gaps)
	}
}

// sevenHeader makes an archive of a plain header.
func sevenHeader(header string) []byte {
	b := append([]byte("7z\xbc\xaf\x27\x1c\x00\x04"), make([]byte, 24)...)
	binary.LittleEndian.PutUint64(b[20:], uint64(len(header)))
	return append(b, header...)
}

func TestHostileHeadersOfSevenZip(t *testing.T) {
	folder := "\x01\x00\x00"
	for name, header := range map[string]string{
		"many members":  "\x01\x04\x07\x0b\x01\x00\x01\x00\x0c\x05\x00\x08\x0d\xff\xff\xff\xff\xff\xff\xff\xff\xff",
		"many folders":  "\x01\x04\x07\x0b\xc0\xff\xff" + strings.Repeat(folder, 300_000),
		"many files":    "\x01\x05\xe0\xff\xff\xff" + strings.Repeat("\x00", 4<<20),
		"circle":        "\x01\x04\x06\x00\x01\x09\x01\x00\x07\x0b\x01\x00\x02\x00\x00\x00\x00\x0c\x05\x05\x00\x08\x00\x00\x00",
		"ends early":    "\x01\x04\x06",
		"unknown":       "\x01\x77",
		"encoded again": "\x17\x06\x00\x01\x09\x01\x00\x07\x0b\x01\x00\x01\x01\x00\x0c\x01\x00\x00",
	} {
		peak := allocated(func() {
			if f := look(t, unpack.Options{}, "", sevenHeader(header)); len(f.gaps) == 0 {
				t.Errorf("%s: no gap", name)
			}
		})
		if peak > 128<<20 {
			t.Errorf("%s: %d bytes were allocated", name, peak)
		}
	}
}
