package lease

import (
	"hash/maphash"
	"net/netip"
	"slices"
)

// groupKey tells groups apart.
type groupKey struct{ source, group string }

// group is what restarts as one, and is heard as one.
type group struct {
	groupKey
	restarts []int64 // in order
	heard    pulse
	interim  interim
	sessions int
}

// group gives the group of a key, a new one if it was not known.
func (t *Table) group(k groupKey) *group {
	g := t.groups[k]
	if g == nil {
		g = &group{groupKey: k}
		t.groups[k] = g
	}
	return g
}

// mostRestarts bounds the restarts that are known of a group.
const mostRestarts = 64

// restarted notes a restart, and tells whether it is new.
func (g *group) restarted(at int64) bool {
	n, known := slices.BinarySearch(g.restarts, at)
	if known {
		return false
	}
	g.restarts = slices.Insert(g.restarts, n, at)
	if len(g.restarts) > mostRestarts {
		g.restarts = slices.Delete(g.restarts, 0, 1)
	}
	return true
}

// server gives the one copy of an address that there is.
func (t *Table) server(a netip.Addr) *netip.Addr {
	if p := t.servers[a]; p != nil {
		return p
	}
	t.servers[a] = &a
	return &a
}

// roll finds sessions by group and identifier. It takes far less memory than a map
// that holds the keys, which the sessions have anyway.
type roll struct {
	seed  maphash.Seed
	slots []*session // open addressing: a free slot ends a search
	n     int
}

func newRoll() roll { return roll{seed: maphash.MakeSeed(), slots: make([]*session, 64)} }

func (r *roll) home(g *group, id string) int {
	h := maphash.String(r.seed, id) ^ maphash.Comparable(r.seed, g)
	return int(h & uint64(len(r.slots)-1))
}

// get gives a session; nil if there is none.
func (r *roll) get(g *group, id string) *session {
	for i := r.home(g, id); ; i = (i + 1) & (len(r.slots) - 1) {
		if s := r.slots[i]; s == nil || s.group == g && s.id == id {
			return s
		}
	}
}

// put adds a session that is not there.
func (r *roll) put(s *session) {
	if 4*(r.n+1) > 3*len(r.slots) {
		old := r.slots
		r.slots = make([]*session, 2*len(old))
		for _, one := range old {
			if one != nil {
				r.place(one)
			}
		}
	}
	r.place(s)
	r.n++
}

func (r *roll) place(s *session) {
	i := r.home(s.group, s.id)
	for r.slots[i] != nil {
		i = (i + 1) & (len(r.slots) - 1)
	}
	r.slots[i] = s
}

// drop takes out a session that is there, and moves up those that come behind it.
func (r *roll) drop(s *session) {
	last := len(r.slots) - 1
	i := r.home(s.group, s.id)
	for r.slots[i] != s {
		i = (i + 1) & last
	}
	r.n--
	for j := (i + 1) & last; r.slots[j] != nil; j = (j + 1) & last {
		home := r.home(r.slots[j].group, r.slots[j].id)
		if (j-home)&last >= (j-i)&last { // it may lie at i
			r.slots[i] = r.slots[j]
			i = j
		}
	}
	r.slots[i] = nil
}
