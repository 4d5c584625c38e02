package tlp_test

import (
	"errors"
	"testing"

	"candor"
	"candor/internal/intel/tlp"
)

// TestMay is the table of the protocol, version 2.0, section 4.
func TestMay(t *testing.T) {
	for mark, want := range map[tlp.Mark]string{
		tlp.Clear:       "public community clients organisation recipients ",
		tlp.Green:       "community clients organisation recipients ",
		tlp.Amber:       "clients organisation recipients ",
		tlp.AmberStrict: "organisation recipients ",
		tlp.Red:         "recipients ",
		"":              "clients organisation recipients ",
		"purple":        "recipients ",
	} {
		got := ""
		for _, to := range tlp.Audiences() {
			if tlp.May(mark, to) {
				got += string(to) + " "
			}
			if most, ok := tlp.Most(to); !ok || tlp.May(mark, to) != (mark.Compare(most) <= 0) {
				t.Errorf("%s and %s: the most is %s", mark, to, most)
			}
		}
		if got != want {
			t.Errorf("%q: %s; want %s", mark, got, want)
		}
		if mark.Allows("everybody") || mark.Allows("") {
			t.Errorf("%q goes to an audience that is none", mark)
		}
	}
	if _, ok := tlp.Most("everybody"); ok {
		t.Error("an audience that is none gets something")
	}
}

func TestParse(t *testing.T) {
	for in, want := range map[string]tlp.Mark{
		"TLP:WHITE": tlp.Clear, "tlp:clear": tlp.Clear, "green": tlp.Green, "TLP: AMBER": tlp.Amber,
		"TLP:AMBER+STRICT": tlp.AmberStrict, "amber-strict": tlp.AmberStrict, " Amber strict": tlp.AmberStrict, "RED": tlp.Red,
	} {
		if got, err := tlp.Parse(in); got != want || err != nil {
			t.Errorf("%q: %s, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "tlp:", "blue", "amber+"} {
		if got, err := tlp.Parse(in); got != tlp.Red || !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%q: %s, %v", in, got, err)
		}
	}
	if got := tlp.AmberStrict.String(); got != "TLP:AMBER+STRICT" {
		t.Error(got)
	}
	if a, err := tlp.ParseAudience("Community"); a != tlp.Community || err != nil {
		t.Error(a, err)
	}
	if _, err := tlp.ParseAudience("friends"); !errors.Is(err, candor.ErrInvalid) {
		t.Error(err)
	}
}

func TestStrictest(t *testing.T) {
	if got := tlp.Strictest(); got != tlp.Clear {
		t.Error(got)
	}
	if got := tlp.Strictest(tlp.Clear, "", tlp.Green); got != tlp.Amber {
		t.Error(got)
	}
	if got := tlp.Strictest(tlp.AmberStrict, "nonsense", tlp.Green); got != tlp.Red {
		t.Error(got)
	}
}

// TestBack writes every mark in every format and reads it again: none may come
// back freer.
func TestBack(t *testing.T) {
	for _, m := range tlp.Marks() {
		if got, ok := tlp.FromSTIX(m.STIX().ID); !ok || got != m {
			t.Errorf("STIX: %s comes back as %s", m, got)
		}
		if got, ok := tlp.FromTag(m.Tag()); !ok || got != m {
			t.Errorf("MISP: %s comes back as %s", m, got)
		}
		if got := tlp.FromRestriction(m.Restriction()); got.Compare(m) < 0 || m != tlp.AmberStrict && got != m {
			t.Errorf("IODEF: %s comes back as %s", m, got)
		}
	}
	if got, ok := tlp.FromSTIX("marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"); !ok || got != tlp.Clear {
		t.Error("white of version 1 is", got)
	}
	if _, ok := tlp.FromSTIX("marking-definition--00000000-407d-48c7-9eca-b8e91df99dc9"); ok {
		t.Error("a statement is a mark")
	}
	if _, ok := tlp.FromTag("rsit:fraud"); ok {
		t.Error("rsit is a mark")
	}
	for word, want := range map[string]tlp.Mark{"public": tlp.Clear, "partner": tlp.Green, "need-to-know": tlp.Amber, "default": "", "": "", "private": tlp.Red, "ext-value": tlp.Red} {
		if got := tlp.FromRestriction(word); got != want {
			t.Errorf("%q: %q", word, got)
		}
	}
	if m, ok := tlp.FromTag("tlp:purple"); !ok || m != tlp.Red {
		t.Error(m, ok)
	}
}
