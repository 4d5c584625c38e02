package pattern

import (
	"strings"
	"testing"
)

// FuzzParseRegexp checks that no expression makes ParseRegexp fail otherwise
// than by an error, and that what it accepts is canonical: it reads back from
// its normal form, and every derived tree is sound.
func FuzzParseRegexp(f *testing.F) {
	for _, s := range []string{`a(b|c)*[^d-f]{2,3}?\bx$`, `(?i)a(?s:.)\Q*\E[[:alpha:]]`, `[\w-z]\x41{,3}`, `(?x) a # b`, `((a|)b?)+`} {
		f.Add(s, uint8(0))
		f.Add(s, uint8(255))
	}
	f.Fuzz(func(t *testing.T, src string, bits uint8) {
		flags := RegexpFlags{
			Nocase: bits&1 != 0, DotAll: bits&2 != 0, Multiline: bits&4 != 0, Extended: bits&8 != 0,
			Ungreedy: bits&16 != 0, Anchored: bits&32 != 0, DollarEnd: bits&64 != 0, Dialect: Dialect(bits >> 7),
		}
		n, err := ParseRegexp(src, flags)
		if err != nil {
			return
		}
		check(t, n)
		text := n.String()
		again, err := ParseRegexp(text, RegexpFlags{Dialect: PCRE, DotAll: true})
		if err != nil && strings.Contains(err.Error(), "nested") {
			return // quantifiers of quantifiers are printed as groups, which can be too many
		}
		if err != nil || again.String() != text {
			t.Fatalf("%q gives %s, which is read back as %v (%v)", src, text, again, err)
		}
		for _, m := range []*Node{Fold(n), Wide(n), Reverse(n)} {
			check(t, m)
		}
		if back := Reverse(Reverse(n)).String(); back != text {
			t.Fatalf("%s reversed twice is %s", text, back)
		}
		if lo, hi := MinLen(n), MaxLen(n); hi != Unbounded && lo > hi {
			t.Fatalf("%s is %d to %d bytes long", text, lo, hi)
		}
	})
}

// check fails on a tree that is not canonical.
func check(t *testing.T, n *Node) {
	t.Helper()
	for i, m := range n.Sub {
		check(t, m)
		switch {
		case n.Op == Concat && (m.Op == Concat || m.Op == Empty),
			n.Op == Alternate && m.Op == Alternate,
			n.Op == Concat && i > 0 && m.Op == Bytes && n.Sub[i-1].Op == Bytes:
			t.Fatalf("%s is not canonical", n)
		}
	}
	ok := true
	switch n.Op {
	case Bytes:
		ok = len(n.Lit) > 0
	case Class:
		ok = n.Set.Len() > 1
	case Concat, Alternate:
		ok = len(n.Sub) > 1
	case Repeat:
		ok = len(n.Sub) == 1 && n.Min >= 0 && (n.Max == Unbounded || n.Max >= n.Min && n.Max > 0)
	}
	if !ok {
		t.Fatalf("%s (op %d) is malformed", n, n.Op)
	}
}
