package normal

import (
	"math/rand/v2"
	"sync"
)

// Group names lines that are alike: of the same plan and kind. What is known
// of its members is what a new member begins with.
type Group uint16

// shards is how many locks the rows of a Table share.
const shards = 256

// Table holds rows by number, each of a Group. It is safe for concurrent use;
// a row costs its 0.8 KB from when its number is below Grow's on.
type Table struct {
	locks  [shards]sync.Mutex // of the rows whose number is one of theirs, modulo shards
	grow   sync.RWMutex       // of the slices themselves
	rows   []Row
	groups []Group

	peers map[Group]*Row
	mu    sync.Mutex // of peers and chance
	dice  *rand.Rand
}

// NewTable makes a Table without rows. The seed decides the fractions of
// levels that chance decides.
func NewTable(seed uint64) *Table {
	return &Table{peers: map[Group]*Row{}, dice: rand.New(rand.NewPCG(seed, 0x6e6f726d))}
}

// Grow makes room for rows up to, not including, n. It is a no-op if there is.
func (t *Table) Grow(n int) {
	t.grow.Lock()
	defer t.grow.Unlock()
	if more := n - len(t.rows); more > 0 {
		if more > 1 { // it is known how many there are
			t.rows, t.groups = append(make([]Row, 0, n), t.rows...), append(make([]Group, 0, n), t.groups...)
		}
		t.rows = append(t.rows, make([]Row, more)...)
		t.groups = append(t.groups, make([]Group, more)...)
	}
}

// Len is the number of rows.
func (t *Table) Len() int {
	t.grow.RLock()
	defer t.grow.RUnlock()
	return len(t.rows)
}

// Join puts row n into a group. A row that has learned nothing begins with
// what is usual in the group.
func (t *Table) Join(n int, g Group) {
	t.with(n, func(r *Row, was *Group) {
		*was = g
		if r.seen == 0 {
			t.mu.Lock()
			defer t.mu.Unlock()
			if peer := t.peers[g]; peer != nil {
				*r = *peer
				r.seen = 0
			}
		}
	})
}

// Learn takes an hour of row n in, and tells its group.
func (t *Table) Learn(n int, s Slot, h Hour) {
	t.with(n, func(r *Row, g *Group) {
		t.mu.Lock()
		defer t.mu.Unlock()
		if r.seen == 0 {
			if peer := t.peers[*g]; peer != nil && peer.seen > 0 {
				*r = *peer
				r.seen = 0
			}
		}
		r.learn(s, h, t.dice)
		t.peer(*g).agree(s, h, t.dice)
	})
}

// peer is the row of a group.
func (t *Table) peer(g Group) *Row {
	r := t.peers[g]
	if r == nil {
		r = &Row{}
		for m := range Metrics {
			for s := Slot(0); s < Slots; s += 4 {
				r.setSpread(m, s, 4)
			}
		}
		t.peers[g] = r
	}
	return r
}

// early is how many hours of members all slots of a group follow, so that none
// stays as one member happened to be in the first.
const early = 64

// agree moves the row of a group by a level, the more seldom the more hours it
// has seen: what the members are usually at is where it comes to rest.
func (r *Row) agree(s Slot, h Hour, chance *rand.Rand) {
	first := r.seen == 0
	patience := min(1+int(r.seen)/Slots, 32)
	if r.seen < 1<<16-1 {
		r.seen++
	}
	for m := range Metrics {
		away := int(h[m]) - int(r.median(m, s))
		switch {
		case first: // of a group of which nothing is known every slot is like the first
			for every := Slot(0); every < Slots; every++ {
				r.setMedian(m, every, h[m])
			}
		case r.seen <= early:
			for every := Slot(0); every < Slots; every++ {
				r.setMedian(m, every, Level(int(r.median(m, every))+sign(int(h[m])-int(r.median(m, every)))))
			}
			r.follow(m, s, 2*abs(away))
		case chance.IntN(patience) == 0:
			r.setMedian(m, s, Level(int(r.median(m, s))+sign(away)))
			r.follow(m, s, 2*abs(away))
		}
	}
}

// Read gives a copy of row n; the zero Row if there is none.
func (t *Table) Read(n int) Row {
	var row Row
	t.with(n, func(r *Row, _ *Group) { row = *r })
	return row
}

// Usual says what is usual of a metric in a slot, of row n. It is cheaper than
// Read.
func (t *Table) Usual(n int, m Metric, s Slot) (u Usual) {
	t.with(n, func(r *Row, _ *Group) { u = r.Usual(m, s) })
	return u
}

// with calls f with a row while nobody else holds it; not if there is none.
func (t *Table) with(n int, f func(*Row, *Group)) {
	t.grow.RLock()
	defer t.grow.RUnlock()
	if n < 0 || n >= len(t.rows) {
		return
	}
	lock := &t.locks[n%shards]
	lock.Lock()
	defer lock.Unlock()
	f(&t.rows[n], &t.groups[n])
}
