package gram

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"candor/engine/internal/vector"
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

// check holds each way to find atoms against the plain one.
func check(t *testing.T, table *Table, atoms [][]byte, data []byte) {
	t.Helper()
	checkOne(t, table, atoms, data)
	if few := table.few; few != nil {
		table.few = nil
		if table.pairs.filter == nil {
			table.pairs.fill(table)
		}
		checkOne(t, table, atoms, data)
		table.few = few
	}
	bitmap, pairs := table.sampled.filters.bitmap, table.pairs.wide
	if bitmap != nil || pairs != nil {
		few := table.few
		table.sampled.filters.bitmap, table.pairs.wide, table.few = nil, nil, nil
		checkOne(t, table, atoms, data)
		table.sampled.filters.bitmap, table.pairs.wide, table.few = bitmap, pairs, few
	}
}

func checkOne(t *testing.T, table *Table, atoms [][]byte, data []byte) {
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
	sparse, few := 0, 0
	for range 400 {
		atoms := make([][]byte, 1+r.IntN(30))
		alphabet := []string{"abAB \x00\xff", "qQx\x80"}[r.IntN(2)] // of frequent pairs, and of rare ones
		least := []int{0, pairLen + pairStride - 1}[r.IntN(2)]      // for either way to look at pairs
		for i := range atoms {
			atoms[i] = make([]byte, least+r.IntN(MaxAtom+1-least))
			for k := range atoms[i] {
				atoms[i][k] = Fold(alphabet[r.IntN(len(alphabet))])
			}
		}
		table := NewTable(atoms)
		if len(table.short) > 0 && table.shortStep > 1 {
			sparse++
		}
		encoded := table.Append(nil)
		decoded, rest, err := DecodeTable(encoded)
		if err != nil || len(rest) != 0 {
			t.Fatalf("decoding: %v, %d bytes left", err, len(rest))
		}
		for n := range 80 {
			if n%40 == 39 {
				n += 300 // enough to be looked at together
			}
			data := make([]byte, n)
			for k := range data {
				data[k] = alphabet[r.IntN(len(alphabet))]
			}
			for range r.IntN(3) {
				a := atoms[r.IntN(len(atoms))]
				at := r.IntN(n + 1)
				data = slices.Concat(data[:at], a, data[at:])
			}
			check(t, table, atoms, data)
			check(t, decoded, atoms, data)
		}
		if table.few != nil {
			few++
		}
	}
	if sparse < 20 {
		t.Errorf("%d tables leave offsets out", sparse)
	}
	if few < 20 && vector.Fast() {
		t.Errorf("%d tables look for few atoms", few)
	}
}

// TestFinderFindsAmongManyPairs has more of them than there are classes, in content
// that fills the list of places several times.
func TestFinderFindsAmongManyPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 5 {
		atoms := make([][]byte, 0, 200)
		for range cap(atoms) {
			a := make([]byte, 2+r.IntN(5))
			for k := range a {
				a[k] = Fold(byte(r.IntN(256)))
			}
			if occurrences(bytes.Join(atoms, nil), a) == nil {
				atoms = append(atoms, a)
			}
		}
		data := make([]byte, 20_000)
		for k := range data {
			data[k] = byte(r.IntN(256))
		}
		for at := 0; at < len(data)-MaxAtom; at += 1 + r.IntN(40) {
			copy(data[at:], atoms[r.IntN(len(atoms))])
		}
		check(t, NewTable(atoms), atoms, data)
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

// TestFinderFindsManyShortAtoms has more of them than numbers of 16 bits.
func TestFinderFindsManyShortAtoms(t *testing.T) {
	const digits = "abcdefghijklmnopqrstuvwxyz"
	var atoms [][]byte
	var data []byte
	for i := range 70_000 {
		atom := []byte{'_' | 0x20, digits[i%26], digits[i/26%26], digits[i/676%26], digits[i/17576]}
		atoms = append(atoms, atom)
		data = append(append(data, atom...), ' ')
	}
	f := Finder{Limit: 2}
	f.Find(NewTable(atoms), data)
	if len(f.Found) != len(atoms) {
		t.Errorf("%d atoms of %d are found", len(f.Found), len(atoms))
	}
}

func TestTablesOfForeignersAreRefused(t *testing.T) {
	atoms := [][]byte{[]byte("abcdefgh"), []byte("ab")}
	for name, change := range map[string]func(*Table){
		"more grams than alignments": func(x *Table) { x.grams = append(x.grams, x.grams[0]) },
		"two pairs of an atom":       func(x *Table) { x.short = append(x.short, x.short[0]) },
		"a gram beyond its atom":     func(x *Table) { x.grams[0] += 8 },
		"an atom that is not there":  func(x *Table) { x.grams[3] += 2 << 32 },
		"a pair before its atom":     func(x *Table) { x.short[0] = newEntry(1, -1) },
		"a gram of a short atom":     func(x *Table) { x.grams[3] = newEntry(1, 0) },
	} {
		x := NewTable(atoms)
		change(x)
		if _, _, err := DecodeTable(x.Append(nil)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
