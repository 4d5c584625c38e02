package freetext

import (
	"fmt"
	"testing"

	"candor/internal/intake"
)

// TestSecondIsExact adds up what speaks for a value a hundred times: each time in another
// order, as maps are gone through, and always to the same last digit.
func TestSecondIsExact(t *testing.T) {
	w, v := weights{"address:2:bias": 0.1}, &value{kind: intake.Address, beside: map[string]float64{}}
	for i := range 30 {
		f := fmt.Sprint("feature-", i)
		w["address:2:"+f], v.beside[f] = 1/float64(3*i+7), float64(i%5)/3-0.7
	}
	want := w.second(v)
	if want == w["address:2:bias"] {
		t.Fatal("nothing speaks for the value")
	}
	for range 100 {
		if got := w.second(v); got != want {
			t.Fatalf("%v, and then %v", want, got)
		}
	}
}
