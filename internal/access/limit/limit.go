// Package limit slows down those who try too often. What it remembers is
// bounded, and it never shuts anybody out for good: every answer is a time
// after which to try again.
package limit

import (
	"sync"
	"time"

	"candor"
)

// Buckets holds one token bucket for each key. It is safe for concurrent use.
type Buckets struct {
	burst float64
	every time.Duration
	clock candor.Clock

	mu   sync.Mutex
	keys recent[bucket]
}

type bucket struct {
	used float64
	at   time.Time
}

// NewBuckets makes buckets that allow burst attempts at once and then one
// every so often. At most 2×keys keys are remembered, those used last.
func NewBuckets(burst int, every time.Duration, keys int, clock candor.Clock) *Buckets {
	return &Buckets{burst: float64(burst), every: every, clock: clock, keys: recent[bucket]{max: keys}}
}

// Take takes one attempt out of the bucket and gives 0, or says after what
// time there will be one.
func (b *Buckets) Take(key string) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	k, now := b.keys.at(key), b.clock()
	if passed := now.Sub(k.at); passed > 0 {
		k.used = max(0, k.used-float64(passed)/float64(b.every))
		k.at = now
	}
	if over := k.used + 1 - b.burst; over > 0 {
		return max(1, time.Duration(over*float64(b.every)))
	}
	k.used++
	return 0
}

// Return puts an attempt back that turned out well.
func (b *Buckets) Return(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.keys.at(key)
	k.used = max(0, k.used-1)
}

// Delays makes each failure of a key wait longer than the one before. It is
// safe for concurrent use.
type Delays struct {
	free        int
	first, most time.Duration
	clock       candor.Clock

	mu   sync.Mutex
	keys recent[delay]
}

type delay struct {
	failures int
	next     time.Time
	last     time.Time
}

// forget is how many of the longest delays must pass before failures count no more.
const forget = 4

// NewDelays makes delays that allow free failures at once, and then ask to
// wait: first, twice that, and so on up to most. At most 2×keys keys are
// remembered, those used last.
func NewDelays(free int, first, most time.Duration, keys int, clock candor.Clock) *Delays {
	return &Delays{free: free, first: first, most: most, clock: clock, keys: recent[delay]{max: keys}}
}

// Attempt gives 0 and counts the attempt as a failure until Passed says
// otherwise, so that many attempts at once gain nothing; or it says after what
// time to try again, and counts nothing.
func (d *Delays) Attempt(key string) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	k, now := d.keys.at(key), d.clock()
	if now.Sub(k.last) > forget*d.most {
		*k = delay{}
	}
	if wait := k.next.Sub(now); wait > 0 {
		return wait
	}
	k.failures++
	k.last = now
	if over := k.failures - d.free; over >= 0 {
		k.next = now.Add(d.grown(over))
	}
	return 0
}

func (d *Delays) grown(doubled int) time.Duration {
	wait := d.first
	for ; doubled > 0 && wait < d.most; doubled-- {
		wait *= 2
	}
	return min(wait, d.most)
}

// Passed forgets the failures of a key.
func (d *Delays) Passed(key string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	*d.keys.at(key) = delay{}
}

// recent maps keys to values, and forgets those that were not asked for while
// max others were.
type recent[V any] struct {
	max         int
	now, before map[string]*V
}

// at gives the value of key, a zero one if it is new or was forgotten.
func (r *recent[V]) at(key string) *V {
	if v := r.now[key]; v != nil {
		return v
	}
	v := r.before[key]
	if v == nil {
		v = new(V)
	}
	if r.now == nil || len(r.now) >= r.max {
		r.now, r.before = make(map[string]*V), r.now
	}
	r.now[key] = v
	return v
}
