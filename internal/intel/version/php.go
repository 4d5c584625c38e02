package version

import (
	"strings"
)

// php compares as version_compare of PHP does: parts between dots, dashes and
// changes from letters to digits; a part that is missing is after "rc" and before
// any number. Separators at an end are passed over: there PHP has no order ("1."
// is before itself).
func php(a, b string) int {
	x, y := parts(a), parts(b)
	for i := range min(len(x), len(y)) {
		if d := part(x[i], y[i]); d != 0 {
			return d
		}
	}
	switch {
	case len(x) > len(y):
		return rest(x[len(y)])
	case len(y) > len(x):
		return -rest(y[len(x)])
	}
	return 0
}

// rest tells of the first part that only one has whether that is later.
func rest(p string) int {
	if digit(p[0]) {
		return 1
	}
	return part(p, "#N#")
}

func parts(v string) []string {
	var b strings.Builder
	for i := range len(v) {
		c := v[i]
		if strings.IndexByte("-_+", c) >= 0 {
			c = '.'
		}
		if c != '.' && !digit(c) && !letter(c) {
			c = '.' // canonical only within the alphabet; PHP puts a dot there too
		}
		if i > 0 {
			last := b.String()[b.Len()-1]
			if c == '.' && last == '.' {
				continue
			}
			if c != '.' && last != '.' && digit(c) != digit(last) {
				b.WriteByte('.')
			}
		}
		b.WriteByte(c)
	}
	return strings.Split(strings.Trim(b.String(), "."), ".")
}

// part compares two parts: numbers by value, words by the stage they name.
func part(a, b string) int {
	x, y := a != "" && digit(a[0]), b != "" && digit(b[0])
	switch {
	case x && y:
		return numbers(a, b)
	case !x && !y:
		return stage(a) - stage(b)
	case x:
		return stage("#N#") - stage(b)
	}
	return stage(a) - stage("#N#")
}

// stages are what words begin with that stand for one, the earliest first. A word
// that none is of comes before all.
func stage(word string) int {
	for _, s := range []struct {
		word string
		at   int
	}{{"dev", 0}, {"alpha", 1}, {"a", 1}, {"beta", 2}, {"b", 2}, {"RC", 3}, {"rc", 3}, {"#", 4}, {"pl", 5}, {"p", 5}} {
		if strings.HasPrefix(word, s.word) {
			return s.at
		}
	}
	return -1
}
