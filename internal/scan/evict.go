package scan

import (
	"time"

	"golang.org/x/sys/unix"
)

// evictFrom is the size from which the pages of a mapping are given back while
// it is used. The page cache keeps them; what is looked at again is only
// mapped again. So the resident memory of a scan does not grow with its files. A
// content is gone over several times: of smaller ones mapping it anew each time
// costs more than it saves.
const evictFrom = 16 << 20

// evictEvery is the time in which that much more is touched at the most, at
// the speed of memory, as is given back at once.
const evictEvery = 5 * time.Millisecond

// eviction gives pages back until it is stopped.
type eviction struct{ stop, done chan struct{} }

func evict(mapped []byte) *eviction {
	e := &eviction{make(chan struct{}), make(chan struct{})}
	go func() {
		defer close(e.done)
		t := time.NewTicker(evictEvery)
		defer t.Stop()
		for {
			select {
			case <-e.stop:
				return
			case <-t.C:
				_ = unix.Madvise(mapped, unix.MADV_DONTNEED) // only advice
			}
		}
	}()
	return e
}

// end stops the eviction. The mapping may go only after that.
func (e *eviction) end() {
	close(e.stop)
	<-e.done
}
