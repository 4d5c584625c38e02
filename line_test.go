package candor

import (
	"errors"
	"testing"
)

func TestPrefixes(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.1": "192.0.2.1/32", "192.0.2.0/24": "192.0.2.0/24", "2001:db8::1": "2001:db8::1/128", "2001:db8:1::/56": "2001:db8:1::/56",
		"192.0.2.1/24": "", "fe80::1%eth0": "", "": "", "example": "",
	} {
		all, err := Access{Addresses: []string{text}}.Prefixes()
		if want == "" {
			if !errors.Is(err, ErrInvalid) || Hint(err) == "" {
				t.Errorf("%q: %v", text, err)
			}
			continue
		}
		if err != nil || len(all) != 1 || all[0].String() != want {
			t.Errorf("%q: %v, %v", text, all, err)
		}
	}
}

func TestAccessEqual(t *testing.T) {
	a := Access{Plan: "100", Up: 1, Addresses: []string{"192.0.2.1"}}
	if !a.Equal(a) || a.IsZero() || !(Access{}).IsZero() {
		t.Error("it does not equal itself")
	}
	for _, b := range []Access{{}, {Plan: "100", Up: 1}, {Plan: "100", Up: 2, Addresses: a.Addresses}, {Plan: "100", Up: 1, Addresses: a.Addresses, Mail: true}} {
		if a.Equal(b) {
			t.Errorf("%+v equals %+v", a, b)
		}
	}
}
