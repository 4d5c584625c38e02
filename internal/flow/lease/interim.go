package lease

import (
	"slices"
	"time"
)

// A session of an access server says every so often that it goes on. How often is
// learned, so that it is known when the next such word is due: until then, waiting
// for it helps; long after it, no longer.

const (
	gapsKept   = 32
	gapsNeeded = 16
	// shortestGap is what counts: some access servers tell of an address right after
	// the beginning.
	shortestGap = time.Minute
)

// interim is the last times, in microseconds, from one word of a session of a group to
// its next.
type interim struct {
	gaps []int64
	next int
}

func (i *interim) add(gap int64) {
	if gap < shortestGap.Microseconds() {
		return
	}
	if len(i.gaps) < gapsKept {
		i.gaps = append(i.gaps, gap)
		return
	}
	i.gaps[i.next] = gap
	i.next = (i.next + 1) % gapsKept
}

// usual is the longest time that usually passes, in microseconds; 0 where too little is
// known, or sessions have times of their own: three in four are about the same.
// The others may have lost a word.
func (i *interim) usual() int64 {
	if len(i.gaps) < gapsNeeded {
		return 0
	}
	all := slices.Sorted(slices.Values(i.gaps))
	middle := all[len(all)/2]
	low, _ := slices.BinarySearch(all, middle-middle/5)
	high, _ := slices.BinarySearch(all, middle+middle/5+1)
	if 4*(high-low) < 3*len(all) {
		return 0
	}
	return all[high-1]
}

// every is how often a session says that it goes on; 0 if that is not known, or its
// group has told of nothing for that long: it may be cut off.
func (e *extent) every(now int64) int64 {
	g := e.of.group
	usual := g.interim.usual()
	if !e.of.silent || usual == 0 || g.heard.last < before(now, usual) {
		return 0
	}
	return usual
}
