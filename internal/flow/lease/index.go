package lease

import (
	"encoding/binary"
	"math/bits"
	"sync/atomic"

	"candor/internal/flow"
)

// node is what is known of one prefix. A node does not change once it is in an
// index, but for what the writer alone looks at.
type node struct {
	addr flow.Addr
	only span    // the one lease there is, if more is nil
	more *detail // for several leases
	refs []ref   // of leases of all ports; the writer's
}

// detail is what is known of a prefix with several leases, or with leases of
// some ports.
type detail struct {
	segments []segment // of leases of all ports
	spans    []span
	blocks   []block // of leases of some ports, by their first port
	mixed    bool    // ports may lie in several of these
}

// block is a range of ports of an address.
type block struct {
	ports    Ports
	segments []segment
	spans    []span
	refs     []ref // the writer's
}

// ref is one lease: the session and which of its prefixes.
type ref struct {
	of *session
	n  int
}

// empty tells whether readers find nothing in it.
func (n *node) empty() bool { return n.more == nil && n.only.who == nobody }

// bare tells whether no lease is of it.
func (n *node) bare() bool { return len(n.refs) == 0 && (n.more == nil || len(n.more.blocks) == 0) }

// holder gives who held a port at a moment, by this prefix alone; sure is false
// if that takes the long way.
func (d *detail) holder(port uint16, at int64) (who holder, sure bool) {
	if d.mixed {
		return nobody, false
	}
	if len(d.blocks) == 0 {
		return find(d.segments, at), true
	}
	if b := d.block(port); b != nil {
		return find(b.segments, at), true
	}
	return nobody, true
}

// block gives the block with a port, of blocks that do not overlap.
func (d *detail) block(port uint16) *block {
	low, high := 0, len(d.blocks)
	for low < high {
		mid := int(uint(low+high) >> 1)
		if d.blocks[mid].ports.Low <= port {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low == 0 || d.blocks[low-1].ports.High < port {
		return nil
	}
	return &d.blocks[low-1]
}

// append appends the spans of a port.
func (n *node) append(spans []span, port uint16) []span {
	if n.more == nil {
		if n.only.who != nobody && n.only.covers(port) {
			spans = append(spans, n.only)
		}
		return spans
	}
	spans = append(spans, n.more.spans...)
	for i := range n.more.blocks {
		if b := &n.more.blocks[i]; b.ports.Low <= port && port <= b.ports.High {
			spans = append(spans, b.spans...)
		}
	}
	return spans
}

// index finds nodes of prefixes of one length and one family. One writer at a
// time; readers do not wait for it.
type index struct {
	bits   uint8
	high   uint64 // masks
	low    uint64
	secret [2]uint64
	slots  atomic.Pointer[[]slot]
	used   int // slots that are not free; the writer's
}

// slot holds a node, and, in one line of a processor's cache, what most readers
// need of it. A slot of address zero is free, and ends a search.
type slot struct {
	turn  atomic.Uint64 // odd while the writer changes the slot
	high  atomic.Uint64
	low   atomic.Uint64
	from  atomic.Int64 // of node.only
	until atomic.Int64
	who   atomic.Uint64
	node  atomic.Pointer[node]
	_     uint64
}

// several stands in slot.who for nodes with more than one lease.
const several = 1 << 32

func newIndex(length uint8, secret [2]uint64) *index {
	x := &index{bits: length, secret: secret}
	x.high, x.low = mask(length)
	slots := make([]slot, 64)
	x.slots.Store(&slots)
	return x
}

// mask gives a mask of 128 bits.
func mask(length uint8) (high, low uint64) {
	if length >= 64 {
		return ^uint64(0), ^uint64(0) << (128 - length) // 0 for a shift of 64
	}
	return ^uint64(0) << (64 - length), 0
}

// hash spreads addresses over all bits, in a way that nobody outside can tell.
func (x *index) hash(high, low uint64) uint64 {
	h := low ^ x.secret[0] ^ bits.RotateLeft64(high*(x.secret[1]|1), 32)
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// words gives an address as two numbers, masked.
func (x *index) words(a *flow.Addr) (high, low uint64) {
	return binary.BigEndian.Uint64(a[:8]) & x.high, binary.BigEndian.Uint64(a[8:]) & x.low
}

// search gives the slot of an address, or the free one where it would be.
func search(slots []slot, hash, high, low uint64) (s *slot, free bool) {
	for i := hash; ; i++ {
		s = &slots[i&uint64(len(slots)-1)]
		h, l := s.high.Load(), s.low.Load()
		if h == high && l == low {
			return s, false
		}
		if h == 0 && l == 0 {
			return s, true
		}
	}
}

// look gives the lease of an address's prefix if it is the only one, and who is
// nobody if there is none; if there are several, their node.
func (x *index) look(a *flow.Addr) (who holder, from, until int64, many *node) {
	high, low := x.words(a)
	s, free := search(*x.slots.Load(), x.hash(high, low), high, low)
	if free {
		return nobody, 0, 0, nil
	}
	turn := s.turn.Load()
	packed, from, until := s.who.Load(), s.from.Load(), s.until.Load()
	if packed != several && turn&1 == 0 && s.turn.Load() == turn {
		return holder(packed), from, until, nil
	}
	n := s.node.Load() // which does not change
	if n == nil {
		return nobody, 0, 0, nil
	}
	if n.more != nil {
		return nobody, 0, 0, n
	}
	return n.only.who, n.only.from, n.only.until, nil
}

// find gives the node of an address's prefix; nil if there is none, or an empty
// one.
func (x *index) find(a *flow.Addr) *node {
	if n := x.get(*a); n != nil && !n.empty() {
		return n
	}
	return nil
}

// get gives the node of an address's prefix, an empty one too.
func (x *index) get(a flow.Addr) *node {
	high, low := x.words(&a)
	s, free := search(*x.slots.Load(), x.hash(high, low), high, low)
	if free {
		return nil
	}
	return s.node.Load()
}

// put puts a node in the place of the one of its address.
func (x *index) put(n *node) {
	slots := *x.slots.Load()
	if 4*x.used >= 3*len(slots) {
		slots = x.grow(slots)
	}
	if x.into(slots, n) {
		x.used++
	}
}

// into puts a node into slots, and tells whether it took a free one.
func (x *index) into(slots []slot, n *node) bool {
	high, low := x.words(&n.addr)
	s, free := search(slots, x.hash(high, low), high, low)
	s.turn.Add(1)
	s.node.Store(n)
	s.from.Store(n.only.from)
	s.until.Store(n.only.until)
	if n.more != nil {
		s.who.Store(several)
	} else {
		s.who.Store(uint64(n.only.who))
	}
	s.turn.Add(1)
	if free { // what makes it found comes last
		s.low.Store(low)
		s.high.Store(high)
	}
	return free
}

// grow makes room: without the nodes that are of no lease.
func (x *index) grow(old []slot) []slot {
	live := 0
	for i := range old {
		if n := old[i].node.Load(); n != nil && !n.bare() {
			live++
		}
	}
	size := 64
	for size < 2*live {
		size *= 2
	}
	slots := make([]slot, size)
	x.used = 0
	for i := range old {
		if n := old[i].node.Load(); n != nil && !n.bare() && x.into(slots, n) {
			x.used++
		}
	}
	x.slots.Store(&slots)
	return slots
}
