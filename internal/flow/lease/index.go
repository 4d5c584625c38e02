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

// holder gives who held a port of it at a moment, by this prefix alone; sure is
// false if that takes the long way.
func (n *node) holder(port uint16, at int64) (who holder, sure bool) {
	if n.more == nil {
		if n.only.from <= at && at < n.only.until && n.only.who != unknown && n.only.covers(port) {
			return n.only.who, true
		}
		return nobody, true
	}
	d := n.more
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

// index finds nodes of prefixes of one length. One writer at a time; readers do
// not wait for it.
type index struct {
	bits   uint8
	high   uint64 // masks
	low    uint64
	secret [2]uint64
	slots  atomic.Pointer[[]slot]
	used   int // slots with a hash, of empty nodes too; the writer's
}

// slot holds a node under its hash; a hash of 0 ends a search.
type slot struct {
	hash atomic.Uint64
	node atomic.Pointer[node]
}

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
	h ^= h >> 33
	return max(h, 1)
}

// words gives an address as two numbers, masked.
func (x *index) words(a *flow.Addr) (high, low uint64) {
	return binary.BigEndian.Uint64(a[:8]) & x.high, binary.BigEndian.Uint64(a[8:]) & x.low
}

// find gives the node with an address; nil if there is none, or an empty one.
func (x *index) find(a *flow.Addr) *node {
	high, low := x.words(a)
	hash := x.hash(high, low)
	slots := *x.slots.Load()
	for i := hash; ; i++ {
		s := &slots[i&uint64(len(slots)-1)]
		switch s.hash.Load() {
		case 0:
			return nil
		case hash:
			n := s.node.Load()
			if binary.BigEndian.Uint64(n.addr[:8]) == high && binary.BigEndian.Uint64(n.addr[8:]) == low {
				if n.empty() {
					return nil
				}
				return n
			}
		}
	}
}

// put puts a node in the place of the one of its address.
func (x *index) put(n *node) {
	slots := *x.slots.Load()
	if 2*x.used >= len(slots) {
		slots = x.grow(slots)
	}
	if x.into(slots, n) {
		x.used++
	}
}

// into puts a node into slots, and tells whether it took a new one.
func (x *index) into(slots []slot, n *node) bool {
	high, low := x.words(&n.addr)
	hash := x.hash(high, low)
	for i := hash; ; i++ {
		s := &slots[i&uint64(len(slots)-1)]
		switch s.hash.Load() {
		case 0:
			s.node.Store(n)
			s.hash.Store(hash)
			return true
		case hash:
			if s.node.Load().addr == n.addr {
				s.node.Store(n)
				return false
			}
		}
	}
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
	for size < 4*live {
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

// of gives the prefix of this length with an address.
func (x *index) of(a flow.Addr) flow.Addr {
	high, low := x.words(&a)
	binary.BigEndian.PutUint64(a[:8], high)
	binary.BigEndian.PutUint64(a[8:], low)
	return a
}
