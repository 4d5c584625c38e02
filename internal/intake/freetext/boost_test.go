package freetext

import (
	"math"
	"testing"
)

// TestGrow: trees learn what no sum of features says, and are read as they were
// written.
func TestGrow(t *testing.T) {
	var all examples
	for i := range 400 {
		v := &value{kind: "address", strength: map[string]float64{}, beside: map[string]float64{}}
		v.note("bias")
		a, b := i%3 == 0, i/3%4 == 0
		if a {
			v.note("a")
		}
		if b {
			v.note("b")
		}
		v.beside[lead] = float64(i % 7)
		is := 0.0
		if a != b {
			is = 1
		}
		all.add(v, is, 1, 0)
	}
	grown := trees{"address": all.grow()}
	read := parseTrees(grown.String())
	if len(read["address"]) == 0 || read.String() != grown.String() {
		t.Fatalf("written %s, read %s", grown, read)
	}
	for i, v := range all.values {
		moved := 0.0
		z := read.say(v, func(_ string, by float64) { moved += by })
		if (z > 0) != (all.is[i] == 1) {
			t.Errorf("%v weighs %.2f, and is %v", v.features, z, all.is[i])
		}
		roots := 0.0
		for _, n := range read["address"] {
			roots += n.says
		}
		if math.Abs(roots+moved-z) > 1e-9 {
			t.Errorf("features moved it by %.3f, not by %.3f", moved, z-roots)
		}
	}
}

// TestParseTrees leaves out what is no tree.
func TestParseTrees(t *testing.T) {
	for _, list := range []string{"", "# x\ty", "address\tonly>0.5~0.1 0.2", "address\tonly>0.5~0.1 0.2 0.3 0.4", "address\tonly>x~0.1 0.2 0.3", "address\tonly>0.5 0.2 0.3", "address\ta>0~0 b>0~0 c>0~0 d>0~0 1 2 3 4 5"} {
		if got := parseTrees(list); len(got) != 0 {
			t.Errorf("%q is read as %s", list, got)
		}
	}
}
