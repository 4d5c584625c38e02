package automaton

import (
	"math/rand/v2"
	"slices"
	"testing"

	"candor/engine/pattern"
)

// check compares all that a Matcher says of one tree and data with the reference.
func check(t *testing.T, n *pattern.Node, data []byte, g *generator, tune func(*Matcher)) {
	t.Helper()
	all := leaves(n)
	p, err := Compile(n, all...)
	if err != nil {
		t.Fatalf("Compile(%s): %v", n, err)
	}
	if got, want := p.MaxLen(), pattern.MaxLen(n); got != want && want != pattern.Unbounded {
		t.Errorf("MaxLen of %s = %d, want %d", n, got, want)
	}
	ref := reference{data}
	for _, empty := range []bool{false, true} {
		m := p.NewMatcher()
		m.Empty = empty
		tune(m)
		for range 3 {
			lo, hi := g.IntN(len(data)+2)-1, g.IntN(len(data)+3)
			want := ref.starts(n, max(lo, 0), hi, empty)
			if !empty {
				want = slices.DeleteFunc(want, func(s int) bool { return s >= len(data) })
			}
			if got := collect(m, data, lo, hi); !slices.Equal(got, want) {
				t.Fatalf("%s in %q from %d to %d (empty %v): starts %v, want %v", n, data, lo, hi, empty, got, want)
			}
			if got := m.Has(data, lo, hi); got != (len(want) > 0) {
				t.Fatalf("%s in %q from %d to %d (empty %v): Has = %v, want %v", n, data, lo, hi, empty, got, want)
			}
		}
	}
	m := p.NewMatcher()
	tune(m)
	checkMatch(t, m, n, ref, !g.nullable)
	checkAnchors(t, m, n, ref, all)
}

func collect(m *Matcher, data []byte, lo, hi int) (out []int) {
	m.Starts(data, lo, hi, func(s int) bool { out = append(out, s); return true })
	return out
}

func checkMatch(t *testing.T, m *Matcher, n *pattern.Node, ref reference, exact bool) {
	t.Helper()
	for at := range len(ref.data) + 1 {
		ends := ref.endsAt(n, at)
		length, ok := m.Match(ref.data, at)
		switch {
		case ok != (len(ends) > 0):
			t.Fatalf("%s in %q at %d: Match = %v, want ends %v", n, ref.data, at, ok, ends)
		case ok && !slices.Contains(ends, at+length):
			t.Fatalf("%s in %q at %d: length %d, want ends %v", n, ref.data, at, length, ends)
		case ok && exact:
			if want := ref.prefer(n, at, func(e int) int { return e }); at+length != want {
				t.Fatalf("%s in %q at %d: end %d, want %d", n, ref.data, at, at+length, want)
			}
		}
	}
}

func checkAnchors(t *testing.T, m *Matcher, n *pattern.Node, ref reference, all []*pattern.Node) {
	t.Helper()
	want := ref.starts(n, 0, len(ref.data), false)
	found := map[int]bool{}
	needed := cut(n)
	for i, leaf := range all {
		for at := range ref.data {
			previous := -1
			m.StartsAt(ref.data, i, at, func(s int) bool {
				if !slices.Contains(want, s) {
					t.Fatalf("%s in %q: leaf %s at %d starts at %d, want of %v", n, ref.data, leaf, at, s, want)
				}
				if s <= previous || s > at {
					t.Fatalf("%s in %q: leaf %s at %d: start %d after %d", n, ref.data, leaf, at, s, previous)
				}
				previous = s
				if slices.Contains(needed, leaf) {
					found[s] = true
				}
				return true
			})
		}
	}
	for _, s := range want {
		if !found[s] {
			t.Fatalf("%s in %q: no leaf leads to start %d of %v", n, ref.data, s, want)
		}
	}
}

// tunings are the ways to run: with tables, with tables emptied all the time,
// and without.
func tunings() map[string]func(*Matcher) {
	return map[string]func(*Matcher){
		"table": func(*Matcher) {},
		"tiny":  func(m *Matcher) { m.Memory = 300; m.rowPays = 0 },
		"lists": func(m *Matcher) { m.slow = 1 << 40 },
		"mixed": func(m *Matcher) { m.Memory = 300; m.slow = 3 },
	}
}

func TestDifferential(t *testing.T) {
	rounds := 4000
	if testing.Short() {
		rounds = 500
	}
	for name, tune := range tunings() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i := range rounds {
				g := &generator{Rand: rand.New(rand.NewPCG(uint64(i), 7)), alphabet: "ab", nullable: i%2 == 0, asserts: i%3 > 0}
				if g.asserts {
					g.alphabet = []string{"a-", "a\x00", "a-\n", "a-\n\x00"}[i%4]
				}
				n := g.tree(1 + g.IntN(4))
				check(t, n, g.data(12), g, tune)
			}
		})
	}
}

// FuzzDifferential lets the fuzzer choose the tree and the data.
func FuzzDifferential(f *testing.F) {
	f.Add(uint64(1), uint64(2), []byte("a-a\n"))
	f.Add(uint64(3), uint64(4), []byte("a\x00b\x00"))
	f.Fuzz(func(t *testing.T, seed, shape uint64, data []byte) {
		if len(data) > 16 {
			data = data[:16]
		}
		g := &generator{Rand: rand.New(rand.NewPCG(seed, shape)), alphabet: "ab-\n\x00", nullable: shape&1 == 0, asserts: shape&2 == 0}
		n := g.tree(1 + int(shape>>2&3))
		for _, tune := range tunings() {
			check(t, n, data, g, tune)
		}
	})
}
