package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// FuzzPlan holds the plan (grams, gates, routes) against the exhaustive
// evaluation of random rules over random content: no match may be lost, none
// may be added.
func FuzzPlan(f *testing.F) {
	for seed := range uint64(40) {
		f.Add(seed, []byte("<?php eval($_GET['x']); abcabc MZ\x00\x01"))
	}
	f.Fuzz(func(t *testing.T, seed uint64, extra []byte) {
		g := generator{rand.New(rand.NewPCG(seed, 1))}
		rules, report := Compile([]Source{{Name: "f.yar", Data: []byte(g.source())}}, Options{})
		for _, p := range report.Problems {
			if !strings.Contains(p.Reason, "unreferenced") {
				t.Fatalf("%v in\n%s", p, g.source())
			}
		}
		encoded, err := rules.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		if rules, err = Load(encoded); err != nil {
			t.Fatal(err)
		}
		s := rules.NewScanner(ScanOptions{})
		for range 20 {
			data := g.content(extra)
			got, want := s.names(t, data), s.exhaustive(t, data)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Fatalf("content %q: %v, want %v\n%s", data, got, want, generator{rand.New(rand.NewPCG(seed, 1))}.source())
			}
		}
	})
}

func TestPlanLosesNothing(t *testing.T) {
	for seed := range uint64(300) {
		g := generator{rand.New(rand.NewPCG(seed, 2))}
		var sources []Source
		src := ""
		for n := range 1 + seed%3 { // groups with and without global rules beside each other
			one := g.source()
			sources = append(sources, Source{Name: "f.yar", Namespace: fmt.Sprint(n), Data: []byte(one)})
			src += one
		}
		rules, report := Compile(sources, Options{})
		if len(report.Problems) > 0 {
			t.Fatalf("%v in\n%s", report.Problems[0], src)
		}
		s := rules.NewScanner(ScanOptions{})
		for range 20 {
			data := g.content(nil)
			got, want := s.names(t, data), s.exhaustive(t, data)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d, content %q: %v, want %v\n%s", seed, data, got, want, src)
			}
		}
	}
}

// generator makes rules and content out of the same few words, so that rules
// match often enough.
type generator struct{ r *rand.Rand }

var words = []string{
	"<?php", "<?", "<%@", "eval(", "base64_decode", "MZ", "\x7fELF", "abc", "a", "ab", "xyz", "cmd.exe", "GIF8", "http://", "\x00\x01\x02",
	"function", "preg_replace", "/etc/passwd", "Zq", "password", "\xff\xfe", "<script language=", "_POST", "system", "0123456789abcdef",
}

func (g generator) word() string { return words[g.r.IntN(len(words))] }

func (g generator) source() string {
	var b strings.Builder
	if g.r.IntN(4) == 0 {
		fmt.Fprintf(&b, "global private rule gate { strings: $g = %s condition: $g or filesize < 20 }\n", quote(g.word()))
	}
	n := 1 + g.r.IntN(5)
	for i := range n {
		k := 1 + g.r.IntN(4)
		fmt.Fprintf(&b, "%srule r%d {\n strings:\n", []string{"", "", "", "private "}[g.r.IntN(4)], i)
		for j := range k {
			fmt.Fprintf(&b, "  $s%d = %s\n", j, g.str())
		}
		fmt.Fprintf(&b, " condition: (%s) or 9 of them\n}\n", g.condition(k, i, 3))
	}
	return b.String()
}

func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range []byte(s) {
		if c < 0x20 || c >= 0x7F || c == '"' || c == '\\' {
			fmt.Fprintf(&b, `\x%02x`, c)
		} else {
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func (g generator) str() string {
	w := g.word()
	switch g.r.IntN(8) {
	case 0, 1:
		return quote(w)
	case 2:
		return quote(w+g.word()) + []string{" nocase", " wide", " wide ascii nocase", " fullword", " wide fullword"}[g.r.IntN(5)]
	case 3:
		return quote(w) + []string{" xor", " xor(1-3)", " base64", " nocase"}[g.r.IntN(4)]
	case 4:
		var b strings.Builder
		b.WriteString("{ ")
		for i, c := range []byte(w + g.word()) {
			switch {
			case i > 0 && g.r.IntN(8) == 0:
				b.WriteString("?? ")
			case i > 0 && g.r.IntN(8) == 0:
				fmt.Fprintf(&b, "( %02x | 41 ) ", c)
			default:
				fmt.Fprintf(&b, "%02x ", c)
			}
		}
		return b.String() + "}"
	case 5:
		return "/" + escape(w) + `[a-z]{0,3}` + escape(g.word()) + "/" + []string{"", " nocase", " wide", "s"}[g.r.IntN(4)]
	case 6:
		return "/(" + escape(w) + "|" + escape(g.word()) + `)\s*\(?/` + []string{"", "i", " fullword"}[g.r.IntN(3)]
	}
	return `/[ab]+` + escape(w) + "/"
}

func escape(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, `\x%02x`, c)
	}
	return b.String()
}

