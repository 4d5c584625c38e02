package freetext

import (
	"strings"

	"candor/internal/regex"
)

// Reports defang what is dangerous to click on: hxxp://evil[.]example. There is
// no standard, so all ways that are seen are undone.
var defanged = regex.Of(`(?i)` + bracket + `|` + dangerous)

// apart also finds what is defanged by spaces.
var apart = regex.Of(`(?i)` + bracket + `|` + strings.Join([]string{
	`\d{1,3}\s\.\s?\d{1,3}\s?\.\s?\d{1,3}\s?\.\s?\d{1,3}\b`, // 192 .0 .2 .1
	`\s?_\._\s?`, // _._
	`\s\.\s?`,    // example .com
	`\s/\s?`,
	`\bh(?:xx|tt)ps?\s://\s?`, // hxxp ://
}, "|") + `|` + dangerous)

const bracket = `\s?[\[({<]\s?(?:\.|dot|punkt|punto|point|ponto)\s?[\])}>]\s?` // [.] (dot)

const dangerous = `\\\.` + // \.
	`|\[\.|\.\]` + // [. and .]
	`|[\[({]:[\])}]` + // [:]
	`|[\[({]://[\])}]` +
	`|\[https?\]://` +
	`|[\[({]//?[\])}]` + // [/]
	`|\s?[\[({<]\s?(?:@|at)\s?[\])}>]\s?` + // [at]
	`|\b(?:h(?:xx|XX|\*\*|__|ttx|\+\+)ps?|meows?|nxxps?|fxp)(?:://|\[?:\]?//|\[://\]|:\\\\)` + // hxxp://
	`|[a-z0-9]\s(?:dot|punkt)\s[a-z0-9]` // example dot com

// clue tells quickly whether a line may hold anything defanged.
func clue(s string) bool {
	return strings.ContainsAny(s, `[({\`) || strings.Contains(s, "xx") || strings.Contains(s, "XX") || strings.Contains(s, "**") || strings.Contains(s, "meow") || strings.Contains(s, "__p") ||
		strings.Contains(s, "h++p") || strings.Contains(s, " dot ") || strings.Contains(s, " DOT ") || strings.Contains(s, "ttx") || strings.Contains(s, "fxp") || strings.Contains(s, " .") || strings.Contains(s, "_._") || strings.Contains(s, "p ://")
}

// clean is a text without defanging, and where its bytes stood before.
type clean struct {
	text   string
	places []int32 // nil if nothing changed
	spots  []int   // where something was undone, in text
}

func (c clean) before(at int) int {
	if c.places == nil {
		return at
	}
	return int(c.places[at])
}

func refang(s string) clean {
	if !clue(s) {
		return clean{text: s}
	}
	all := defanged
	if strings.Contains(s, " .") || strings.Contains(s, " /") || strings.Contains(s, "_._") || strings.Contains(s, " ://") {
		all = apart
	}
	found := all.FindAllStringIndex(s, 200)
	if found == nil {
		return clean{text: s}
	}
	c := clean{}
	var b strings.Builder
	keep := func(from, to int) {
		b.WriteString(s[from:to])
		for i := from; i < to; i++ {
			c.places = append(c.places, int32(i))
		}
	}
	last := 0
	for _, f := range found {
		as, ok := fanged(s, f[0], f[1], last)
		if !ok {
			continue
		}
		keep(last, f[0])
		c.spots = append(c.spots, b.Len())
		b.WriteString(as)
		for range len(as) {
			c.places = append(c.places, int32(f[0]))
		}
		last = f[1]
	}
	if len(c.spots) == 0 {
		return clean{text: s}
	}
	keep(last, len(s))
	c.places = append(c.places, int32(len(s)))
	c.text = b.String()
	return c
}

// fanged is what a defanged piece stands for; last is where the one before ended.
// Brackets with a space about them, and words, count only between what can be parts
// of a name.
func fanged(s string, from, to, last int) (string, bool) {
	if as, ok, known := spaced(s, from, to, last); known {
		return as, ok
	}
	piece := strings.ToLower(s[from:to])
	inner := strings.Trim(piece, " \t[](){}<>\\")
	if strings.HasSuffix(piece, " ") && !strings.HasPrefix(piece, " ") && to < len(s) && 'A' <= s[to] && s[to] <= 'Z' {
		return "", false // the end of a sentence: "through your service[.] It is"
	}
	between := from > 0 && to < len(s) && part(s[from-1]) && part(s[to])
	switch {
	case strings.Contains(piece, "//") && !strings.HasPrefix(inner, "/") || strings.Contains(piece, `:\\`):
		scheme := strings.Trim(strings.SplitN(piece, ":", 2)[0], "[]")
		switch {
		case strings.HasPrefix(inner, ":"):
			return "://", true
		case strings.HasPrefix(scheme, "fxp"):
			return "ftp://", true
		case strings.HasSuffix(scheme, "s"):
			return "https://", true
		default:
			return "http://", true
		}
	case inner == "@" || inner == "at":
		return "@", between
	case inner == "." || inner == "dot" || inner == "punkt" || inner == "punto" || inner == "point" || inner == "ponto":
		return ".", between || from > 0 && s[from-1] == '/' && to < len(s) && part(s[to])
	case inner == ":":
		return ":", true
	case inner == "/" || inner == "//":
		return inner, between || strings.HasSuffix(s[:from], ":")
	case inner == "":
		return ".", between // "\."
	default: // "e dot c"
		return s[from:from+1] + "." + s[to-1:to], true
	}
}

func part(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c >= 0x80
}
