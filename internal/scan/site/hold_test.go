package site

import (
	"errors"
	"testing"
)

// TestHolder makes sure that definitions are taken once for several looks, and
// let go of once, when nobody uses them any more.
func TestHolder(t *testing.T) {
	taken, released := 0, 0
	var bad error
	h := holder{take: func() (Definitions, error) {
		taken++
		return Definitions{Release: func() { released++ }}, bad
	}}
	get := func() *held {
		t.Helper()
		x, err := h.get()
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	one, two := get(), get()
	if one != two || taken != 1 {
		t.Errorf("taken %d times", taken)
	}
	h.give(two)
	h.end(one) // its time is over while it is used
	three := get()
	if three == one || taken != 2 || released != 0 {
		t.Errorf("taken %d times, released %d", taken, released)
	}
	if h.give(one); released != 1 {
		t.Errorf("released %d times", released)
	}
	h.give(three)
	if h.close(); released != 2 {
		t.Errorf("released %d times", released)
	}
	if h.end(three); released != 2 { // as its timer does
		t.Errorf("released %d times", released)
	}
	bad = errors.New("a test")
	if _, err := h.get(); !errors.Is(err, bad) {
		t.Error(err)
	}
}
