package normal

import (
	"bytes"
	"math/rand/v2"
	"regexp"
	"testing"
)

var anyHTMLSign = regexp.MustCompile(`<(a |head>|html>|iframe|img|object|script|table|%@ language =)`)

// hasHTMLSign is the plain way.
func hasHTMLSign(b []byte) bool {
	small := bytes.Clone(b)
	for i, c := range b {
		small[i] = lower(c)
	}
	return anyHTMLSign.Match(small)
}

func TestHTMLSign(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	words := []string{"<", "<a", "< a ", "<A ", "<HeAD", "<Html>", "<iframe", "<IM", "<img", "<obj", "<object", "<SCRIP", "<script", "<tabl", "<TABLE", "<%@", "<%@ Language =", "<?php ", "a ", " ", "\n"}
	some := 0
	for range 5000 {
		b := bytes.Repeat([]byte{' '}, r.IntN(90))
		for range r.IntN(4) {
			at := r.IntN(len(b) + 1)
			b = append(b[:at:at], append([]byte(words[r.IntN(len(words))]), b[at:]...)...)
		}
		want := hasHTMLSign(b)
		if got := HTMLSign(b); got != want {
			t.Fatalf("HTMLSign(%q) = %v", b, got)
		}
		if want {
			some++
		}
	}
	if some < 1000 {
		t.Errorf("%d contents have a sign", some)
	}
}

func FuzzHTMLSign(f *testing.F) {
	f.Add([]byte("some text that is long enough to be looked at together <SCRIPT>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, want := HTMLSign(b), hasHTMLSign(b); got != want {
			t.Fatalf("HTMLSign(%q) = %v", b, got)
		}
	})
}
