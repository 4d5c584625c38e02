package version

import (
	"cmp"
	"strconv"
	"strings"
)

// rpm compares as rpm does: epoch, version, release (rpm-version(7)). A release that
// one of them does not tell is not compared.
func rpm(a, b string) (int, bool) {
	x, ok := cutRPM(a)
	y, good := cutRPM(b)
	if !ok || !good {
		return 0, false
	}
	if x.epoch != y.epoch {
		return x.epoch - y.epoch, true
	}
	if d := rpmOrder(x.upstream, y.upstream); d != 0 || x.revision == "" || y.revision == "" {
		return d, true
	}
	return rpmOrder(x.revision, y.revision), true
}

func cutRPM(v string) (p packaged, ok bool) {
	if epoch, rest, has := strings.Cut(v, ":"); has {
		n, err := strconv.ParseInt(epoch, 10, 32)
		if err != nil || n < 0 || !allDigits(epoch) {
			return p, false
		}
		p.epoch, v = int(n), rest
	}
	p.upstream, p.revision, _ = strings.Cut(v, "-")
	for _, c := range []byte(p.upstream + p.revision) {
		if !digit(c) && !letter(c) && strings.IndexByte("._+~^", c) < 0 {
			return p, false
		}
	}
	return p, p.upstream != ""
}

// rpmOrder compares runs of digits and of letters one after the other: "~" is before
// everything, also the end, and "^" before everything but the end.
func rpmOrder(a, b string) int {
	for {
		a, b = separators(a), separators(b)
		switch x, y := mark(a), mark(b); {
		case x == '~' || y == '~':
			if x != y {
				return order3(y == '~', x == '~')
			}
			a, b = a[1:], b[1:]
			continue
		case x == '^' || y == '^':
			switch {
			case x == y:
				a, b = a[1:], b[1:]
				continue
			case a == "" || b == "":
				return order3(b == "", a == "")
			}
			return order3(y == '^', x == '^')
		}
		if a == "" || b == "" {
			return order3(b == "" && a != "", a == "" && b != "")
		}
		kind := letter
		if digit(a[0]) {
			kind = digit
		}
		x, restA := letters(a, kind)
		y, restB := letters(b, kind)
		if y == "" { // numbers are after letters
			return order3(digit(a[0]), !digit(a[0]))
		}
		d := strings.Compare(x, y)
		if digit(x[0]) {
			d = numbers(x, y)
		}
		if d != 0 {
			return cmp.Compare(d, 0)
		}
		a, b = restA, restB
	}
}

// order3 is 1 if the first is so, -1 if the second is, and 0 otherwise.
func order3(after, before bool) int {
	switch {
	case after:
		return 1
	case before:
		return -1
	}
	return 0
}

func mark(s string) byte {
	if s == "" {
		return 0
	}
	return s[0]
}

// separators takes away what only parts runs from each other.
func separators(s string) string {
	return strings.TrimLeftFunc(s, func(r rune) bool {
		return r > 127 || !digit(byte(r)) && !letter(byte(r)) && r != '~' && r != '^'
	})
}

func letters(s string, of func(byte) bool) (first, rest string) {
	n := 0
	for n < len(s) && of(s[n]) {
		n++
	}
	return s[:n], s[n:]
}
