package lease

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"
	"time"

	"candor/internal/flow"
)

// Tenure is that somebody had an address, or ports of it, for a time.
type Tenure struct {
	Line flow.Line // 0 if it cannot be told: see Reason
	// Reason is Held for what is certain. Silence is of the time after a lease of
	// which it is not known when it ended: the Line may still have held it.
	// Unmapped, Disputed and Inner are of holders that no line is known of.
	Reason Reason
	Static bool      // by SetStatic
	Shared bool      // by a translator
	From   time.Time // the first moment
	Until  time.Time // the first moment after; zero if it is open
	// Known is the moment up to which it is certain: the source, which usually
	// tells of something every half hour, told of nothing later yet, so that it
	// may have been cut off and another may hold it; or another source that gives
	// the address too. Zero if nothing is awaited.
	Known time.Time
	// Every is how often the source says of it that it goes on, as far as that is
	// learned: after Known the next such word is due in that time. 0 if it is not
	// known, or if the source may be cut off.
	Every time.Duration
}

// Tenures are those of a span of time.
type Tenures struct {
	List  []Tenure  // by From; those of one line that touch or are bridged are one
	Ports bool      // a translator shares the address: without a port the holder cannot be told
	More  bool      // there are more than were asked for
	Since time.Time // what ended before is forgotten; zero if nothing is
}

// Tenures gives who may have had an address and a port at any moment from one to
// another, both within, as far as the clocks of sources go, at most so many.
// Port 0 is a port that is not known. It waits for writers.
func (t *Table) Tenures(ip netip.Addr, port uint16, from, until time.Time, most int) Tenures {
	t.mu.RLock()
	defer t.mu.RUnlock()
	g := t.gather(from, until)
	g.address(flow.FromIP(ip), port, true)
	return g.answer(most)
}

// TenuresWithin gives who may have had addresses of a network at any moment from
// one to another, as Tenures does.
func (t *Table) TenuresWithin(p netip.Prefix, from, until time.Time, most int) Tenures {
	t.mu.RLock()
	defer t.mu.RUnlock()
	g := t.gather(from, until)
	of := newPrefix(p.Masked())
	for _, x := range *t.lengths[isFour(&of.addr)].Load() {
		if x.bits <= of.bits {
			g.node(x.find(&of.addr), 0, true)
			continue
		}
		within := index{bits: of.bits}
		within.high, within.low = mask(of.bits)
		high, low := within.words(&of.addr)
		slots := *x.slots.Load()
		for i := range slots {
			if n := slots[i].node.Load(); n != nil && !n.empty() {
				if h, l := within.words(&n.addr); h == high && l == low {
					g.node(n, 0, true)
				}
			}
		}
	}
	g.ports = false
	return g.answer(most)
}

// gathering collects tenures of a span, both ends within, and those so near to
// it that they may be bridged over it.
type gathering struct {
	t           *Table
	from, until int64
	all         []tenure
	ports       bool
	known       int64 // up to which all that give these addresses have told
}

// near tells whether what lasts from one moment to before another is collected.
func (g *gathering) near(from, until int64) bool {
	return from < until && from <= after(g.until, g.t.rules.bridge) && until > before(g.from, g.t.rules.bridge)
}

// tenure is a Tenure as the table counts.
type tenure struct {
	line           flow.Line
	reason         Reason
	static, shared bool
	from, until    int64
	known          int64
	every          int64
}

func (t *Table) gather(from, until time.Time) *gathering {
	return &gathering{t: t, known: forever, from: before(from.UnixMicro(), t.rules.clock), until: after(until.UnixMicro(), t.rules.clock)}
}

// address collects the tenures of an address, and of the inner ones behind it.
func (g *gathering) address(a flow.Addr, port uint16, follow bool) {
	if formulas := g.t.formulas.Load(); formulas != nil && follow {
		g.formula(*formulas, a, port)
	}
	for _, x := range *g.t.lengths[isFour(&a)].Load() {
		g.node(x.find(&a), port, follow)
	}
}

func (g *gathering) node(n *node, port uint16, follow bool) {
	if n == nil {
		return
	}
	g.refs(n.refs, follow)
	if n.more == nil {
		return
	}
	for i := range n.more.blocks {
		b := &n.more.blocks[i]
		if port == 0 || b.ports.Low <= port && port <= b.ports.High {
			g.refs(b.refs, follow)
		}
	}
	g.ports = g.ports || follow && port == 0 && len(n.more.blocks) > 0
}

// formula collects what translators give out by formula.
func (g *gathering) formula(all []Formula, a flow.Addr, port uint16) {
	if port != 0 {
		if inner, ok := byFormula(all, a, port); ok {
			g.behind(inner, 0, forever, forever)
		}
		return
	}
	if !a.Is4() {
		return
	}
	outer := binary.BigEndian.Uint32(a[12:])
	for i := range all {
		for block := range all[i].each() {
			low := all[i].Ports.Low + uint16(block*uint64(all[i].Block)) // within Ports.High
			if inner, ok := all[i].inner(outer, low); ok {
				g.ports = true
				g.behind(flow.V4(inner), 0, forever, forever)
			}
		}
	}
}

