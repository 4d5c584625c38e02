package normal

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

func TestText(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"Hello,  World!\r\n", "hello, world! "},
		{"<?PHP\t\teval ( $X )\n;?>", "<?php eval ( $x ) ;?>"},
		{"a\x00b\x01c\x7fd\x80\xffe", "abc\x7fde"},
		{" \x00 \t\x0b\x0c ", " "},
		{"[\\]^_`{|}~@Z", "[\\]^_`{|}~@z"},
	} {
		if got := string(Text(nil, []byte(c.in))); got != c.want {
			t.Errorf("Text(%q) = %q, want %q", c.in, got, c.want)
		}
		in := []byte(c.in)
		if got := string(Text(in[:0], in)); got != c.want {
			t.Errorf("Text(%q) in place = %q, want %q", c.in, got, c.want)
		}
	}
}

// TestTextIsClamscans holds Text against the normalised texts that clamscan
// leaves.
func TestTextIsClamscans(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var samples [][]byte
	for range 100 {
		b := []byte("text ")
		for range r.IntN(3000) {
			switch c := byte(r.IntN(256)); {
			case textClass(c) != neverText && c != '<':
				b = append(b, c)
			case c < 8:
				b = append(b, "  \t\n"...)
			}
		}
		samples = append(samples, b)
	}
	dir, _ := peer(t, samples)
	compared := 0
	for i, s := range samples {
		if Type(s) != TypeTextASCII {
			continue
		}
		list, err := filepath.Glob(filepath.Join(dir, "*-"+sampleName(i)+".*", sampleName(i)+".*", "*.tmp"))
		if err != nil || len(list) != 1 {
			continue
		}
		want, err := os.ReadFile(list[0])
		if err != nil {
			t.Fatal(err)
		}
		compared++
		compare(t, sampleName(i), Text(nil, s), want)
	}
	if compared < 80 {
		t.Errorf("clamscan left %d texts of %d", compared, len(samples))
	}
}

func TestUTF16(t *testing.T) {
	if got := UTF16(nil, []byte("<\x00B\x00\xe9\x00\x42\x30x")); !bytes.Equal(got, []byte("<B\xe9\x42")) {
		t.Errorf("got %q", got)
	}
}

// FuzzSeams holds what Seams promises: each short piece of a word of the
// normal form is in the text or in its seams.
func FuzzSeams(f *testing.F) {
	f.Add([]byte("d\xc3\xa9j\xc3\xa0 vu \x00ab\x01cd\x7f\xffe"), uint8(4))
	f.Add([]byte("abcdefghij\x80klmnopqrst\x80uv"), uint8(3))
	f.Fuzz(func(t *testing.T, b []byte, reach uint8) {
		n := int(reach%24) + 1
		seams := bytes.ToLower(append(bytes.ToLower(b), Seams([]byte{' '}, b, nextDropped(b, 0)/2, n)...))
		form := Text(nil, b)
		for i := 0; i+n <= len(form); i++ {
			if w := form[i : i+n]; bytes.IndexFunc(w, func(c rune) bool { return c <= ' ' || c >= 0x7f }) < 0 && !bytes.Contains(seams, w) {
				t.Fatalf("%q of %q is neither in the text nor in its seams", w, form)
			}
		}
	})
}

// FuzzTextHolds holds TextHolds against Text.
func FuzzTextHolds(f *testing.F) {
	f.Add([]byte("<?PHP \n\t\x80 @e\xffxec\x00 ( $x"), uint16(6), uint8(4), uint8(9), uint8(0))
	f.Add([]byte("a \x00\x80 b"), uint16(5), uint8(2), uint8(1), uint8(3))
	f.Fuzz(func(t *testing.T, b []byte, at uint16, before, behind, change uint8) {
		if int(at) >= len(b) || textAction[b[at]].kind != keep {
			return
		}
		form, i := Text(nil, b), len(Text(nil, b[:at]))
		from := max(0, i-int(before))
		piece := bytes.Clone(form[from:min(len(form), i+1+int(behind))])
		if !TextHolds(b, int(at), piece, i-from) {
			t.Fatalf("%q at %d does not hold %q at %d", b, at, piece, i-from)
		}
		k := int(change) % len(piece)
		for _, c := range []byte("a \n\x80") {
			if old := piece[k]; old != c {
				piece[k] = c
				if TextHolds(b, int(at), piece, i-from) {
					t.Fatalf("%q at %d holds %q at %d", b, at, piece, i-from)
				}
				piece[k] = old
			}
		}
	})
}

func TestNextDropped(t *testing.T) {
	for c := range 256 {
		for at := range 20 {
			b := bytes.Repeat([]byte("a"), 20)
			b[at] = byte(c)
			want := 20
			if textAction[byte(c)].kind == drop {
				want = at
			}
			if got := nextDropped(b, 0); got != want {
				t.Fatalf("byte %#x at %d: %d, want %d", c, at, got, want)
			}
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add([]byte("A  b\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		once := Text(nil, b)
		if len(once) > len(b) {
			t.Fatal("longer than the input")
		}
		if twice := Text(nil, once); !bytes.Equal(once, twice) {
			t.Fatalf("not stable: %q, %q", once, twice)
		}
	})
}
