package automaton

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"candor/engine/pattern"
)

func parse(tb testing.TB, src string) *pattern.Node {
	tb.Helper()
	n, err := pattern.ParseRegexp(src, pattern.RegexpFlags{})
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

func compile(tb testing.TB, n *pattern.Node, leaves ...*pattern.Node) *Program {
	tb.Helper()
	p, err := Compile(n, leaves...)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// text is a megabyte that looks like prose; noise is one of random bytes.
func text() []byte {
	r := rand.New(rand.NewPCG(1, 1))
	words := []string{"the", "eval", "of", "http", "function", "base64", "decode", "a", "return", "variable", "string", "\n"}
	var b bytes.Buffer
	for b.Len() < 1<<20 {
		b.WriteString(words[r.IntN(len(words))])
		b.WriteByte(' ')
	}
	return b.Bytes()[:1<<20]
}

func noise() []byte {
	r := rand.New(rand.NewPCG(2, 2))
	b := make([]byte, 1<<20)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func BenchmarkHas(b *testing.B) {
	for _, src := range []string{
		`evaluate\(`,
		`eval[^a]{3}gzinflate`,
		`https?://[a-z0-9.]{4,40}/x`,
		`\bevals\b`,
		`(foo|bar|decoder|returns) *\(`,
		`base64.{0,30}decode7`,
		`[0-9a-f]{32}`,
		`[a-z]{3}[0-9]{3}x`,
	} {
		n := parse(b, src)
		for name, data := range map[string][]byte{"text": text(), "noise": noise()} {
			b.Run(src+"/"+name, func(b *testing.B) {
				m := compile(b, n).NewMatcher()
				b.SetBytes(int64(len(data)))
				for b.Loop() {
					if m.Has(data, 0, len(data)) {
						b.Fatal("matched")
					}
				}
			})
		}
	}
}

func BenchmarkStarts(b *testing.B) {
	data := text()
	for _, src := range []string{`eval `, `function.{0,20}decode`, `[a-z]+ the`} {
		b.Run(src, func(b *testing.B) {
			m := compile(b, parse(b, src)).NewMatcher()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				m.Starts(data, 0, len(data), func(int) bool { return true })
			}
		})
	}
}

// BenchmarkStartsAt measures what a false candidate costs.
func BenchmarkStartsAt(b *testing.B) {
	data := text()
	n := parse(b, `[a-z]{2,8}eval *\( *base64_decode.{0,100}`)
	all := leaves(n)
	m := compile(b, n, all...).NewMatcher()
	leaf := -1
	for i, l := range all {
		if l.Op == pattern.Bytes && l.Lit[0] == 'e' {
			leaf = i
		}
	}
	if leaf < 0 {
		b.Fatalf("no literal in %s", n)
	}
	var at []int
	for i := 0; i < len(data)-4; i++ {
		if string(data[i:i+4]) == "eval" {
			at = append(at, i)
		}
	}
	i := 0
	for b.Loop() {
		m.StartsAt(data, leaf, at[i%len(at)], func(int) bool { b.Fatal("matched"); return false })
		i++
	}
}

func BenchmarkCompile(b *testing.B) {
	for _, src := range []string{`evaluate\(`, `https?://[a-z0-9.]{4,40}/x`, `(foo|bar){0,500}x`, `.{0,4000}x`} {
		n := parse(b, src)
		all := leaves(n)
		b.Run(src, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				compile(b, n, all...)
			}
		})
	}
}

// BenchmarkLists is the cost where tables do not pay.
func BenchmarkLists(b *testing.B) {
	data := noise()[:1<<16]
	for _, src := range []string{`[\x00-\x7f].{200}xyz`, `[^x]{1,2000}xyz`} {
		b.Run(src, func(b *testing.B) {
			m := compile(b, parse(b, src)).NewMatcher()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				m.Has(data, 0, len(data))
			}
		})
	}
}
