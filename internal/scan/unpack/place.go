package unpack

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestName is how much of a name is kept, in bytes.
const longestName = 300

// place is where a content lies.
type place struct {
	path   string // as in Part.Path
	within string // as in Part.Within
	name   string // the last name, as it is given
	kind   string // what carried it
	depth  int    // 0 is the content itself
}

// Join gives the path of a part: the names from the outside in, joined by
// "//", which no cleaned path on disk has. In a name, a backslash, what cannot
// be printed, and a slash that would make or touch a "//" are written \xNN, and
// a long name is cut.
func Join(outer, name string) string {
	if outer == "" {
		return escape(name)
	}
	return outer + "//" + escape(name)
}

func (p place) inside(kind, name string) place {
	if name == "" {
		name = kind
	}
	path := Join(p.path, name)
	return place{path: path, within: path, name: name, kind: kind, depth: p.depth + 1}
}

// lies says of a place that what it holds lies in another as it is.
func (p place) lies(in place) place {
	p.within = in.within
	return p
}

func escape(name string) string {
	if len(name) > longestName {
		name = name[:longestName/2] + "…" + name[len(name)-longestName/2:]
	}
	if plain(name) {
		return name
	}
	var b strings.Builder
	for i := 0; i < len(name); {
		r, n := utf8.DecodeRuneInString(name[i:])
		bad := r == '\\' || r == utf8.RuneError && n == 1 || !unicode.IsPrint(r) ||
			r == '/' && (i == 0 || i == len(name)-1 || name[i-1] == '/')
		if !bad {
			b.WriteString(name[i : i+n])
		} else {
			for _, c := range []byte(name[i : i+n]) {
				fmt.Fprintf(&b, `\x%02x`, c)
			}
		}
		i += n
	}
	return b.String()
}

// plain tells whether a name needs no escape; some of those that need none are
// missed.
func plain(name string) bool {
	for i := range len(name) {
		c := name[i]
		if c < ' ' || c > '~' || c == '\\' || c == '/' && (i == 0 || i == len(name)-1 || name[i-1] == '/') {
			return false
		}
	}
	return true
}
