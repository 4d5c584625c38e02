package gram

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"candor/engine/pattern"
)

// tree makes a pattern.
func tree(r *rand.Rand, depth int) *pattern.Node {
	if depth == 0 {
		switch r.IntN(5) {
		case 0:
			n := &pattern.Node{Op: pattern.Class, Set: new(pattern.Set)}
			from := byte('a' + r.IntN(20))
			n.Set.AddRange(from, from+byte(r.IntN(30)))
			return n
		case 1:
			return &pattern.Node{Op: pattern.WordBoundary}
		}
		lit := make([]byte, 1+r.IntN(30)*r.IntN(2))
		for i := range lit {
			lit[i] = byte('A' + r.IntN(50))
		}
		return &pattern.Node{Op: pattern.Bytes, Lit: lit}
	}
	sub := func(n int) (all []*pattern.Node) {
		for range n {
			all = append(all, tree(r, depth-1-r.IntN(depth)))
		}
		return all
	}
	switch r.IntN(4) {
	case 0:
		return &pattern.Node{Op: pattern.Alternate, Sub: sub(1 + r.IntN(3))}
	case 1:
		least := r.IntN(3)
		return &pattern.Node{Op: pattern.Repeat, Sub: sub(1), Min: least, Max: []int{pattern.Unbounded, least + r.IntN(3)}[r.IntN(2)]}
	}
	return &pattern.Node{Op: pattern.Concat, Sub: sub(1 + r.IntN(6))}
}

// one gives something that a pattern matches.
func one(r *rand.Rand, n *pattern.Node) (out []byte) {
	switch n.Op {
	case pattern.Bytes:
		return n.Lit
	case pattern.Class:
		for {
			if c := byte(r.IntN(256)); n.Set.Has(c) {
				return []byte{c}
			}
		}
	case pattern.Concat:
		for _, s := range n.Sub {
			out = append(out, one(r, s)...)
		}
	case pattern.Alternate:
		return one(r, n.Sub[r.IntN(len(n.Sub))])
	case pattern.Repeat:
		most := n.Max
		if most == pattern.Unbounded {
			most = n.Min + 3
		}
		for range n.Min + r.IntN(most-n.Min+1) {
			out = append(out, one(r, n.Sub[0])...)
		}
	}
	return out
}

// TestNeeds holds that all that is said to be needed is in whatever matches.
func TestNeeds(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	several := 0
	for range 20_000 {
		n := tree(r, 3)
		all := Needs(n)
		if first := FromPattern(n); len(all) == 0 && first.Cost < Impossible {
			t.Fatalf("nothing is needed, and %v was found", first.Atoms)
		}
		if len(all) > 1 {
			several++
		}
		for range 5 {
			is := one(r, n)
			for _, s := range all {
				if !hasOneOf(s, is) {
					t.Fatalf("%q has none of %v", is, s.Atoms)
				}
			}
		}
	}
	if several < 1000 {
		t.Errorf("only %d patterns need more than one thing", several)
	}
}

func hasOneOf(s Set, content []byte) bool {
	folded := FoldBytes(content)
	return slices.ContainsFunc(s.Atoms, func(a Atom) bool { return bytes.Contains(folded, a.Bytes) })
}

// TestNeedsApart holds that both sides of a gap are needed, with what may follow.
func TestNeedsApart(t *testing.T) {
	n, err := pattern.ParseRegexp(`eval[ (]{1,20}request[.(]`, pattern.RegexpFlags{})
	if err != nil {
		t.Fatal(err)
	}
	all := Needs(n)
	for _, without := range []string{"eval request", "val request.", "eval of requests.", "evalrequest("} {
		if !slices.ContainsFunc(all, func(s Set) bool { return !hasOneOf(s, []byte(without)) }) {
			t.Errorf("%q has all of %v", without, all)
		}
	}
	lit := []byte("a sentence with many different words, none of which stands in it twice; so each of them counts.")
	for i := range lit {
		other := slices.Clone(lit)
		other[i] ^= 0x15
		if i >= leastFurther && i < len(lit)-leastFurther && !slices.ContainsFunc(LiteralNeeds(lit), func(s Set) bool { return !hasOneOf(s, other) }) {
			t.Errorf("another byte at %d makes no difference", i)
		}
	}
}
