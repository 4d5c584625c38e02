package freetext

import (
	"fmt"
	"reflect"
	"testing"

	"candor/internal/intake"
)

// corrected is the profiles of one reporter.
type corrected struct{ of Profile }

func (k *corrected) Profile(string) Profile { return k.of }

// odd is a report in a style of its own: nothing says which address is which.
func odd(n int) (text, right string) {
	right = fmt.Sprintf("203.0.113.%d", 7+n*3)
	return fmt.Sprintf("Greetings,\n\ncell %d.\n\nalpha 198.51.100.%d\nbravo %s\ncharly 192.0.2.%d\n\nTower %d\n", n, 9+n, right, 50+n*2, 100+n), right
}

// TestProfile: after five corrections of a style the next mails are read right.
func TestProfile(t *testing.T) {
	r, k := New(), &corrected{}
	r.Profiles = k
	exact := func(n int) bool {
		text, right := odd(n)
		about := r.Read(reportOf(t, "tower@radio.example", fmt.Sprintf("cell %d", n), text)).Events[0].About
		return len(about) == 1 && about[0].Value == right
	}
	if exact(0) {
		t.Fatal("the style is read right without corrections, so that they cannot be tested")
	}
	for n := range 5 {
		text, right := odd(n)
		got := r.Read(reportOf(t, "tower@radio.example", fmt.Sprintf("cell %d", n), text))
		k.of = k.of.Learn(got, []intake.Resource{{Kind: intake.Address, Value: right}})
	}
	for n := 10; n < 20; n++ {
		if !exact(n) {
			t.Errorf("mail %d is read wrongly after 5 corrections", n)
		}
	}
	if k.of.Reports != 5 || k.of.Right != 5 || k.of.Wrong < 10 {
		t.Errorf("the profile is %+v", k.of)
	}
}

// TestProfileBounded: a profile does not grow without end, and the same
// corrections give the same one.
func TestProfileBounded(t *testing.T) {
	make := func() (p Profile) {
		for n := range 60 {
			var got Reading
			for i := range 100 {
				got.Why = append(got.Why, Weighed{Resource: intake.Resource{Kind: intake.Address, Value: fmt.Sprint(i)}, Marks: []string{fmt.Sprint("m", n, "-", i), "all"}})
			}
			p = p.Learn(got, []intake.Resource{{Kind: intake.Address, Value: "1"}})
		}
		return p
	}
	a := make()
	if len(a.Marks) > MostMarks || a.Marks["all"] != (Tally{Right: 60, Wrong: 5940}) {
		t.Errorf("%d marks; all is %+v", len(a.Marks), a.Marks["all"])
	}
	if !reflect.DeepEqual(a, make()) {
		t.Error("the same corrections give different profiles")
	}
	if x := a.lean([]string{"all"}); x < -mostLean || x > mostLean {
		t.Errorf("it leans by %f", x)
	}
}
