package freetext

import (
	"slices"
	"testing"
)

// TestTitles: what a title says is noted of what stands below it, up to the next one,
// and what introduces a list is over with the next sentence.
func TestTitles(t *testing.T) {
	for _, x := range []struct {
		text, value, feature string
		want                 bool
	}{
		{"Attacked hosts:\n192.0.2.1\n\nAttacking hosts:\n198.51.100.1", "192.0.2.1", "title-victim", true},
		{"Attacked hosts:\n192.0.2.1\n\nAttacking hosts:\n198.51.100.1", "198.51.100.1", "title-source", true},
		{"Attacked hosts:\n192.0.2.1\n\nAttacking hosts:\n198.51.100.1", "198.51.100.1", "title-victim", false},
		{"Sources\n-------\n198.51.100.1\n\nDestinations\n------------\n192.0.2.1 (tcp/502)", "192.0.2.1", "title-victim", true},
		{"1) SOURCES\nIP: 198.51.100.1\nSeen: 12", "198.51.100.1", "title-source", true},
		{"Infected clients (your network):\n198.51.100.1", "198.51.100.1", "title-your", true},
		{"Genuine pages, do not touch:\nhttps://bank.test/", "https://bank.test/", "title-denied", true},
		{"Attacked hosts:\n192.0.2.1\n\nIn the night before all of this came from one of your machines, namely from\n198.51.100.1", "198.51.100.1", "title-victim", false},
		{"the attacked hosts are those of the finance department of our company in the north:\n192.0.2.1", "192.0.2.1", "title-victim", false},
		{"URLs for your reference:\nhttps://copy.test/a", "https://copy.test/a", "title-link", false},
	} {
		if got := noted(t, x.text)[x.value]; slices.Contains(got, x.feature) != x.want || got == nil {
			t.Errorf("%q: of %s %q are noted; %s: %v", x.text, x.value, got, x.feature, !x.want)
		}
	}
}

// TestGoesOn: words of an answer weigh less where something is said to go on, and where
// there are few of them.
func TestGoesOn(t *testing.T) {
	settled := func(text string) float64 {
		d := open(mailOf(t, text))
		d.scan()
		return d.topic(New().words).settled
	}
	solved := settled("192.0.2.1 was cleaned, we consider this solved. The customer was informed.")
	again := settled("You said that 192.0.2.1 was cleaned. It began again last night and goes on.")
	if solved < 0.5 || again >= solved/2 {
		t.Errorf("an answer: %.2f, what goes on: %.2f", solved, again)
	}
}

// TestClosed: what is passed on behind who signed is no signature.
func TestClosed(t *testing.T) {
	const signed = "Hello,\n\nwe got this.\n\nRegards\nStaff\n\n"
	if f := noted(t, signed+"call 192.0.2.1")["192.0.2.1"]; !slices.Contains(f, "closed") {
		t.Errorf("below a name: %q", f)
	}
	if f := noted(t, signed+"==========================\nAttacker: 192.0.2.1")["192.0.2.1"]; slices.Contains(f, "closed") {
		t.Errorf("passed on: %q", f)
	}
}
