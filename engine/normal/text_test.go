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
