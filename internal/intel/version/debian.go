package version

import (
	"strconv"
	"strings"
)

// debian compares as dpkg does: epoch, upstream version, revision.
func debian(a, b string) (int, bool) {
	x, ok := cut(a)
	y, good := cut(b)
	if !ok || !good {
		return 0, false
	}
	if x.epoch != y.epoch {
		return x.epoch - y.epoch, true
	}
	if d := order(x.upstream, y.upstream); d != 0 {
		return d, true
	}
	return order(x.revision, y.revision), true
}

type packaged struct {
	epoch              int
	upstream, revision string
}

func cut(v string) (p packaged, ok bool) {
	v = strings.Trim(v, " \t\n\r\v\f")
	if epoch, rest, has := strings.Cut(v, ":"); has {
		n, err := strconv.ParseInt(epoch, 10, 32)
		if err != nil || n < 0 || !allDigits(epoch) {
			return p, false
		}
		p.epoch, v = int(n), rest
	}
	if at := strings.LastIndexByte(v, '-'); at >= 0 {
		v, p.revision = v[:at], v[at+1:]
		if p.revision == "" {
			return p, false
		}
	}
	p.upstream = v
	for i := range len(p.upstream) {
		if !upstreamByte(p.upstream[i]) {
			return p, false
		}
	}
	for i := range len(p.revision) {
		if c := p.revision[i]; !digit(c) && !letter(c) && strings.IndexByte(".+~", c) < 0 {
			return p, false
		}
	}
	return p, v != "" && digit(v[0])
}

func upstreamByte(c byte) bool {
	return digit(c) || letter(c) || strings.IndexByte(".-+~:", c) >= 0
}

// order compares two parts, runs of other characters and runs of digits in turn.
func order(a, b string) int {
	for a != "" || b != "" {
		for a != "" && !digit(a[0]) || b != "" && !digit(b[0]) {
			if d := weight(a) - weight(b); d != 0 {
				return d
			}
			a, b = a[min(1, len(a)):], b[min(1, len(b)):]
		}
		x, y := run(a), run(b)
		if d := numbers(a[:x], b[:y]); d != 0 {
			return d
		}
		a, b = a[x:], b[y:]
	}
	return 0
}

// weight is where the first character sorts: "~" before the end, letters before all
// else.
func weight(s string) int {
	switch {
	case s == "" || digit(s[0]):
		return 0
	case s[0] == '~':
		return -1
	case letter(s[0]):
		return int(s[0])
	}
	return int(s[0]) + 256
}

func run(s string) int {
	n := 0
	for n < len(s) && digit(s[n]) {
		n++
	}
	return n
}
