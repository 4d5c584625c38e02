package watch

import (
	"maps"
	"slices"
	"strings"
)

// atlas tells which places the paths of one file system lie in. It stays as
// it is.
type atlas struct{ mounts []*chart }

// chart is the part of an atlas for one mount.
type chart struct {
	places []*place
	reals  map[string][]*place
	sorted []string // keys of reals
}

// spot is where something is in a place.
type spot struct {
	place *place
	path  string // as it is told
}

func newAtlas(places []*place) *atlas {
	byMount := map[uint64]*chart{}
	for _, p := range places {
		c := byMount[p.id.mount]
		if c == nil {
			c = &chart{reals: map[string][]*place{}}
			byMount[p.id.mount] = c
		}
		c.places = append(c.places, p)
		c.reals[p.real] = append(c.reals[p.real], p)
	}
	a := &atlas{}
	for _, c := range byMount {
		c.sorted = slices.Sorted(maps.Keys(c.reals))
		a.mounts = append(a.mounts, c)
	}
	return a
}

// at gives the places that a path of the kernel lies in.
func (c *chart) at(path string) []spot {
	var all []spot
	for up := path; ; up = parent(up) {
		for _, p := range c.reals[up] {
			rest, _ := below(up, path)
			all = append(all, spot{p, p.told(rest)})
		}
		if up == "/" {
			return all
		}
	}
}

// below gives the places that are at a path or below it.
func (c *chart) below(path string) []*place {
	all := slices.Clone(c.reals[path])
	prefix := strings.TrimSuffix(path, "/") + "/"
	from, _ := slices.BinarySearch(c.sorted, prefix)
	for _, real := range c.sorted[from:] {
		if !strings.HasPrefix(real, prefix) {
			break
		}
		if real != path {
			all = append(all, c.reals[real]...)
		}
	}
	return all
}
