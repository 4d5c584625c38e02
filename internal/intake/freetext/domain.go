package freetext

import (
	"slices"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// files are ends of file names that are top-level domains too.
var files = []string{"zip", "sh", "py", "pl", "rs", "md", "mov", "so", "cc", "ps", "js", "gz"}

// small are words that begin sentences, and that are top-level domains too:
// "the server.It is ours".
var small = []string{"It", "In", "Is", "No", "To", "At", "As", "My", "So", "Do", "Me", "Us", "We", "He", "By", "Be"}

// domainName is the name in lower case and ASCII, if it can be one: its end is a
// top-level domain, or one of those that are kept for examples (RFC 2606). Where
// it is not sure that a name is meant, what looks like a file is none.
func domainName(s string, sure bool) (string, bool) {
	if !sure && slices.Contains(small, s[strings.LastIndexByte(s, '.')+1:]) {
		return "", false
	}
	s = strings.ToLower(strings.Trim(s, ".-"))
	ascii, err := idna.Lookup.ToASCII(s)
	if err != nil {
		ascii = s // underscores, for one
	}
	labels := strings.Split(ascii, ".")
	if len(labels) < 2 || len(ascii) > 253 {
		return "", false
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || strings.HasPrefix(l, "-") {
			return "", false
		}
	}
	top := labels[len(labels)-1]
	switch top {
	case "example", "test", "invalid", "onion":
		return ascii, true
	}
	if suffix, icann := publicsuffix.PublicSuffix(ascii); !icann && !strings.Contains(suffix, ".") {
		return "", false
	}
	if !sure && len(labels) == 2 && slices.Contains(files, top) {
		return "", false
	}
	return ascii, true
}

// site is the part of a name that somebody registered.
func site(name string) string {
	if s, err := publicsuffix.EffectiveTLDPlusOne(name); err == nil {
		return s
	}
	return name
}
