package gram

import "testing"

func present(name string, cost float64) *Formula {
	return &Formula{Op: Present, Set: Set{Atoms: []Atom{{Bytes: []byte(name)}}, Cost: cost}}
}

func TestCover(t *testing.T) {
	a, b, c := present("a", 1), present("b", 2), present("c", 4)
	tests := []struct {
		name  string
		f     *Formula
		cover string
		cost  float64
	}{
		{"all of them: the rarest", And(c, a, b), "a", 1},
		{"any of them: each", Or(a, b, c), "abc", 7},
		{"two of them: the two rarest", Threshold(2, []*Formula{c, a, b}), "ab", 3},
		{"nested", And(Or(a, b), c), "ab", 3},
		{"never", And(a, Never()), "", 0},
		{"nothing known", Or(a, Any()), "", Impossible},
		{"size only", &Formula{Op: Size, Max: 10}, "", Impossible},
	}
	for _, tt := range tests {
		cover, cost := tt.f.Cover()
		got := ""
		for _, f := range cover {
			got += string(f.Set.Atoms[0].Bytes)
		}
		if got != tt.cover || cost != tt.cost {
			t.Errorf("%s: %q at %v, want %q at %v", tt.name, got, cost, tt.cover, tt.cost)
		}
	}
}

func TestPossible(t *testing.T) {
	mz := &Formula{Op: Header, Bytes: []byte("MZ")}
	small := &Formula{Op: Size, Min: 0, Max: 100}
	tests := []struct {
		f    *Formula
		head string
		size int64
		want bool
	}{
		{mz, "MZ\x90", 3, true},
		{mz, "PK\x03", 3, false},
		{mz, "M", 1, false},
		{mz, "M", 2, true}, // the head is cut short
		{And(mz, small), "MZ", 101, false},
		{Or(mz, small), "PK", 50, true},
		{Threshold(2, []*Formula{mz, small, Never()}), "MZ", 50, true},
		{Threshold(2, []*Formula{mz, small, {Op: Header, Offset: 4, Bytes: []byte("x")}}), "PK..y", 50, false},
		{Threshold(0, nil), "", 0, true},
		{Threshold(2, []*Formula{mz}), "MZ", 2, false},
	}
	for i, tt := range tests {
		if got := tt.f.Possible([]byte(tt.head), tt.size, nil); got != tt.want {
			t.Errorf("%d: %v, want %v", i, got, tt.want)
		}
	}
}
