package unpack_test

import (
	"archive/zip"
	"bytes"
	"debug/pe"
	"encoding/binary"
	"io"
	"strings"
	"testing"

	"candor/internal/scan/unpack"
)

// packedPrograms gives the files of testdata/upx.zip: program.c, programs that
// it was compiled to (elf64, elf32, so64, pe32.exe, pe64.exe) and these as upx
// 4.2.2 packs them, named after the method.
func packedPrograms(t testing.TB) map[string][]byte {
	t.Helper()
	z, err := zip.OpenReader("testdata/upx.zip")
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

// unpackedProgram gives the part that a packed program gives.
func unpackedProgram(t testing.TB, content []byte) ([]byte, []unpack.Gap) {
	t.Helper()
	var program []byte
	gaps := visit(t, content, func(p unpack.Part) {
		if p.Path == "upx" && p.Kind == "upx" {
			program = bytes.Clone(p.Data)
		}
	})
	return program, gaps
}

func TestUPX(t *testing.T) {
	files, packed := packedPrograms(t), 0
	for name, content := range files {
		at := strings.LastIndexByte(name, '.')
		plain := files[name[:max(0, at)]]
		if plain == nil {
			continue
		}
		packed++
		got, gaps := unpackedProgram(t, content)
		if len(gaps) > 0 || !bytes.Contains(got, []byte(marker)) {
			t.Errorf("%s: %d bytes, %v", name, len(got), gaps)
			continue
		}
		switch {
		case strings.HasPrefix(name, "pe"):
			sameSections(t, name, got, plain)
		case strings.HasPrefix(name, "so"): // where its first function is stays as UPX has it
			if n := differences(got, plain); n > 8 {
				t.Errorf("%s: %d bytes of %d differ", name, n, len(plain))
			}
		case !bytes.Equal(got, plain):
			t.Errorf("%s: %d bytes of %d differ", name, differences(got, plain), len(plain))
		}
	}
	if packed < 17 {
		t.Errorf("%d packed programs", packed)
	}
}

func differences(a, b []byte) int {
	n := max(len(a), len(b)) - min(len(a), len(b))
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}

// sameSections compares all but imports and relocations.
func sameSections(t *testing.T, name string, got, plain []byte) {
	t.Helper()
	a, err := pe.NewFile(bytes.NewReader(got))
	check(t, err)
	b, err := pe.NewFile(bytes.NewReader(plain))
	check(t, err)
	for i, s := range b.Sections {
		if s.Name == ".idata" || s.Name == ".reloc" {
			continue
		}
		x, err := a.Sections[i].Data()
		check(t, err)
		y, err := s.Data()
		check(t, err)
		if !bytes.Equal(x, y) {
			t.Errorf("%s: %d bytes of %d of %s differ", name, differences(x, y), len(y), s.Name)
		}
	}
}

func TestUPXWithoutMarks(t *testing.T) {
	files := packedPrograms(t)
	for name, want := range map[string]bool{"elf64.nrv2e": true, "elf32.lzma": true, "pe64.exe.nrv2b": false} {
		got, gaps := unpackedProgram(t, bytes.ReplaceAll(files[name], []byte("UPX!"), []byte("YTS?")))
		if found := bytes.Contains(got, []byte(marker)); found != want || want == (len(gaps) > 0) {
			t.Errorf("%s: %d bytes, %v", name, len(got), gaps)
		}
	}
}

func TestDamagedUPX(t *testing.T) {
	files := packedPrograms(t)
	for name, content := range files {
		if strings.Count(name, ".") == 0 || strings.HasSuffix(name, ".exe") || strings.HasSuffix(name, ".c") {
			continue
		}
		whole, _ := unpackedProgram(t, content)
		broken := bytes.Clone(content)
		for i := len(broken) / 4; i < len(broken)/4*3; i++ {
			broken[i] ^= 0x5a
		}
		for _, c := range [][]byte{broken, content[:len(content)/2]} {
			if got, gaps := unpackedProgram(t, c); len(gaps) == 0 && got != nil && !bytes.Equal(got, whole) {
				t.Errorf("%s: %d bytes and no gap", name, len(got))
			}
		}
	}
	small := unpack.Options{Limits: unpack.Limits{Part: 2000}}
	if f := look(t, small, "", files["elf64.nrv2b"]); !f.gap(unpack.Large) {
		t.Errorf("a limit: %v", f.gaps)
	}
	if f := look(t, unpack.Options{Limits: unpack.Limits{Window: 100}}, "", files["pe64.exe.lzma"]); !f.gap(unpack.Window) {
		t.Errorf("a small window: %v", f.gaps)
	}
}

func TestPlainProgramIsNotUPX(t *testing.T) {
	for _, name := range []string{"elf64", "elf32", "so64", "pe32.exe", "pe64.exe"} {
		plain := append(packedPrograms(t)[name], "a program that has the mark UPX! in it"...)
		if got, gaps := unpackedProgram(t, plain); got != nil || len(gaps) > 0 {
			t.Errorf("%s: %d bytes, %v", name, len(got), gaps)
		}
	}
}

// TestFiltersOfUPX moves targets as each filter does, and has them moved back.
func TestFiltersOfUPX(t *testing.T) {
	le, be := binary.LittleEndian, binary.BigEndian
	const base, mark = 0x1000, 0x77
	plain := make([]byte, 400)
	for i := range plain {
		plain[i] = byte(i % 0x60)
	}
	for _, p := range []int{7, 40, 45, 300} {
		plain[p] = 0xe8 + byte(p&1)
		le.PutUint32(plain[p+1:], uint32(200-p))
	}
	jump := bytes.Clone(plain)
	copy(jump[100:], "\x0f\x84")
	le.PutUint32(jump[102:], 50)
	for _, tt := range []struct {
		filter byte
		of     string
		code   []byte
		put    func([]byte, uint32)
	}{
		{0x11, "\xe8", plain, le.PutUint32}, {0x12, "\xe9", plain, le.PutUint32}, {0x13, "\xe8\xe9", plain, le.PutUint32},
		{0x14, "\xe8", plain, be.PutUint32}, {0x15, "\xe9", plain, be.PutUint32}, {0x16, "\xe8\xe9", plain, be.PutUint32},
		{0x24, "\xe8", plain, be.PutUint32}, {0x25, "\xe9", plain, be.PutUint32}, {0x26, "\xe8\xe9", plain, be.PutUint32},
		{0x36, "\xe8\xe9", plain, be.PutUint32}, {0x46, "\xe8\xe9", plain, be.PutUint32}, {0x49, "\xe8\xe9\x84", jump, be.PutUint32},
	} {
		moved, high := bytes.Clone(tt.code), uint32(0)
		if tt.filter >= 0x24 {
			high = mark << 24
		}
		for p := 0; p+5 < len(moved); p++ {
			if strings.IndexByte(tt.of, tt.code[p]) >= 0 && (tt.code[p] != 0x84 || tt.code[p-1] == 0x0f) {
				tt.put(moved[p+1:], le.Uint32(moved[p+1:])+uint32(p)+1+base+high)
				p += 4
			}
		}
		if bytes.Equal(moved, tt.code) {
			t.Fatalf("%#x moves nothing", tt.filter)
		}
		if !unpack.UPXUnfilter(tt.filter, mark, moved, base) || !bytes.Equal(moved, tt.code) {
			t.Errorf("%#x: %d bytes differ", tt.filter, differences(moved, tt.code))
		}
	}
	arm := []byte("\x01\x02\x00\xebabcd\xff\xff\xff\xebabcdefgh")
	moved := bytes.Clone(arm)
	for _, p := range []int{0, 8} {
		v := le.Uint32(arm[p:])
		le.PutUint32(moved[p:], v&^0xffffff|(v+uint32(p/4)+base)&0xffffff)
	}
	if !unpack.UPXUnfilter(0x50, 0, moved, base) || !bytes.Equal(moved, arm) {
		t.Errorf("arm: %x", moved)
	}
	if unpack.UPXUnfilter(0x83, 0, moved, base) {
		t.Error("a filter that is not known is said to be undone")
	}
}

func FuzzUPX(f *testing.F) {
	var seeds [][]byte
	for name, content := range packedPrograms(f) {
		if strings.Contains(name, "nrv") || strings.Contains(name, "lzma") {
			seeds = append(seeds, content)
		}
	}
	fuzz(f, "upx", seeds...)
}
