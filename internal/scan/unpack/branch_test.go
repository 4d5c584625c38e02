package unpack_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"candor/internal/scan/unpack"
)

// branchy is noise with many instructions in it that filters of calls look for,
// those of small targets among them.
func branchy(size int) []byte {
	r := rand.New(rand.NewPCG(3, 4))
	b := make([]byte, 0, size)
	for len(b) < size {
		near := r.Uint32() & (1<<(1+r.UintN(24)) - 1)
		switch r.UintN(9) {
		case 0:
			b = binary.LittleEndian.AppendUint32(b, 0xeb<<24|near&0xffffff)
		case 1:
			b = binary.LittleEndian.AppendUint32(b, 0xf800f000|near&0x7ff|near<<5&0x7ff0000)
		case 2:
			b = binary.LittleEndian.AppendUint32(b, 0x25<<26|r.Uint32()&0x3ffffff)
		case 3:
			b = binary.LittleEndian.AppendUint32(b, 0x90000000|r.Uint32()&0x60ffffff)
		case 4:
			b = binary.BigEndian.AppendUint32(b, 0x48000001|r.Uint32()&0x3fffffc)
		case 5:
			b = binary.BigEndian.AppendUint32(b, 0x40000000|near&0x3fffff)
		case 6:
			b = binary.BigEndian.AppendUint32(b, 0x7fc00000|near&0x3fffff)
		case 7:
			b = append(b, byte(near), byte(near>>8))
		default:
			b = binary.LittleEndian.AppendUint32(b, r.Uint32())
		}
	}
	return b
}

func TestBranchesOfSevenZip(t *testing.T) {
	want := branchy(200_000)
	for _, filter := range []string{"ARM", "ARMT", "ARM64", "PPC", "SPARC"} {
		plain := sevenZip(t, map[string][]byte{"a": want}, "-m0=Copy")
		content := sevenZip(t, map[string][]byte{"a": want}, "-m0="+filter, "-m1=Copy")
		if bytes.Equal(plain[32:200_000], content[32:200_000]) {
			t.Errorf("%s: 7z did not filter", filter)
		}
		var got []byte
		gaps := visit(t, content, func(p unpack.Part) {
			if p.Path == "a" {
				got = bytes.Clone(p.Data)
			}
		})
		if len(gaps) > 0 || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes of %d, %d differ, %v", filter, len(got), len(want), differences(got, want), gaps)
		}
	}
}

func TestUnknownFilterOfSevenZip(t *testing.T) {
	content := sevenZip(t, map[string][]byte{"a": branchy(10_000)}, "-m0=IA64", "-m1=LZMA")
	if f := look(t, unpack.Options{}, "", content); !f.gap(unpack.Unsupported) || f.bytes > 0 {
		t.Errorf("%v", f.gaps)
	}
}

// mixed has long runs, matches near and far, and noise.
func mixed(size int) []byte {
	r := rand.New(rand.NewPCG(5, 6))
	b := make([]byte, 0, size)
	for len(b) < size {
		switch r.UintN(4) {
		case 0:
			b = append(b, bytes.Repeat([]byte{byte(r.Uint32())}, int(r.UintN(100_000)))...)
		case 1:
			from := int(r.UintN(uint(min(len(b), 65_536) + 1)))
			b = append(b, b[len(b)-from:][:min(from, int(r.UintN(2000)))]...)
		case 2:
			b = fmt.Appendf(b, "%s %d", marker, r.Uint32())
		default:
			for range r.UintN(300) {
				b = append(b, byte(r.Uint32()))
			}
		}
	}
	return b[:size]
}

func TestDeflate64(t *testing.T) {
	for _, want := range [][]byte{[]byte(marker), []byte("a"), mixed(3 << 20), bytes.Repeat([]byte{0}, 1<<20), branchy(100_000)} {
		for _, level := range []string{"-mx=1", "-mx=9"} {
			files := map[string][]byte{"a": want}
			for kind, content := range map[string][]byte{
				"zip": sevenZipped(t, "a.zip", files, "-tzip", "-mm=Deflate64", level), "7z": sevenZip(t, files, "-m0=Deflate64", level),
				"locked zip": sevenZipped(t, "a.zip", files, "-tzip", "-mm=Deflate64", "-pinfected", level),
			} {
				var got []byte
				u := unpack.New(unpack.Options{Passwords: []string{"infected"}})
				gaps, err := u.Unpack(t.Context(), "", content, func(p unpack.Part) error {
					if p.Path == "a" {
						got = bytes.Clone(p.Data)
					}
					return nil
				})
				check(t, err)
				gaps = except(gaps, "a//") // what the noise is taken for
				if len(gaps) > 0 || !bytes.Equal(got, want) {
					t.Errorf("%s %s: %d bytes of %d, %d differ, %v", kind, level, len(got), len(want), differences(got, want), gaps)
				}
			}
		}
	}
}

func except(gaps []unpack.Gap, prefix string) []unpack.Gap {
	var left []unpack.Gap
	for _, g := range gaps {
		if !strings.HasPrefix(g.Path, prefix) {
			left = append(left, g)
		}
	}
	return left
}

func TestDamagedDeflate64(t *testing.T) {
	content := sevenZipped(t, "a.zip", map[string][]byte{"a": mixed(300_000)}, "-tzip", "-mm=Deflate64")
	if !bytes.Contains(content[:10], []byte{9, 0}) {
		t.Fatalf("method %x", content[8:10])
	}
	found := 0
	for p := 100; p < len(content)-200; p += len(content) / 20 {
		b := bytes.Clone(content)
		for i := range 20 {
			b[p+i] ^= 0x55
		}
		if f := look(t, unpack.Options{}, "", b); f.gap(unpack.Damaged) {
			found++
		}
	}
	if found == 0 {
		t.Error("no damage was seen")
	}
}

func TestFiltersOfXZ(t *testing.T) {
	want := branchy(300_000)
	for _, filters := range []string{"--x86", "--arm", "--armthumb", "--arm64", "--powerpc", "--sparc", "--delta=dist=4", "--delta=dist=1 --x86", "--x86 --block-size=50000 --check=sha256", "--arm --check=none"} {
		content := filteredXZ(t, want, strings.Fields(filters)...)
		var got []byte
		gaps := except(visit(t, content, func(p unpack.Part) {
			if p.Kind == "xz" {
				got = bytes.Clone(p.Data)
			}
		}), "xz//")
		if len(gaps) > 0 || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes of %d, %d differ, %v", filters, len(got), len(want), differences(got, want), gaps)
		}
	}
	if f := look(t, unpack.Options{}, "", filteredXZ(t, want, "--ia64")); !f.gap(unpack.Unsupported) {
		t.Errorf("a filter that is not known: %v", f.gaps)
	}
	if f := look(t, unpack.Options{Limits: unpack.Limits{Window: 1 << 20}}, "", filteredXZ(t, want, "--x86")); !f.gap(unpack.Window) {
		t.Errorf("a small window: %v", f.gaps)
	}
}

// filteredXZ has xz pack a content with filters before LZMA2.
func filteredXZ(t testing.TB, content []byte, switches ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath("xz"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	c := exec.Command("xz", append(append([]string{"-c"}, switches...), "--lzma2=preset=1,dict=2MiB")...)
	c.Stdin = bytes.NewReader(content)
	out, err := c.Output()
	check(t, err)
	return out
}
