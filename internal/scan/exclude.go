package scan

import (
	"fmt"
	"path"
	"strings"

	"candor"
)

// Exclude passes over what its globs match. A glob without a slash is held
// against the last element of a path, one with a slash against the path as it
// is shown. *, ? and [a-z] are those of path.Match and never match a slash;
// an element ** stands for any number of elements. A directory that matches
// is not entered.
type Exclude []glob

type glob struct {
	elements []string // of a glob with a slash
	base     string   // of one without
}

// ParseExclude reads globs. A malformed one is candor.ErrInvalid.
func ParseExclude(globs []string) (Exclude, error) {
	var x Exclude
	for _, g := range globs {
		if _, err := path.Match(g, ""); err != nil || g == "" {
			return nil, candor.WithHint(fmt.Errorf("exclude %q: malformed glob: %w", g, candor.ErrInvalid),
				"Globs are made of *, ?, [a-z] and **; put a backslash before a bracket that stands for itself.")
		}
		if !strings.Contains(g, "/") {
			x = append(x, glob{base: g})
			continue
		}
		x = append(x, glob{elements: strings.Split(path.Clean(g), "/")})
	}
	return x, nil
}

// Match tells whether the entry called name in the directory dir is excluded.
func (x Exclude) Match(dir, name string) bool {
	for _, g := range x {
		if g.base != "" {
			if ok, _ := path.Match(g.base, name); ok {
				return true
			}
			continue
		}
		if matchElements(g.elements, strings.Split(path.Clean(join(dir, name)), "/")) {
			return true
		}
	}
	return false
}

// matchElements walks both lists once, and goes back only to the last "**",
// so that a glob costs at most len(globs) x len(elements).
func matchElements(globs, elements []string) bool {
	g, e, star, mark := 0, 0, -1, 0
	for e < len(elements) {
		switch {
		case g < len(globs) && globs[g] == "**":
			star, mark = g, e
			g++
			continue
		case g < len(globs):
			if ok, _ := path.Match(globs[g], elements[e]); ok {
				g++
				e++
				continue
			}
		}
		if star < 0 {
			return false
		}
		mark++
		g, e = star+1, mark
	}
	for g < len(globs) && globs[g] == "**" {
		g++
	}
	return g == len(globs)
}

func join(dir, name string) string {
	if dir == "" {
		return name
	}
	if strings.HasSuffix(dir, "/") {
		return dir + name
	}
	return dir + "/" + name
}
