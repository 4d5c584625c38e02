package freetext

import (
	"strings"

	"candor/internal/regex"
)

// Some write names and addresses with a space before each dot, so that nothing makes a
// link of them: "http://evil .example/a", "192 .0 .2 .1", "evil _._ example".

// spaced is what a piece stands for that is a dot or a slash with a space about it, an
// address of which the dots have spaces, or the beginning of an URL apart from its rest;
// known tells whether it is one of these. Last is where the piece before ended.
// A space may stand in any text, so that it must be of an URL, or of a name that
// stands by itself.
func spaced(s string, from, to, last int) (as string, ok, known bool) {
	piece := strings.ToLower(s[from:to])
	switch bare := strings.TrimSpace(piece); {
	case bare == "_._":
		return ".", from > 0 && to < len(s) && part(s[from-1]) && part(s[to]), true
	case strings.HasSuffix(bare, " ://"):
		return strings.Replace(bare[:len(bare)-len(" ://")], "xx", "tt", 1) + "://", true, true
	case digit(piece[0]) && digit(piece[len(piece)-1]):
		return strings.ReplaceAll(piece, " ", ""), from == 0 || !part(s[from-1]) && s[from-1] != '.', true
	case bare == "." || bare == "/":
		return bare, from > 0 && to < len(s) && part(s[from-1]) && goesOn(s, from, to, last, bare == "/"), true
	default:
		return "", false, false
	}
}

// goesOn tells whether a name or an URL goes on behind a dot or a slash that has a space
// before it.
func goesOn(s string, from, to, last int, slash bool) bool {
	attached := last > 0 && last < from && !strings.ContainsAny(s[last:from], " \t")
	begin := strings.LastIndexAny(s[:from], " \t\"'<(") + 1
	if attached {
		begin = strings.LastIndexAny(s[:last], "\"'<") + 1
	}
	url := strings.Contains(s[begin:from], "://")
	if slash { // "hxxp://a[.]example / 192.0.2.1" are two
		return attached && url && (s[to-1] != ' ' || s[last-1] == ' ')
	}
	if !part(s[to]) {
		return false
	}
	if url && s[to-1] == ' ' { // "http://a.example/b . The" is the end of a sentence
		_, name, _ := strings.Cut(s[begin:from], "://")
		return !strings.Contains(name, "/") && !('A' <= s[to] && s[to] <= 'Z')
	}
	if url {
		return true
	}
	before := strings.TrimRight(s[:begin], " \t")
	open := attached || before == "" || strings.HasSuffix(before, ":") || strings.HasPrefix(strings.ToLower(s[begin:from]), "www")
	return open && closes.MatchString(s[to:])
}

// closes is how a name ends that stands by itself, or goes on with another spaced dot.
var closes = regex.Of(`^[A-Za-z0-9-]{1,63}(?:\s\.[A-Za-z0-9]|\.[A-Za-z]{2,24}\s*$|\s*$|/)`)
