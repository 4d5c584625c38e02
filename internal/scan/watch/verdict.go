package watch

import (
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// racy is how long after a change another one may leave no trace in the times
// of a file: the clock that the kernel stamps files with ticks every 10 ms at
// the slowest.
const racy = 100 * time.Millisecond

// stamp tells a content of a file from another one.
type stamp struct {
	device, inode uint64
	size          int64
	mtime, ctime  unix.Timespec
}

// stampOf gives the stamp of an open file; false if there is nothing to ask
// about: it is empty or no regular file.
func stampOf(fd int) (stamp, bool) {
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil {
		return stamp{}, true // it is asked about, and not remembered
	}
	return stamp{st.Dev, st.Ino, st.Size, st.Mtim, st.Ctim}, st.Mode&unix.S_IFMT == unix.S_IFREG && st.Size > 0
}

// settled tells whether a further change would give another stamp.
func (s stamp) settled(now time.Time) bool {
	return s.inode != 0 && now.Sub(time.Unix(s.ctime.Unix())) > racy
}

// verdict is what is remembered of a file.
type verdict struct {
	stamp        stamp
	given, allow bool
}

// verdicts remembers them by file: at most so many, of which those that were
// asked for lately stay. It is safe for concurrent use.
type verdicts struct {
	half int

	mu         sync.Mutex
	young, old map[[2]uint64]verdict
	generation uint64
}

func newVerdicts(capacity int) *verdicts {
	v := &verdicts{half: max(capacity/2, 1)}
	v.forget()
	return v
}

// of gives the verdict on a file, if there is one, and the generation that a
// new one would be of.
func (v *verdicts) of(is stamp) (verdict, uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	key := [2]uint64{is.device, is.inode}
	got, found := v.young[key]
	if !found {
		if got, found = v.old[key]; found && got.stamp == is {
			v.put(key, got)
		}
	}
	if !found || got.stamp != is {
		return verdict{}, v.generation
	}
	return got, v.generation
}

// keep remembers a verdict, unless all were forgotten since it was asked for.
func (v *verdicts) keep(is stamp, allow bool, generation uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if generation == v.generation {
		v.put([2]uint64{is.device, is.inode}, verdict{stamp: is, given: true, allow: allow})
	}
}

func (v *verdicts) put(key [2]uint64, is verdict) {
	if _, found := v.young[key]; !found && len(v.young) >= v.half {
		v.young, v.old = make(map[[2]uint64]verdict), v.young
	}
	v.young[key] = is
}

func (v *verdicts) forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.generation++
	v.young, v.old = map[[2]uint64]verdict{}, nil
}
