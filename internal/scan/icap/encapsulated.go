package icap

import (
	"slices"
	"strconv"
	"strings"
)

// section is one part of an encapsulated message, and where it begins.
type section struct {
	name string
	at   int64
}

// bodyless is a section that is not there, at the end.
const bodyless = "null-body"

// order tells which sections a method may have, in this order (RFC 3507,
// 4.4.1). One of the last two is needed.
func order(method string) []string {
	switch method {
	case "REQMOD":
		return []string{"req-hdr", "req-body", bodyless}
	case "RESPMOD":
		return []string{"req-hdr", "res-hdr", "res-body", bodyless}
	}
	return []string{"opt-body", bodyless}
}

// parseEncapsulated reads the field Encapsulated of a method. The first offset
// is 0, and each is beyond that before.
func parseEncapsulated(value, method string) ([]section, error) {
	known := order(method)
	var sections []section
	next := 0
	for one := range strings.SplitSeq(value, ",") {
		name, digits, ok := strings.Cut(strings.Trim(one, " \t"), "=")
		if !ok || digits == "" || len(digits) > 6 || strings.Trim(digits, "0123456789") != "" {
			return nil, refuse(400, "Encapsulated is not a list of sections with offsets")
		}
		at, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			return nil, refuse(400, "an offset of Encapsulated is not a number")
		}
		found := slices.Index(known, strings.ToLower(name))
		if found < next {
			return nil, refuse(400, "Encapsulated has a section that does not belong there")
		}
		next = found + 1
		if next >= len(known)-1 {
			next = len(known) // only one body
		}
		if n := len(sections); n == 0 && at != 0 || n > 0 && at <= sections[n-1].at {
			return nil, refuse(400, "offsets of Encapsulated do not rise from 0")
		}
		if n := len(sections); n > 0 && at-sections[n-1].at > mostHead {
			return nil, refuse(413, "an encapsulated head is too long")
		}
		sections = append(sections, section{known[found], at})
	}
	if next < len(known) {
		return nil, refuse(400, "Encapsulated does not end in a body")
	}
	return sections, nil
}