func (g generator) condition(k, rule, depth int) string {
	s := fmt.Sprintf("s%d", g.r.IntN(k))
	if depth > 0 && g.r.IntN(2) == 0 {
		op := []string{" and ", " or "}[g.r.IntN(2)]
		return "(" + g.condition(k, rule, depth-1) + op + g.condition(k, rule, depth-1) + ")"
	}
	switch g.r.IntN(14) {
	case 0:
		return "not $" + s
	case 1:
		return fmt.Sprintf("#%s > %d", s, g.r.IntN(3))
	case 2:
		return fmt.Sprintf("%d of them", g.r.IntN(k+1))
	case 3:
		return fmt.Sprintf("$%s at %d", s, g.r.IntN(3))
	case 4:
		return fmt.Sprintf("$%s in (0..%d)", s, g.r.IntN(40))
	case 5:
		return fmt.Sprintf("@%s[1] + %d < filesize", s, g.r.IntN(10))
	case 6:
		return "uint16(0) == 0x5a4d"
	case 7:
		return fmt.Sprintf("filesize < %d", 10+g.r.IntN(100))
	case 8:
		if rule > 0 {
			return fmt.Sprintf("r%d", g.r.IntN(rule))
		}
		return "all of them"
	case 9:
		return "for any i in (1..#" + s + ") : ( @" + s + "[i] > 4 )"
	case 10:
		return "for all of them : ( # < 3 and @ < 90 )"
	case 11:
		return fmt.Sprintf("#%s > #s%d", s, g.r.IntN(k))
	case 12:
		return "uint32be(0) == 0x7f454c46 or uint16be(0) == 0x3c3f"
	}
	return "$" + s
}

func (g generator) content(extra []byte) []byte {
	var b []byte
	for range g.r.IntN(12) {
		switch g.r.IntN(7) {
		case 0:
			for _, c := range []byte(g.word()) {
				b = append(b, c, 0)
			}
		case 1:
			for _, c := range []byte(g.word()) {
				b = append(b, c^2)
			}
		case 2:
			b = append(b, strings.ToUpper(g.word())...)
		case 3:
			b = append(b, extra...)
		case 4:
			b = append(b, " \n"[g.r.IntN(2)])
		default:
			b = append(b, g.word()...)
		}
	}
	return b
}

// FuzzLoad loads arbitrary data as a compiled form, with the checksum made
// right so that what lies behind it is reached.
func FuzzLoad(f *testing.F) {
	for _, sources := range [][]Source{
		{{Name: "f.yar", Data: []byte(`rule a { strings: $a = /fo+/ $b = "bar" condition: $a or #b > 1 }`)}},
		{
			{Name: "f.yar", Data: []byte(`rule a { strings: $a = "sample text" wide $b = "abcd" xor condition: any of them }`)},
			{Name: "f.ndb", Data: []byte("Test.Text:0:*:646f63756d656e742e7772697465\nTest.High:0:*:c3a96465\n")},
		},
	} {
		rules, report := Compile(sources, Options{})
		if len(report.Problems) > 0 {
			f.Fatal(report.Problems)
		}
		seed, err := rules.AppendBinary(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed, 100, byte(1))
	}
	f.Fuzz(func(t *testing.T, data []byte, at int, flip byte) {
		if len(data) > 1<<20 {
			return
		}
		data = slices.Clone(data)
		if at >= 0 && at < len(data) {
			data[at] ^= flip
		}
		if len(data) < len(formatMagic)+12 {
			return
		}
		seal(data)
		r, err := Load(data)
		if err != nil {
			return
		}
		r.All()
		s := r.NewScanner(ScanOptions{Strings: true})
		for _, content := range []string{"foo bar bar MZ", "d\xc3\xa9j\xc3\xa0 document.write", "s\x00a\x00m\x00p\x00l\x00e\x00", "<html><script>document.write(1)</script>"} {
			if _, err := s.Scan([]byte(content), File{}); err != nil {
				t.Log(err)
			}
		}
	})
}
