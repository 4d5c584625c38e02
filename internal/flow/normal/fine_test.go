package normal

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestFine(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	var f Fine
	at := func(s Slot) (l [Measures]Fineness) { // each hour has a level of its own
		for m := range l {
			l[m] = Fineness(50 + int(s)%24*4 + int(s)/24 + m)
		}
		return l
	}
	for s := range Slot(24) {
		f.Learn(s, at(s), [Measures]Fineness{1, 1, 1, 1}, chance)
	}
	if got, want := f.Expected(1, 6*24+7, 0.5), float64(at(7)[1]); got != want {
		t.Errorf("an hour of a day that was not seen is %v, not %v as on the first", got, want)
	}
	for s := Slot(24); s < Slots; s++ {
		f.Learn(s, at(s), [Measures]Fineness{1, 1, 1, 1}, chance)
	}
	for s := range Slot(Slots) {
		if got, want := f.Expected(2, s, 0.5), float64(at(s)[2]); got != want {
			t.Fatalf("slot %d is %v, not %v", s, got, want)
		}
		before, next := at((s + 167) % 168)[2], at(Slot((int(s) + 1) % 168))[2]
		if s > 0 {
			before = at(s - 1)[2]
		}
		if got, want := f.Expected(2, s, 0), (float64(before)+float64(at(s)[2]))/2; s > 0 && got != want {
			t.Fatalf("slot %d begins at %v, not %v", s, got, want)
		}
		if got, want := f.Expected(2, s, 1), (float64(next)+float64(at(s)[2]))/2; got != want {
			t.Fatalf("slot %d ends at %v, not %v", s, got, want)
		}
	}
	// One odd week makes a third of the difference, many weeks all of it.
	odd := at(5)
	odd[0] += 30
	f.Learn(5, odd, [Measures]Fineness{}, chance)
	if got := f.Expected(0, 5, 0.5) - float64(at(5)[0]); got < 9 || got > 11 {
		t.Errorf("one week moved it by %v", got)
	}
	u := f.Usual(3, 7)
	if u.Low >= u.Median || u.High <= u.Median || u.Median < FineValue(float64(at(7)[3])-0.1) {
		t.Errorf("usual is %+v", u)
	}
	b := f.Append(nil)
	var again Fine
	if again.Parse(b); len(b) != FineSize || again != f {
		t.Error("what was written is not what is read")
	}
	for _, v := range []float64{1, 3, 1e3, 7.7e6, 2e10} {
		if got := FineValue(float64(FinenessOf(v))); got/v > 1.06 || v/got > 1.06 {
			t.Errorf("%v is kept as %v", v, got)
		}
	}
}

// TestTail: the bound is exceeded as often as it says.
func TestTail(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	var tail Tail
	for range 50_000 {
		tail.Add(rnd.ExpFloat64()*3-1, 0.1)
	}
	bound := tail.Bound(1e-4, 0)
	if want := 3*math.Log(1e4) - 1; bound < 0.75*want || bound > 1.3*want {
		t.Errorf("the bound is %v, not near %v", bound, want)
	}
	if tail.Bound(1e-4, 10) <= bound {
		t.Error("the least excess is not heeded")
	}
}
