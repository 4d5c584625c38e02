package vector

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// eachWay runs a test with what the processor offers, and without.
func eachWay(t *testing.T, test func(t *testing.T)) {
	was := fast
	t.Run("wide", func(t *testing.T) {
		if !fast {
			t.Skip("the processor has no AVX2")
		}
		test(t)
	})
	setFast(false)
	defer setFast(was)
	t.Run("narrow", test)
}

// some gives content of which most bytes are of a few.
func some(r *rand.Rand, alphabet string) []byte {
	b := make([]byte, r.IntN(400))
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	for range r.IntN(3) {
		if len(b) > 0 {
			b[r.IntN(len(b))] = byte(r.IntN(256))
		}
	}
	return b
}

func TestPlain(t *testing.T) {
	eachWay(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		for range 20_000 {
			b := some(r, "abc \t\r\x7f")
			checkPlain(t, b)
		}
		for c := range 256 {
			for at := range 70 {
				b := bytes.Repeat([]byte("a"), 70)
				b[at] = byte(c)
				checkPlain(t, b)
			}
		}
	})
}

func checkPlain(t *testing.T, b []byte) {
	t.Helper()
	want, high, control := len(b), false, false
	for i, c := range b {
		if !isPlain(c) {
			want = min(want, i)
			high, control = high || c >= 0x80, control || c < 0x80
		}
	}
	if got := Plain(b); got != want {
		t.Fatalf("Plain(%q) = %d, want %d", b, got, want)
	}
	if h, c := Unplain(b); h != high || c != control {
		t.Fatalf("Unplain(%q) = %v, %v, want %v, %v", b, h, c, high, control)
	}
}

func FuzzPlain(f *testing.F) {
	f.Add([]byte("some text\n\x80\x01"))
	f.Fuzz(func(t *testing.T, b []byte) { checkPlain(t, b) })
}

var runs = map[string]struct {
	stops          string
	beyond, blanks bool
	from, to       byte
}{
	"text":    {"<&", true, true, 0, 0},
	"content": {"<&", true, false, '\'', '"'},
	"names":   {"=>", false, true, 0, 0},
}

func TestRun(t *testing.T) {
	if !fast {
		t.Skip("the processor has no AVX2")
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		checkRun(t, some(r, "abcXYZ'\"0 []@`{~"))
		checkRun(t, some(r, "ab  cd=>&<\x80"))
	}
}

func FuzzRun(f *testing.F) {
	f.Add([]byte("Some words, <b>and</b> more of them &amp; so on, until it is long enough."))
	f.Fuzz(func(t *testing.T, b []byte) { checkRun(t, b) })
}

// checkRun holds Take to its promise.
func checkRun(t *testing.T, b []byte) {
	t.Helper()
	for name, k := range runs {
		run := NewRun(k.stops, k.beyond, k.blanks, k.from, k.to)
		stops := func(i int) bool {
			c := b[i]
			return c >= 0x80 && k.beyond || c < ' ' || c == ' ' && !k.blanks || bytes.IndexByte([]byte(k.stops), c) >= 0
		}
		limit := 0
		for limit < len(b) && !stops(limit) && !(b[limit] == ' ' && (limit+1 == len(b) || b[limit+1] == ' ' || stops(limit+1))) {
			limit++
		}
		dst := make([]byte, len(b))
		n, ended := run.Take(dst, b)
		switch {
		case n > limit, ended && n != limit, !ended && len(b)-n >= Width && n > 0:
			t.Fatalf("%s: of %q %d bytes are taken, ended %v; the run has %d", name, b, n, ended, limit)
		case n > 0 && b[n-1] == ' ' && !ended:
			t.Fatalf("%s: of %q it stops at a space that it took", name, b)
		}
		for i, c := range b[:n] {
			if c >= 'A' && c <= 'Z' {
				c += 'a' - 'A'
			}
			if k.from != 0 && c == k.from {
				c = k.to
			}
			if dst[i] != c {
				t.Fatalf("%s: of %q byte %d is written as %q", name, b, i, dst[i])
			}
		}
	}
}

