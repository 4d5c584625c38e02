package lease

import (
	"cmp"
	"net/netip"
	"slices"

	"candor/internal/flow"
)

// extent is one lease as the table sees it now: from when to when, and why it
// ends.
type extent struct {
	span
	why ending
	ref
}

// extents gives the leases of one prefix and its ports, from first to last.
func (t *Table) extents(refs []ref) []extent {
	all := make([]extent, 0, len(refs))
	for _, r := range refs {
		all = append(all, t.extent(r))
	}
	slices.SortStableFunc(all, func(a, b extent) int { return cmp.Compare(a.from, b.from) })
	for i := range all {
		cutExclusive(all, i)
	}
	return all
}

// extent gives one lease without regard to others.
func (t *Table) extent(r ref) extent {
	s, c := r.of, &r.of.claims[r.n]
	e := extent{ref: r, span: span{from: s.from(c), who: t.who(s), ports: s.ports}}
	if s.ports.All() {
		e.ports = Ports{0, 65535}
	}
	e.until, e.why = s.ends(c)
	e.until = max(e.until, e.from)
	return e
}

// cutExclusive has lease i end where its exclusive source gave the same to the
// next, unless its own end was told or it was alive after that.
func cutExclusive(all []extent, i int) {
	e := &all[i]
	if !e.of.exclusive || e.of.end != 0 {
		return
	}
	for _, next := range all[i+1:] {
		if next.from > e.from && next.of != e.of && next.of.exclusive && next.of.group.source == e.of.group.source {
			if at := max(next.from, e.of.seen); at < e.until {
				e.until, e.why = at, taken
			}
			return
		}
	}
}

// spans gives what holds of leases, without those that hold nothing.
func spans(all []extent) []span {
	list := make([]span, 0, len(all))
	for i := range all {
		if all[i].from < all[i].until {
			list = append(list, all[i].span)
		}
	}
	return list
}

// who gives the holder of a session.
func (t *Table) who(s *session) holder {
	if s.inner != (flow.Addr{}) {
		return t.via(s.inner)
	}
	if line := s.line(); line != 0 {
		return holder(line)
	}
	return unknown
}

// via gives the holder that stands for an inner address.
func (t *Table) via(inner flow.Addr) holder {
	if h, ok := t.innerOf[inner]; ok {
		return h
	}
	all := *t.inners.Load()
	if len(all) >= 2*t.options.Most {
		return unknown
	}
	h := via | holder(len(all))
	all = append(all, inner)
	t.inners.Store(&all)
	t.innerOf[inner] = h
	return h
}

// index gives the index of a length.
func (t *Table) index(p prefix) *index {
	at := &t.lengths[isFour(&p.addr)]
	all := *at.Load()
	for _, x := range all {
		if x.bits == p.bits {
			return x
		}
	}
	x := newIndex(p.bits, t.secret)
	all = append(slices.Clone(all), x)
	at.Store(&all)
	return x
}

// refs gives the leases of a prefix and ports.
func (t *Table) refs(p prefix, ports Ports) []ref {
	if n := t.index(p).get(p.addr); n != nil {
		return n.of(ports)
	}
	return nil
}

