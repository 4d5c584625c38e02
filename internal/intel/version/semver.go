package version

import (
	"cmp"
	"strings"
)

// semver compares by precedence (Semantic Versioning 2.0.0, 11). A "v" before the
// version, and versions of one or two numbers, are taken as many write them.
func semver(a, b string) (int, bool) {
	x, ok := parse(a)
	y, good := parse(b)
	if !ok || !good {
		return 0, false
	}
	for i := range x.numbers {
		if d := numbers(x.numbers[i], y.numbers[i]); d != 0 {
			return d, true
		}
	}
	if x.pre == "" || y.pre == "" {
		return cmp.Compare(len(y.pre), len(x.pre)), true // one without is later
	}
	return prereleases(strings.Split(x.pre, "."), strings.Split(y.pre, ".")), true
}

type semantic struct {
	numbers [3]string
	pre     string
}

func parse(v string) (s semantic, ok bool) {
	v, build, built := strings.Cut(strings.TrimPrefix(v, "v"), "+")
	if built && !identifiers(build) {
		return s, false
	}
	core, pre, has := strings.Cut(v, "-")
	if has && !identifiers(pre) {
		return s, false
	}
	parts := strings.Split(core, ".")
	if len(parts) > 3 {
		return s, false
	}
	for i, p := range parts {
		if !allDigits(p) {
			return s, false
		}
		s.numbers[i] = p
	}
	s.pre = pre
	return s, true
}

func identifiers(s string) bool {
	for part := range strings.SplitSeq(s, ".") {
		if part == "" || strings.Trim(part, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-") != "" {
			return false
		}
	}
	return true
}

func prereleases(a, b []string) int {
	for i := range min(len(a), len(b)) {
		x, y := allDigits(a[i]), allDigits(b[i])
		d := 0
		switch {
		case x && y:
			d = numbers(a[i], b[i])
		case x:
			d = -1
		case y:
			d = 1
		default:
			d = strings.Compare(a[i], b[i])
		}
		if d != 0 {
			return d
		}
	}
	return cmp.Compare(len(a), len(b))
}