// refs collects the leases of one prefix and its ports.
func (g *gathering) refs(refs []ref, follow bool) {
	all := g.t.extents(refs)
	now := micro(g.t.options.Now())
	for i := range all {
		e := &all[i]
		g.known = min(g.known, e.cutOff(g.until))
		over := e.until
		if e.why == silence && e.until <= now { // it was not heard of again
			e.until = max(e.of.seen, e.from)
		}
		if g.near(e.from, e.until) {
			g.extent(e, follow)
		}
		if e.why != silence && e.why != crowded && e.why != replaced {
			continue
		}
		tail := tenure{line: e.of.line(), reason: Silence, from: e.until, until: nextBegin(all, over), known: forever}
		if e.of.inner != (flow.Addr{}) {
			tail.line, tail.shared = 0, true
		}
		g.add(tail)
	}
}

// nextBegin gives the first moment after one at which a lease begins.
func nextBegin(all []extent, at int64) int64 {
	for i := range all {
		if all[i].from > at {
			return all[i].from
		}
	}
	return forever
}

func (g *gathering) extent(e *extent, follow bool) {
	if e.who < via {
		g.add(tenure{line: flow.Line(e.who), reason: Held, static: e.of.group.source == sourceStatic, shared: !e.of.ports.All(), from: e.from, until: e.until,
			known: e.known(), every: e.every(micro(g.t.options.Now()))})
		return
	}
	if e.who == unknown || !follow {
		reason := Unmapped
		if e.of.disputed || e.of.subject != nil && e.of.subject.disputed {
			reason = Disputed
		}
		g.add(tenure{reason: reason, from: e.from, until: e.until, known: forever})
		return
	}
	g.behind((*g.t.inners.Load())[e.who&^via], e.from, e.until, e.known())
}

// behind collects who had an inner address while it had an outer one; somebody
// not known where nobody had.
func (g *gathering) behind(inner flow.Addr, from, until, known int64) {
	in := gathering{t: g.t, known: forever, from: max(g.from, from), until: min(g.until, until)}
	in.address(inner, 0, false)
	in.merge()
	g.known = min(g.known, in.known)
	covered := in.from
	for i := range in.all {
		h := &in.all[i]
		if h.reason == Held && h.from <= covered {
			covered = max(covered, h.until)
		}
		h.shared = true
		h.from, h.until, h.known = max(h.from, from), min(h.until, until), min(h.known, known)
		g.add(*h)
	}
	if covered < in.until {
		g.add(tenure{reason: Inner, shared: true, from: max(from, covered), until: until, known: forever})
	}
}

func (g *gathering) add(one tenure) {
	if g.near(one.from, one.until) {
		g.all = append(g.all, one)
	}
}

// merge makes one of those of a line that touch or are bridged.
func (g *gathering) merge() {
	if len(g.all) < 2 {
		return
	}
	slices.SortFunc(g.all, func(a, b tenure) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.reason, b.reason), apart(a.static, b.static), apart(a.shared, b.shared), cmp.Compare(a.from, b.from))
	})
	list := g.all[:1]
	for _, one := range g.all[1:] {
		last := &list[len(list)-1]
		if one.line == last.line && one.reason == last.reason && one.static == last.static && one.shared == last.shared && one.from <= after(last.until, g.t.rules.bridge) {
			if one.until >= last.until {
				last.known, last.every = one.known, one.every
			}
			last.until = max(last.until, one.until)
			continue
		}
		list = append(list, one)
	}
	g.all = list
}

func (g *gathering) answer(most int) Tenures {
	g.merge()
	g.all = slices.DeleteFunc(g.all, func(h tenure) bool { return h.from > g.until || h.until <= g.from })
	slices.SortStableFunc(g.all, func(a, b tenure) int { return cmp.Compare(a.from, b.from) })
	out := Tenures{Ports: g.ports, More: len(g.all) > most}
	if floor := g.t.floor.Load(); floor != 0 {
		out.Since = flow.At(floor)
	}
	out.List = make([]Tenure, 0, min(len(g.all), most))
	for _, h := range g.all[:min(len(g.all), most)] {
		one := Tenure{Line: h.line, Reason: h.reason, Static: h.static, Shared: h.shared, From: flow.At(h.from)}
		if h.until != forever {
			one.Until = flow.At(h.until)
		}
		if known := min(h.known, g.known); known != forever {
			one.Known = flow.At(known)
			if known == h.known {
				one.Every = time.Duration(h.every) * time.Microsecond
			}
		}
		out.List = append(out.List, one)
	}
	return out
}

func apart(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
