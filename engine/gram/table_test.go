package gram

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// occurrences is the plain way to find an atom.
func occurrences(data, atom []byte) []int {
	var out []int
	folded := FoldBytes(data)
	for i := 0; i+len(atom) <= len(folded); i++ {
		if bytes.Equal(folded[i:i+len(atom)], atom) {
			out = append(out, i)
		}
	}
	return out
}

func check(t *testing.T, table *Table, atoms [][]byte, data []byte) {
	t.Helper()
	f := Finder{Limit: 1 << 20}
	f.Find(table, data)
	found := map[uint32][]int{}
	for _, a := range f.Found {
		for k := f.Head(a); k >= 0; k = f.Hits[k].Next {
			found[a] = append(found[a], f.Hits[k].Pos)
		}
		slices.Sort(found[a])
	}
	for i, a := range atoms {
		want := occurrences(data, a)
		if len(a) < 2 {
			want = nil // too short to be found
		}
		if got := found[uint32(i)]; !slices.Equal(got, want) {
			t.Fatalf("atom %q in %q: at %v, want %v", a, data, got, want)
		}
	}
}

func TestFinderFindsEveryAlignment(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 400 {
		atoms := make([][]byte, 1+r.IntN(30))
		for i := range atoms {
			atoms[i] = make([]byte, r.IntN(MaxAtom+1))
			for k := range atoms[i] {
				atoms[i][k] = Fold("abAB \x00\xff"[r.IntN(7)])
			}
		}
		table := NewTable(atoms)
		encoded := table.Append(nil)
		decoded, rest, err := DecodeTable(encoded)
		if err != nil || len(rest) != 0 {
			t.Fatalf("decoding: %v, %d bytes left", err, len(rest))
		}
		for n := range 40 {
			data := make([]byte, n)
			for k := range data {
				data[k] = "abAB \x00\xff"[r.IntN(7)]
			}
			for range r.IntN(3) {
				a := atoms[r.IntN(len(atoms))]
				at := r.IntN(n + 1)
				data = slices.Concat(data[:at], a, data[at:])
			}
			check(t, table, atoms, data)
			check(t, decoded, atoms, data)
		}
	}
}

func TestFinderStopsAtItsLimit(t *testing.T) {
	table := NewTable([][]byte{[]byte("abcdefghijkl")})
	f := Finder{Limit: 3}
	f.Find(table, bytes.Repeat([]byte("abcdefghijkl"), 10))
	if len(f.Hits) != 3 || !f.Saturated(0) {
		t.Errorf("%d hits, saturated %v; want 3, true", len(f.Hits), f.Saturated(0))
	}
	f.Find(table, []byte("ABCDEFGHIJKL"))
	if len(f.Hits) != 1 || f.Saturated(0) {
		t.Errorf("%d hits, saturated %v; want 1, false", len(f.Hits), f.Saturated(0))
	}
}

func FuzzFinder(f *testing.F) {
	f.Add([]byte("hello world, hello"), []byte("hello\nworld\nlo wor\nhe\nworld, hello"))
	f.Fuzz(func(t *testing.T, data, list []byte) {
		if len(data) > 1<<12 || len(list) > 1<<10 {
			return
		}
		var atoms [][]byte
		for _, a := range bytes.Split(list, []byte("\n")) {
			a = FoldBytes(a[:min(len(a), MaxAtom)])
			if !slices.ContainsFunc(atoms, func(b []byte) bool { return bytes.Equal(a, b) }) {
				atoms = append(atoms, a)
			}
		}
		check(t, NewTable(atoms), atoms, data)
	})
}
