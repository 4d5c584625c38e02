package notify

import (
	"strings"
	"unicode"
)

// clean makes a name of a stranger fit for a line of text: on one line, of
// bounded length, and without signs that nobody sees but that move others.
func clean(s string, most int) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	s = strings.Map(func(r rune) rune {
		if hidden(r) {
			return -1
		}
		return r
	}, s)
	return shorten(s, most)
}

// place is clean for a path, which must stay recognisable: what cannot be
// shown is shown to be missing, and the middle is left out before the ends.
func place(s string) string {
	const most = 160
	s = strings.Map(func(r rune) rune {
		if hidden(r) || unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return unicode.ReplacementChar
		}
		return r
	}, s)
	return shorten(s, most)
}

func hidden(r rune) bool { return unicode.Is(unicode.Cf, r) }

// shorten leaves out the middle of what is longer than most characters.
func shorten(s string, most int) string {
	runes := []rune(s) // also replaces what is no UTF-8
	if len(runes) > most {
		half := (most - 1) / 2
		return string(runes[:most-1-half]) + "…" + string(runes[len(runes)-half:])
	}
	return string(runes)
}

// below gives a path as the owner of a site knows it: from its only root on.
func below(path string, roots []string) string {
	if len(roots) == 1 {
		root := strings.TrimSuffix(roots[0], "/") + "/"
		if rest, found := strings.CutPrefix(path, root); found && rest != "" {
			return rest
		}
	}
	return path
}
