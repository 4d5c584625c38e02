package lease

import (
	"slices"
	"time"
)

// A source that was cut off tells later of what happened meanwhile: until then the
// last that it told of looks as if it went on. Of one that usually tells of something
// every half hour it is known that it has more to tell.

const (
	beats = 32 // minutes that are known of a group
	// often is the longest time from one of them to the next, on average, at which
	// silence says something.
	often = 30 * time.Minute
)

// pulse is when a group told of something: the last moment, and the last minutes, in
// order. Many moments of one minute, as after a power cut, count once.
type pulse struct {
	last    int64
	minutes []int64
}

// add takes in a moment, in whatever order they come.
func (p *pulse) add(at int64) {
	p.last = max(p.last, at)
	at /= time.Minute.Microseconds()
	n := len(p.minutes)
	if n > 0 && at == p.minutes[n-1] || n == beats && at <= p.minutes[0] {
		return
	}
	i, known := slices.BinarySearch(p.minutes, at)
	if known {
		return
	}
	if n == beats {
		copy(p.minutes, p.minutes[1:i])
		p.minutes[i-1] = at
		return
	}
	p.minutes = slices.Insert(p.minutes, i, at)
}

// told is the moment up to which a group has told all, if it tells in the order in
// which things happen; forever where too little is told to say so.
func (p *pulse) told() int64 {
	n := len(p.minutes)
	if n < beats || p.minutes[n-1]-p.minutes[0] > beats*int64(often/time.Minute) {
		return forever
	}
	return p.last
}

// known gives the moment up to which a lease is as it looks: what was told of
// anything later may still change it.
func (e *extent) known() int64 {
	switch e.why {
	case told, taken, replaced, restarted, crowded:
		return forever
	}
	at := e.of.group.heard.told()
	if e.of.silent && (at != forever || e.of.group.interim.usual() != 0) {
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
func (e *extent) cutOff(at int64) int64 {
	told := e.of.group.heard.told()
	if told >= at || told < before(at, outage.Microseconds()) {
		return forever
	}
	return told
}
