package config

import (
	"cmp"
	"slices"
	"strings"

	"candor"
)

// Problem is one thing that is wrong with a configuration.
type Problem struct {
	Where string // file:line, the variable, or the flag; empty for what is nowhere
	Key   string // listen.addr; empty for what concerns no key
	What  string
	Hint  string // what to do
	line  int
}

// String gives the problem in one line.
func (p Problem) String() string {
	var b strings.Builder
	for _, s := range []string{p.Where, p.Key} {
		if s != "" {
			b.WriteString(s)
			b.WriteString(": ")
		}
	}
	b.WriteString(p.What)
	if p.Hint != "" {
		b.WriteString(". ")
		b.WriteString(p.Hint)
	}
	return b.String()
}

// Problems is everything that is wrong, as one error of the kind
// candor.ErrInvalid.
type Problems []Problem

// Error gives one problem a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

// Is tells that this is candor.ErrInvalid.
func (p Problems) Is(kind error) bool { return kind == candor.ErrInvalid }

// sorted gives the problems in the order of the file.
func (p Problems) sorted() Problems {
	slices.SortStableFunc(p, func(a, b Problem) int { return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.Key, b.Key)) })
	return p
}

// nearest gives the word that is most like another, empty if none is like it.
func nearest(word string, words []string) string {
	best, least := "", max(1, len(word)/3)+1
	if len(word) > 64 { // longer than any
		return ""
	}
	for _, w := range words {
		if d := distance(word, w); d < least {
			best, least = w, d
		}
	}
	return best
}

// distance counts the letters to be put in, left out, replaced, or swapped
// with their neighbour (optimal string alignment).
func distance(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
