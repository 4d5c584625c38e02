package elf

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"candor/engine/module"
	"candor/engine/module/moduletest"
)

// program gives the bytes of a program of 64 bits that is on every machine
// that runs the tests of a Go program: the test itself.
func program(t testing.TB) []byte {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return read(t, path)
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestAgainstYara compares all values with those of yara, for programs and
// libraries of this machine and for whole, damaged and foreign objects.
func TestAgainstYara(t *testing.T) {
	files := []string{"/bin/ls", "/bin/sh", "/etc/passwd"}
	for _, pattern := range []string{"/usr/lib/*/libz.so*", "/usr/lib/*/crt1.o", "/usr/lib/*/libpthread.so*", "/lib64/ld-linux*"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	files = append(files, damaged(t)...)
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			if _, err := os.Stat(path); err != nil {
				if os.Getenv("CI") == "true" {
					t.Fatalf("%s is missing", path)
				}
				t.Skip("not on this machine")
			}
			in, _ := moduletest.Input(read(t, path))
			got := moduletest.Dump(t, New(), in)
			moduletest.Compare(t, got, moduletest.YaraDump(t, "elf", path))
		})
	}
}

// damaged writes objects for the four kinds of ELF files, and each with bytes
// of its headers changed, and gives their paths.
func damaged(t *testing.T) (paths []string) {
	dir := t.TempDir()
	for name, object := range samples() {
		write := func(suffix string, data []byte) {
			path := filepath.Join(dir, name+suffix)
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			paths = append(paths, path)
		}
		write("", object)
		write("-short", object[:len(object)-30])
		write("-header", object[:64])
		write("-dynamic-twice", withDynamic(object, 2, 2))
		write("-dynamic-header", withDynamic(object, 0, 0))
		write("-dynamic-outside", withDynamic(object, 2, 1<<20))
		for _, at := range []int{16, 24, 28, 32, 40, 44, 46, 48, 50, 54, 58, 60, 62, 100, 150, 200} {
			changed := slices.Clone(object)
			changed[at] ^= 3
			write("-"+string(rune('a'+at%26))+string(rune('a'+at/26)), changed)
		}
	}
	slices.Sort(paths)
	return paths
}

// withDynamic makes of a segment of a sample one of dynamic entries, which
// starts at an entry of those that the sample has; 0 is the start of the file.
func withDynamic(object []byte, segment, entry int) []byte {
	changed := slices.Clone(object)
	f := open(changed)
	s := f.segmentAt(segment)
	off := uint64(0)
	if entry > 0 {
		off = f.segmentAt(1).offset() + uint64(entry*f.dynamicSize())
	}
	order := f.order.(binary.AppendByteOrder)
	copy(changed[s.base:], order.AppendUint32(nil, segmentDynamic))
	if f.wide {
		copy(changed[s.base+8:], order.AppendUint64(nil, off))
	} else {
		copy(changed[s.base+4:], order.AppendUint32(nil, uint32(off)))
	}
	return changed
}

func TestOtherFormats(t *testing.T) {
	for _, data := range []string{"", "\x7fELF", "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 57), "MZ"} {
		in, _ := moduletest.Input([]byte(data))
		o := New().Open(in)
		if v := o.Field("type"); v.Kind != module.Undefined {
			t.Errorf("%q has type %d", data, v.Int)
		}
		if v := o.Field("sections"); v.Kind != module.Array || v.List.Len() != 0 {
			t.Errorf("%q: sections = %v", data, v)
		}
		if v := o.Field("EM_X86_64"); v.Int != 62 {
			t.Errorf("EM_X86_64 = %d", v.Int)
		}
		if v := moduletest.Call(t, New(), in, "telfhash"); v.Kind != module.Undefined {
			t.Errorf("%q has telfhash %q", data, v.Str)
		}
	}
}

