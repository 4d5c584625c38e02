package automaton

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"candor/engine/pattern"
)

// TestWorkIsLinear counts steps rather than time.
func TestWorkIsLinear(t *testing.T) {
	const size = 1 << 20
	as := bytes.Repeat([]byte("a"), size)
	for _, c := range []struct {
		src string
		has bool
	}{
		{`(a*)*b`, false},
		{`(a|a)*c`, false},
		{`(a|aa)+$`, true},
		{`a{0,1000}a{1000}`, true},
		{`a{0,1000}a{1000}b`, false},
		{`.*.*.*x`, false},
		{`(x+x+)+y`, false},
		{`\b(a?){30}a{30}\n`, false},
	} {
		p := compile(t, parse(t, c.src))
		edges := int64(len(p.out.list))
		for name, data := range map[string][]byte{"table": as, "lists": as[:1<<12]} {
			m := p.NewMatcher()
			if name == "lists" {
				m.slow = 1 << 40
			}
			if got := m.Has(data, 0, len(data)); got != c.has {
				t.Errorf("%s: Has = %v, want %v", c.src, got, c.has)
			}
			found := len(collect(m, data, 0, len(data)))
			if found > 0 != c.has {
				t.Errorf("%s: %d starts", c.src, found)
			}
			most := 8 * edges * int64(len(data))
			if name == "table" {
				// A new row for each byte until they repeat, no work after.
				most = 8 * edges * min(edges+100, int64(len(data)))
			}
			if m.work > most {
				t.Errorf("%s, %s: %d steps for %d edges and %d bytes, want at most %d", c.src, name, m.work, edges, len(data), most)
			}
		}
	}
}

// TestMemoryIsBounded runs patterns that have more rows than fit.
func TestMemoryIsBounded(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	data := make([]byte, 1<<17)
	for i := range data {
		data[i] = "ab"[r.IntN(2)]
	}
	copy(data[1<<16:], "abbabbabbabbabbac")
	p := compile(t, parse(t, `(a|ba)[ab]{11,14}c`))
	lists := p.NewMatcher()
	lists.slow = 1 << 40
	want := collect(lists, data, 0, len(data))
	if len(want) == 0 {
		t.Fatal("no match to compare")
	}
	for _, pays := range []int64{0, 10} {
		m := p.NewMatcher()
		m.Memory, m.rowPays = 1<<16, pays
		if got := collect(m, data, 0, len(data)); !slices.Equal(got, want) {
			t.Errorf("starts %v, want %v", got, want)
		}
		if m.flushes == 0 {
			t.Error("the tables were never full")
		}
		bytes := 0
		for _, x := range m.tables {
			if x != nil {
				bytes += 4 * (cap(x.cells) + cap(x.lists) + cap(x.ends) + cap(x.hashed))
			}
		}
		if bytes > 2*m.Memory {
			t.Errorf("tables have %d bytes, want at most twice %d", bytes, m.Memory)
		}
	}
}

func TestProgramIsSmall(t *testing.T) {
	for _, src := range []string{`(a|b|cd){0,500}x`, `((a?b?c?){10}){0,50}`, `[^x]{1,4000}`, `(a*b*)*`} {
		p := compile(t, parse(t, src))
		positions := 0
		for _, k := range p.kind {
			if k == consume {
				positions++
			}
		}
		if n := len(p.kind) + len(p.out.list); n > 8*positions+8 {
			t.Errorf("%s: %d nodes and edges for %d positions", src, n, positions)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	lit := &pattern.Node{Op: pattern.Bytes, Lit: []byte("a")}
	repeat := func(n *pattern.Node, least, most int) *pattern.Node {
		return &pattern.Node{Op: pattern.Repeat, Sub: []*pattern.Node{n}, Min: least, Max: most}
	}
	deep, wide := lit, &pattern.Node{Op: pattern.Empty}
	for range 2000 {
		deep = &pattern.Node{Op: pattern.Concat, Sub: []*pattern.Node{deep}}
	}
	for range 100 {
		wide = &pattern.Node{Op: pattern.Concat, Sub: []*pattern.Node{wide, wide}}
	}
	for name, c := range map[string]struct {
		node *pattern.Node
		want error
	}{
		"product of repeats": {repeat(repeat(lit, 1000, 1000), 1000, 1000), ErrTooLarge},
		"optional product":   {repeat(repeat(lit, 0, 1000), 0, 1000), ErrTooLarge},
		"long literal":       {&pattern.Node{Op: pattern.Bytes, Lit: make([]byte, MaxPositions+1)}, ErrTooLarge},
		"deep":               {deep, ErrTooLarge},
		"shared":             {wide, ErrTooLarge},
		"nil":                {nil, ErrInvalid},
		"nil inside":         {repeat(nil, 1, 2), ErrInvalid},
		"no literal":         {&pattern.Node{Op: pattern.Bytes}, ErrInvalid},
		"no set":             {&pattern.Node{Op: pattern.Class}, ErrInvalid},
		"no such operation":  {&pattern.Node{Op: 99}, ErrInvalid},
		"negative":           {repeat(lit, -1, 2), ErrInvalid},
		"reversed":           {repeat(lit, 3, 2), ErrInvalid},
		"no body":            {&pattern.Node{Op: pattern.Repeat, Max: 1}, ErrInvalid},
	} {
		if _, err := Compile(c.node); !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %v", name, err, c.want)
		}
	}
	for name, n := range map[string]*pattern.Node{
		"nothing many times":   repeat(&pattern.Node{Op: pattern.Begin}, 1<<30, 1<<30),
		"optional nothing":     repeat(&pattern.Node{Op: pattern.Begin}, 0, 1<<30),
		"as large as allowed":  repeat(lit, MaxPositions, MaxPositions),
		"empty alternation":    {Op: pattern.Alternate},
		"empty set":            {Op: pattern.Class, Set: &pattern.Set{}},
		"empty concatenation":  {Op: pattern.Concat},
		"never":                repeat(lit, 0, 0),
		"any number of begins": repeat(&pattern.Node{Op: pattern.Begin}, 0, pattern.Unbounded),
	} {
		p, err := Compile(n, lit)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		m := p.NewMatcher()
		if m.Has([]byte("bbb"), 0, 3) {
			t.Errorf("%s: matches", name)
		}
		m.StartsAt([]byte("aaa"), 0, 1, func(int) bool { return true })
		m.Match(nil, 0)
		m.Starts(nil, 0, 0, func(int) bool { return true })
	}
}
