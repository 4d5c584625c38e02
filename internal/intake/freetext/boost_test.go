package freetext

import (
	"math"
	"strconv"
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
		all.add(v, strconv.Itoa(i), is, 1, 0)
	}
	grown := grown(map[string][]*node{"address": all.grow()})
	read := parseTrees(grown.String())
	if len(read.of["address"]) == 0 || read.String() != grown.String() {
		t.Fatalf("written %s, read %s", grown, read)
	}
	for i, v := range all.values {
		moved := 0.0
		z := read.say(v, func(_ string, by float64) { moved += by })
		if (z > 0) != (all.is[i] == 1) {
			t.Errorf("%v weighs %.2f, and is %v", v.features, z, all.is[i])
		}
		roots := 0.0
		for _, n := range read.of["address"] {
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
		if got := parseTrees(list); len(got.of) != 0 {
			t.Errorf("%q is read as %s", list, got)
		}
	}
}

// TestCalibrate: how often readings were right never falls with what speaks for
// them, and is near what it was.
func TestCalibrate(t *testing.T) {
	var sure, share []float64
	var right []bool
	for i := range 4000 {
		z := float64(i%1200)/100 - 6
		sure, share = append(sure, z), append(share, 1)
		right = append(right, float64(i*7919%1000)/1000 < 1/(1+math.Exp(-z/2)))
	}
	w := weights{}
	for i, y := range calibrate(sure, share, right) {
		w["calibration:"+threeDigits(i)] = y
	}
	last := 0.0
	for z := -7.0; z <= 7; z += 0.05 {
		y, want := w.calibrated(z), 1/(1+math.Exp(-bound(z)/2))
		if y < last || math.Abs(y-want) > 0.1 {
			t.Errorf("at %.2f it is %.3f, not near %.3f and no less than %.3f", z, y, want, last)
		}
		last = y
	}
	if got := (weights{}).calibrated(0); got != 0.5 {
		t.Errorf("without a calibration 0 is %.2f", got)
	}
}