// TestOverlappingNames holds that a table in which thousands of names run to
// the same distant end does not cost a search each.
func TestOverlappingNames(t *testing.T) {
	table := stringTable{data: []byte("\x00" + strings.Repeat("a", 1<<20) + "\x00b\x00open")}
	for _, c := range []struct {
		off  uint64
		want int // length, -1 undefined
	}{{0, 0}, {1, 1 << 20}, {5000, 1<<20 - 4999}, {1 << 20, 1}, {1<<20 + 1, 0}, {1<<20 + 2, 1}, {1<<20 + 4, -1}, {1 << 21, -1}, {1<<32 - 1, -1}} {
		got := -1
		if v := table.at(c.off); v.Kind == module.String {
			got = len(v.Str)
		}
		if got != c.want {
			t.Errorf("at(%d) has length %d, want %d", c.off, got, c.want)
		}
	}
	if n := len(table.ends); n != 257 {
		t.Errorf("%d places kept for a table of 1 MB", n)
	}
}

// TestOverlongDigest holds that symbols which share one name of a megabyte are
// not joined to gigabytes.
func TestOverlongDigest(t *testing.T) {
	in, _ := moduletest.Input(samples()["wide"])
	o := opened(in)
	names := append([]byte{0}, strings.Repeat("a", 1<<20)+"\x00"...)
	o.tables().dynamic.names = stringTable{data: names}
	all := func(symbol, []byte) bool { return true }
	if joined, ok := o.joinedNames(all); !ok || len(joined) < 1<<20 {
		t.Fatalf("%d bytes, %v: the names were not found", len(joined), ok)
	}
	first := o.tables().dynamic.at(1)
	table := bytes.Repeat(first.data[first.base:first.base+24], 100)
	o.tables().dynamic = &symbolTable{
		file: &file{data: table, order: binary.LittleEndian, wide: true}, n: 100,
		names: stringTable{data: names}}
	if joined, ok := o.joinedNames(all); ok {
		t.Errorf("%d bytes were joined", len(joined))
	}
}

// TestDigests holds the digests that YARA 4.5.8 gives.
func TestDigests(t *testing.T) {
	const (
		wantTelfhash  = "T1F4A011E8800A8C083AC0280028CCBAB028C8282A2B28883A03000A32AAB300C808300A"
		wantImportMD5 = "cba564b1e13c7a06a1f2ff98b89f98ae"
	)
	for name, data := range samples() {
		in, _ := moduletest.Input(data)
		for range 2 { // the second is a kept one
			if got := string(moduletest.Call(t, New(), in, "telfhash").Str); got != wantTelfhash {
				t.Errorf("%s: telfhash %s, want %s", name, got, wantTelfhash)
			}
			if got := string(moduletest.Call(t, New(), in, "import_md5").Str); got != wantImportMD5 {
				t.Errorf("%s: import_md5 %s, want %s", name, got, wantImportMD5)
			}
		}
	}
}

// TestTLSH holds what the library of TLSH's authors gives, through YARA 4.5.8.
func TestTLSH(t *testing.T) {
	for _, c := range []struct{ data, want string }{
		{"", ""},
		{"forty-nine bytes are one too few for any digest..", ""},
		{strings.Repeat("a", 1000), ""},
		{"connect_c2,fork,killprocess,loadkey,opentunnel,parse_header,socket,writelog",
			"T1F4A011E8800A8C083AC0280028CCBAB028C8282A2B28883A03000A32AAB300C808300A"},
	} {
		if got := tlsh([]byte(c.data)); got != c.want {
			t.Errorf("tlsh(%.20q) = %q, want %q", c.data, got, c.want)
		}
	}
}

// FuzzOpen goes through every field and function.
func FuzzOpen(f *testing.F) {
	for _, object := range samples() {
		f.Add(object)
	}
	m := New()
	f.Fuzz(func(t *testing.T, data []byte) {
		in, _ := moduletest.Input(data)
		moduletest.Dump(t, m, in)
		moduletest.Call(t, m, in, "telfhash")
		moduletest.Call(t, m, in, "import_md5")
	})
}

func BenchmarkDump(b *testing.B) {
	data := program(b)
	for b.Loop() {
		in, _ := moduletest.Input(data)
		moduletest.Dump(b, New(), in)
	}
}
