package main

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Memory that busy times took is given back when they are over: the collector
// alone would keep twice of what is used.
const (
	restEvery = 10 * time.Second
	restBusy  = 64 << 20 // bytes taken in restEvery: who takes more is busy
	restWorth = 16 << 20 // bytes taken since memory was given back: less is not worth a collection
)

// rest knows how much was taken, in bytes since the start: at the last look, and
// when memory was given back.
type rest struct{ looked, given uint64 }

// due tells whether memory is to be given back, now that so much was taken.
func (r *rest) due(taken uint64) bool {
	busy := taken-r.looked > restBusy
	r.looked = taken
	if busy || taken-r.given < restWorth {
		return false
	}
	r.given = taken
	return true
}

// chore gives memory back whenever it is due.
func (r *rest) chore() chore {
	return chore{"give memory back", restEvery, func(context.Context) error {
		taken := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
		metrics.Read(taken)
		if r.due(taken[0].Value.Uint64()) {
			runtime.GC() // pools keep theirs for one more
			debug.FreeOSMemory()
			unmapStart()
		}
		return nil
	}}
}