func TestTriples(t *testing.T) {
	eachWay(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 6))
		for range 5000 {
			var words [][]byte
			for range 1 + r.IntN(2*Heaps) {
				words = append(words, []byte{byte(r.IntN(256)), "abcX<\xff"[r.IntN(6)], "abcX<\x00"[r.IntN(6)]})
			}
			checkTriples(t, some(r, "abcxX<\xff\x00"), words)
		}
	})
}

func FuzzTriples(f *testing.F) {
	f.Add([]byte("some content that is long enough to be looked at, and words in it"), []byte("conwor in"))
	f.Fuzz(func(t *testing.T, b, list []byte) {
		var words [][]byte
		for ; len(list) >= 3 && len(words) < 3*Heaps; list = list[3:] {
			words = append(words, list[:3])
		}
		checkTriples(t, b, words)
	})
}

// checkTriples looks for words, folded, and holds Next against a look at each
// place.
func checkTriples(t *testing.T, b []byte, words [][]byte) {
	t.Helper()
	x := &Triples{}
	x.Fold(0x20)
	for i, w := range words {
		is := func(k int) func(byte) bool { return func(c byte) bool { return c == w[k]|0x20 } }
		x.Add(i%Heaps, [3]func(byte) bool{is(0), is(1), is(2)})
	}
	for i := 0; !Ends(b, i); i++ {
		next := x.Next(b, i)
		if next < i {
			t.Fatalf("Next(%q, %d) = %d", b, i, next)
		}
		for k := i; k < min(next, len(b)-2); k++ {
			if x.at(b[k]|0x20, b[k+1]|0x20, b[k+2]|0x20) != 0 {
				t.Fatalf("Next(%q, %d) = %d, but %q may stand at %d", b, i, next, b[k:k+3], k)
			}
		}
		if !Ends(b, next) && x.at(b[next]|0x20, b[next+1]|0x20, b[next+2]|0x20) == 0 {
			t.Fatalf("Next(%q, %d) = %d, where nothing stands", b, i, next)
		}
		if i = next; Ends(b, i) {
			break
		}
		for _, w := range words {
			for k := range 3 {
				if c := w[k] | 0x20; x.halves[2*k][c&15]&x.halves[2*k+1][c>>4] == 0 {
					t.Fatalf("%q is not known", w)
				}
			}
		}
	}
}

func BenchmarkPlain(b *testing.B) {
	data := bytes.Repeat([]byte("some plain text\n"), 1024)
	eachOf(b, data, func() { Plain(data) })
}

func BenchmarkUnplain(b *testing.B) {
	data := bytes.Repeat([]byte("some plain text\n"), 1024)
	eachOf(b, data, func() { Unplain(data) })
}

func BenchmarkTriples(b *testing.B) {
	data := bytes.Repeat([]byte("some plain text\n"), 1024)
	x := &Triples{}
	x.Add(0, [3]func(byte) bool{func(c byte) bool { return c == 'x' }, func(c byte) bool { return c == 'y' }, func(c byte) bool { return c == 'z' }})
	eachOf(b, data, func() { x.Next(data, 0) })
}

func BenchmarkRun(b *testing.B) {
	if !fast {
		b.Skip("the processor has no AVX2")
	}
	data := bytes.Repeat([]byte("some plain text "), 1024)
	dst, run := make([]byte, len(data)), NewRun("<&", true, true, 0, 0)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		run.Take(dst, data)
	}
}

func eachOf(b *testing.B, data []byte, f func()) {
	was := fast
	defer setFast(was)
	for name, way := range map[string]bool{"wide": was, "narrow": false} {
		b.Run(name, func(b *testing.B) {
			setFast(way)
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				f()
			}
		})
	}
}
