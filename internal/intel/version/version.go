// Package version compares versions of software, by the rules of who numbers them.
package version

import (
	"cmp"
	"strings"
)

// Scheme is a set of rules.
type Scheme string

// The schemes. None compares nothing but what is equal.
const (
	None   Scheme = ""
	Semver Scheme = "semver" // Semantic Versioning 2.0.0
	Debian Scheme = "debian" // Debian Policy 5.6.12, as dpkg does it
	RPM    Scheme = "rpm"    // rpm-version(7)
	PHP    Scheme = "php"    // version_compare of PHP: WordPress, Drupal, Joomla
)

// Compare tells whether a is before b (negative), the same (0), or after it
// (positive). ok is false where the scheme has no rule for them.
func Compare(s Scheme, a, b string) (order int, ok bool) {
	if len(a) > mostVersion || len(b) > mostVersion {
		return 0, false
	}
	switch s {
	case Semver:
		return semver(a, b)
	case Debian:
		return debian(a, b)
	case RPM:
		return rpm(a, b)
	case PHP:
		return php(a, b), a != "" && b != ""
	}
	return 0, a == b && a != ""
}

// mostVersion is how many bytes a version has at most.
const mostVersion = 512

// Range is versions from one on, up to another. An empty end is open; ranges with
// neither hold every version.
type Range struct {
	From  string `json:"from,omitempty"`  // the first that is in it
	Until string `json:"until,omitempty"` // the first that is in it no more
	Last  string `json:"last,omitempty"`  // the last that is in it; beside Until the narrower holds
}

// Holds tells whether a version is within the range. ok is false where that cannot
// be told.
func (r Range) Holds(s Scheme, v string) (in, ok bool) {
	if v == "" {
		return false, false
	}
	in = true
	for _, end := range []struct {
		at string
		in func(order int) bool
	}{
		{r.From, func(o int) bool { return o >= 0 }}, {r.Until, func(o int) bool { return o < 0 }}, {r.Last, func(o int) bool { return o <= 0 }},
	} {
		if end.at == "" || end.at == "0" && r.From == "0" {
			continue // OSV's word for the beginning
		}
		order, ok := Compare(s, v, end.at)
		if !ok {
			return false, false
		}
		in = in && end.in(order)
	}
	return in, true
}

// numbers compares two runs of digits.
func numbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// allDigits tells whether a word is a number.
func allDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