// Current gives the session of a source that has a prefix and exactly these
// ports now, as far as was told: the last to begin of those that did not end;
// and the inner address that it is of, if it is.
func (t *Table) Current(source string, p netip.Prefix, ports Ports) (session string, inner netip.Addr, ok bool) {
	if !p.IsValid() || p.Bits() == 0 {
		return "", netip.Addr{}, false
	}
	if ports.All() {
		ports = Ports{}
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	var last int64
	key := newPrefix(p)
	for _, x := range *t.lengths[isFour(&key.addr)].Load() {
		n := x.get(key.addr)
		if x.bits != key.bits || n == nil {
			continue
		}
		for _, r := range n.of(ports) {
			if s := r.of; s.group.source == source && s.end == 0 && s.from(&s.claims[r.n]) >= last {
				session, inner, ok, last = s.id, s.inner.IP(), true, s.from(&s.claims[r.n])
			}
		}
	}
	return session, inner, ok
}

// of gives the leases of ports.
func (n *node) of(ports Ports) []ref {
	switch {
	case ports.All():
		return n.refs
	case n.more == nil:
		return nil
	}
	if at, ok := n.more.at(ports); ok {
		return n.more.blocks[at].refs
	}
	return nil
}

// at gives where the block of ports is, or would be.
func (d *detail) at(ports Ports) (int, bool) {
	return slices.BinarySearchFunc(d.blocks, ports, func(b block, p Ports) int {
		return cmp.Or(cmp.Compare(b.ports.Low, p.Low), cmp.Compare(b.ports.High, p.High))
	})
}

// link notes that a prefix has one more lease; refresh has readers see it.
func (t *Table) link(r ref) {
	p := r.of.claims[r.n].prefix
	x := t.index(p)
	old := x.get(p.addr)
	n := &node{addr: p.addr}
	if old != nil {
		*n = *old
	}
	if r.of.ports.All() {
		n.refs = append(n.refs, r)
		x.put(n)
		return
	}
	d := n.copied()
	at, ok := d.at(r.of.ports)
	if !ok {
		d.blocks = slices.Insert(d.blocks, at, block{ports: r.of.ports})
		d.mixed = d.overlap(n)
	}
	d.blocks[at].refs = append(d.blocks[at].refs, r)
	n.more = d
	x.put(n)
}

// copied gives a detail of its own to change.
func (n *node) copied() *detail {
	if n.more == nil {
		d := &detail{}
		if n.only.who != nobody {
			d.spans = []span{n.only}
			d.segments = rules{}.timeline(d.spans)
		}
		return d
	}
	d := *n.more
	d.blocks = slices.Clone(d.blocks)
	return &d
}

// overlap tells whether a port may lie in several blocks, or in one and in a
// lease of all ports.
func (d *detail) overlap(n *node) bool {
	if len(n.refs) > 0 && len(d.blocks) > 0 {
		return true
	}
	for i := 1; i < len(d.blocks); i++ {
		if d.blocks[i].ports.Low <= d.blocks[i-1].ports.High {
			return true
		}
	}
	return false
}

// unlink takes the leases of a session from its prefixes.
func (t *Table) unlink(s *session) {
	for i := range s.claims {
		p := s.claims[i].prefix
		x := t.index(p)
		old := x.get(p.addr)
		if old == nil {
			continue
		}
		n := *old
		is := func(r ref) bool { return r.of == s }
		if s.ports.All() {
			n.refs = slices.DeleteFunc(n.refs, is)
		} else if n.more != nil {
			d := n.copied()
			if at, ok := d.at(s.ports); ok {
				d.blocks[at].refs = slices.DeleteFunc(d.blocks[at].refs, is)
				if len(d.blocks[at].refs) == 0 {
					d.blocks = slices.Delete(d.blocks, at, at+1)
				}
			}
			n.more = d
		}
		t.rebuild(x, &n, s.ports)
	}
}

// refresh has readers see a session as it is now.
func (t *Table) refresh(s *session) {
	for i := range s.claims {
		p := s.claims[i].prefix
		x := t.index(p)
		if n := x.get(p.addr); n != nil {
			t.rebuild(x, n, s.ports)
		}
	}
}

// rebuild puts a node anew, whose leases of some ports changed.
func (t *Table) rebuild(x *index, old *node, ports Ports) {
	n := &node{addr: old.addr, refs: old.refs}
	if len(n.refs) <= 1 && (old.more == nil || len(old.more.blocks) == 0) {
		if len(n.refs) == 1 {
			if e := t.extent(n.refs[0]); e.from < e.until {
				n.only = e.span
			}
		}
		x.put(n)
		return
	}
	d := old.copied()
	if ports.All() {
		d.spans = spans(t.extents(n.refs))
		d.segments = t.rules.timeline(d.spans)
	} else if at, ok := d.at(ports); ok {
		b := &d.blocks[at]
		b.spans = spans(t.extents(b.refs))
		b.segments = t.rules.timeline(b.spans)
	}
	d.mixed = d.overlap(n)
	n.more = d
	x.put(n)
}

// indexAll builds all nodes, after the table was loaded.
func (t *Table) indexAll() {
	for _, s := range t.all {
		for i := range s.claims {
			t.link(ref{s, i})
		}
	}
	for _, s := range t.all {
		t.refresh(s)
	}
}
