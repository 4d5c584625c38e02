package lease

import (
	"cmp"
	"math"
	"slices"

	"candor/internal/flow"
)

// holder is who a span belongs to: a flow.Line; nobody; via an address behind a
// translator; or somebody who is not known.
type holder uint32

const (
	nobody  holder = 0
	via     holder = 1 << 31 // with a number of the table's inner addresses
	unknown holder = math.MaxUint32
)

// forever is the end of what has none.
const forever = math.MaxInt64

// span is one lease of one prefix: from its first microsecond to before its
// last. Spans do not change.
type span struct {
	from, until int64
	who         holder
	ports       Ports // as low and high, never zero for all
}

func (s *span) covers(port uint16) bool { return s.ports.Low <= port && port <= s.ports.High }

// segment says who held a thing from a moment on, to the next segment.
type segment struct {
	from int64
	who  holder
}

// rules are how spans become segments; in microseconds.
type rules struct {
	// clock is how far a source's clock may be off: nearer than that to a lease
	// of somebody else nobody is named.
	clock int64
	// bridge is the longest gap between two leases of one line that is none.
	bridge int64
}

// edge is a moment where something begins or ends. A wide edge is moved outward
// by the uncertainty of clocks.
type edge struct {
	at    int64
	who   holder
	wide  int8 // +1 begins, -1 ends
	inner int8
}

// timeline gives, from first to last, who held what spans tell of, in the order
// of time: the one holder that has it at a moment, if nobody else has it within
// the uncertainty of clocks around that moment.
func (r rules) timeline(spans []span) []segment {
	edges := make([]edge, 0, 4*len(spans)+2)
	for _, s := range r.bridged(spans) {
		edges = append(edges, edge{at: s.from, who: s.who, inner: 1}, edge{at: s.until, who: s.who, inner: -1})
	}
	for _, s := range spans {
		edges = append(edges, edge{at: before(s.from, r.clock), who: s.who, wide: 1}, edge{at: after(s.until, r.clock), who: s.who, wide: -1})
	}
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Compare(a.at, b.at) })

	var segments []segment
	near, has := tally{}, tally{}
	for i, e := range edges {
		near.add(e.who, int(e.wide))
		has.add(e.who, int(e.inner))
		if i+1 < len(edges) && edges[i+1].at == e.at {
			continue
		}
		who := near.one()
		if len(near) == 0 {
			who = has.one() // in a gap that is none
		}
		if who == nobody || who == unknown || has.of(who) == 0 {
			who = nobody
		}
		if e.at == forever {
			break
		}
		if n := len(segments); n == 0 && who != nobody || n > 0 && segments[n-1].who != who {
			segments = append(segments, segment{e.at, who})
		}
	}
	return segments
}

// bridged gives the spans, and for gaps of one holder that are none a span each.
func (r rules) bridged(spans []span) []span {
	all := slices.Clone(spans)
	slices.SortFunc(all, func(a, b span) int { return cmp.Or(cmp.Compare(a.who, b.who), cmp.Compare(a.from, b.from)) })
	var end int64
	for i, n := 0, len(all); i < n; i++ {
		s := all[i]
		if i == 0 || all[i-1].who != s.who {
			end = s.until
			continue
		}
		if s.from > end && s.from-end <= r.bridge {
			all = append(all, span{from: end, until: s.from, who: s.who})
		}
		end = max(end, s.until)
	}
	return all
}

// at gives who holds it at a moment, by spans that all tell of the same thing.
func (r rules) at(spans []span, at int64) holder { return find(r.timeline(spans), at) }

// find gives the holder of a moment.
func find(segments []segment, at int64) holder {
	n := len(segments)
	if n == 0 {
		return nobody
	}
	if s := &segments[n-1]; s.from <= at {
		return s.who
	}
	low, high := 0, n-1
	for low < high {
		mid := int(uint(low+high) >> 1)
		if segments[mid].from <= at {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low == 0 {
		return nobody
	}
	return segments[low-1].who
}

// tally counts how often holders hold; there are few at a time.
type tally []struct {
	who holder
	n   int
}

func (t *tally) add(who holder, n int) {
	if n == 0 {
		return
	}
	for i := range *t {
		if (*t)[i].who != who {
			continue
		}
		if (*t)[i].n += n; (*t)[i].n == 0 {
			(*t)[i] = (*t)[len(*t)-1]
			*t = (*t)[:len(*t)-1]
		}
		return
	}
	*t = append(*t, struct {
		who holder
		n   int
	}{who, n})
}

func (t tally) of(who holder) int {
	for _, c := range t {
		if c.who == who {
			return c.n
		}
	}
	return 0
}

// one gives who holds alone.
func (t tally) one() holder {
	if len(t) != 1 {
		return nobody
	}
	return t[0].who
}

// before and after are at less and plus d, within what there is.
func before(at, d int64) int64 {
	if at < math.MinInt64+d {
		return math.MinInt64
	}
	return at - d
}

func after(at, d int64) int64 {
	if at > math.MaxInt64-d {
		return math.MaxInt64
	}
	return at + d
}

// prefix is a prefix as the table keeps it.
type prefix struct {
	addr flow.Addr
	bits uint8 // of 128; addresses of IPv4 have 96 more
}
