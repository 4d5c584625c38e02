package automaton

import (
	"bytes"
	"slices"
	"sync"
	"testing"

	"candor/engine/pattern"
)

func TestMatchPrefersAsLibyara(t *testing.T) {
	for _, c := range []struct {
		src, data string
		at        int
		length    int // -1: none
		greedy    bool
	}{
		{`ab+`, "abbbc", 0, 4, true},
		{`ab+?`, "abbbc", 0, 2, false},
		{`ab{1,2}`, "abbbc", 0, 3, true},
		{`a.*?c`, "abcbc", 0, 3, false},
		{`a.*c`, "abcbc", 0, 5, true},
		{`a(b|bc)`, "abc", 0, 2, false},
		{`a(bc|b)`, "abc", 0, 3, false},
		{`a(b|bc)d`, "abcd", 0, 4, false},
		{`abc`, "xabc", 0, -1, false},
		{`abc`, "xabc", 1, 3, false},
		{`a?`, "b", 0, 0, true},
		{`a??`, "a", 0, 0, false},
		{`^abc$`, "abc", 0, 3, false},
		{`^abc$`, "abc\n", 0, -1, false},
		{`\babc\b`, "abc", 0, 3, false},
		{`\babc\b`, "xabc", 1, -1, false},
		{`\b-`, "-", 0, 1, false}, // both ends of the data are boundaries
		{`-\B`, "-", 0, -1, false},
		{`-\B-`, "--", 0, 2, false},
		{`abc`, "abc", 3, -1, false},
		{`abc`, "abc", 4, -1, false},
		{`abc`, "abc", -1, -1, false},
	} {
		p := compile(t, parse(t, c.src))
		length, ok := p.NewMatcher().Match([]byte(c.data), c.at)
		if !ok {
			length = -1
		}
		if length != c.length || p.Greedy() != c.greedy {
			t.Errorf("%s in %q at %d: length %d greedy %v, want %d %v", c.src, c.data, c.at, length, p.Greedy(), c.length, c.greedy)
		}
	}
}

func TestStartsAtWithCopies(t *testing.T) {
	ab := &pattern.Node{Op: pattern.Bytes, Lit: []byte("ab")}
	twice := &pattern.Node{Op: pattern.Repeat, Sub: []*pattern.Node{ab}, Min: 2, Max: 2}
	m := compile(t, twice, ab).NewMatcher()
	for _, c := range []struct {
		data string
		at   int
		want []int
	}{
		{"abab", 0, []int{0}},
		{"abab", 2, []int{0}},
		{"ababab", 2, []int{0, 2}},
		{"-ab-", 1, nil}, // forwards the second, backwards the first
		{"ab", 2, nil},
		{"ab", -1, nil},
	} {
		var got []int
		m.StartsAt([]byte(c.data), 0, c.at, func(s int) bool { got = append(got, s); return true })
		if !slices.Equal(got, c.want) {
			t.Errorf("%q at %d: %v, want %v", c.data, c.at, got, c.want)
		}
	}
	m.StartsAt([]byte("abab"), 1, 0, func(int) bool { t.Error("there is no leaf 1"); return false })
}

func TestLimit(t *testing.T) {
	n := parse(t, `a[^x]*mark[^x]*z`)
	all := leaves(n)
	mark := slices.IndexFunc(all, func(l *pattern.Node) bool { return l.Op == pattern.Bytes && l.Lit[0] == 'm' })
	p := compile(t, n, all...)
	near := []byte("a" + string(bytes.Repeat([]byte("-"), 50)) + "mark" + string(bytes.Repeat([]byte("-"), 45)) + "z")
	for _, c := range []struct {
		limit        int
		around, from bool
	}{{0, true, true}, {101, true, true}, {51, true, false}, {50, false, false}} {
		m := p.NewMatcher()
		m.Limit = c.limit
		around := false
		m.StartsAt(near, mark, 51, func(s int) bool { around = s == 0; return true })
		length, from := m.Match(near, 0)
		if from && length != len(near) {
			t.Errorf("limit %d: length %d, want %d", c.limit, length, len(near))
		}
		if around != c.around || from != c.from {
			t.Errorf("limit %d: around %v from %v, want %v %v", c.limit, around, from, c.around, c.from)
		}
	}
}

func TestYieldMayUseTheMatcherAndStop(t *testing.T) {
	data := []byte("ab abb abbb ab")
	m := compile(t, parse(t, `ab+`)).NewMatcher()
	var got [][2]int
	m.Starts(data, 0, len(data), func(s int) bool {
		length, _ := m.Match(data, s)
		inner := collect(m, data, s, len(data))
		if inner[0] != s {
			t.Errorf("starts from %d: %v", s, inner)
		}
		got = append(got, [2]int{s, length})
		return len(got) < 3
	})
	if want := [][2]int{{0, 2}, {3, 3}, {7, 4}}; !slices.Equal(got, want) {
		t.Errorf("starts and lengths %v, want %v", got, want)
	}
}

func TestProgramIsSharedByGoroutines(t *testing.T) {
	data := text()[:1<<14]
	n := parse(t, `\b(eval|base64) .{0,9}return`)
	p := compile(t, n, leaves(n)...)
	want := collect(p.NewMatcher(), data, 0, len(data))
	if len(want) == 0 {
		t.Fatal("no match to compare")
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if got := collect(p.NewMatcher(), data, 0, len(data)); !slices.Equal(got, want) {
				t.Errorf("%d starts, want %d", len(got), len(want))
			}
		})
	}
	group.Wait()
}
