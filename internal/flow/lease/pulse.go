package lease

import (
	"slices"
	"time"
)

// A source that was cut off tells later of what happened meanwhile: until then the
// last that it told of looks as if it went on. Of one that usually tells of something
// every few minutes it is known that it has more to tell.

const (
	beats = 32 // moments that are known of a group
	// often is the longest time from one moment to the next, on average, at which
	// silence says something.
	often = 10 * time.Minute
)

// pulse are the latest moments that a group told of, in order.
type pulse []int64

// add takes in a moment, in whatever order they come.
func (p pulse) add(at int64) pulse {
	if len(p) == beats {
		if at <= p[0] {
			return p
		}
		copy(p, p[1:])
		p = p[:beats-1]
	}
	if n := len(p); n == 0 || at >= p[n-1] {
		return append(p, at)
	}
	i, _ := slices.BinarySearch(p, at)
	return slices.Insert(p, i, at)
}

// told is the moment up to which a group has told all, if it tells in the order in
// which things happen; forever where too little is told to say so.
func (p pulse) told() int64 {
	if len(p) < beats || p[beats-1]-p[0] > beats*often.Microseconds() {
		return forever
	}
	return p[beats-1]
}

func (t *Table) beat(g groupKey, at int64) {
	p, known := t.heard[g]
	if !known {
		p = make(pulse, 0, beats)
	}
	t.heard[g] = p.add(at)
}

// known gives the moment up to which a lease is as it looks: what was told of
// anything later may still change it.
func (t *Table) known(e *extent) int64 {
	switch e.why {
	case told, taken, replaced, restarted, crowded:
		return forever
	}
	at := t.heard[groupKey{e.of.key.source, e.of.key.group}].told()
	if e.of.silent && at != forever {
		at = 0 // it says itself that it goes on, every so often
	}
	if at = max(at, e.of.seen); at >= e.until {
		return forever
	}
	return at
}

// outage is how long before a moment a source may have been silent so that it counts
// as cut off, not as gone.
const outage = 6 * time.Hour

// cutOff gives the moment up to which the source of a lease has told all, if it was
// cut off at another; forever if it was not. It may have given the address anew.
func (t *Table) cutOff(e *extent, at int64) int64 {
	told := t.heard[groupKey{e.of.key.source, e.of.key.group}].told()
	if told >= at || told < before(at, outage.Microseconds()) {
		return forever
	}
	return told
}
