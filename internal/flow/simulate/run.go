package simulate

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"candor/internal/flow"
)

// Run makes the traffic of an interval, step by step. For each step emit gets
// the records that end within, in the order of their ends, as an exporter tells
// of them, and the episodes of abuse that go on; at is the end of the step in
// microseconds since 1970. Records and labels are the caller's only until emit
// returns. A step is 1 s to 1 min; the interval is a multiple of it.
//
// What is made depends on the configuration and the interval alone. Only as much
// is in memory as goes on at once. An error of emit ends the run, as does the
// context.
func (w *World) Run(ctx context.Context, from, to time.Time, step time.Duration, emit func(at int64, records []flow.Record, labels []Label) error) error {
	if step < time.Second || step > time.Minute || to.Sub(from)%step != 0 {
		return fmt.Errorf("steps of %v from %v to %v: steps are 1 s to 1 min, and the interval is a multiple", step, from, to)
	}
	return w.newRun(flow.Time(from), flow.Time(to), step.Microseconds()).play(ctx, emit)
}

// play makes the traffic and hands it on, one slice being made while the one
// before is taken.
func (r *run) play(ctx context.Context, emit func(at int64, records []flow.Record, labels []Label) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	made, free := make(chan *slice, 1), make(chan *slice, 2)
	free <- &slice{}
	free <- &slice{}
	go r.produce(ctx, made, free)
	current := newRunning(r.w.labels(r.from, r.to))
	for s := range made {
		rest := s.records
		for at := s.from + r.step; at <= s.to; at += r.step {
			n, _ := slices.BinarySearchFunc(rest, at, func(r flow.Record, at int64) int { return int(r.End - at) })
			if err := emit(at, rest[:n], current.at(at-r.step, at)); err != nil {
				return err
			}
			rest = rest[n:]
		}
		free <- s
	}
	return ctx.Err()
}

// run is a run of a world.
type run struct {
	w              *World
	from, to, step int64
	slice          int64 // what is made at once: a multiple of step
	shards         []*shard
	episodes       map[flow.Line][]*Label
}

// shardLines is how many lines a shard has, at most: it is what one worker makes
// at a time.
const shardLines = 8192

func (w *World) newRun(from, to, step int64) *run {
	r := &run{w: w, from: from, to: to, step: step, episodes: map[flow.Line][]*Label{}}
	for _, l := range w.labels(from-day, to+day) {
		r.episodes[l.Line] = append(r.episodes[l.Line], l)
	}
	lines := len(w.houses) - 1
	aim := minute
	if lines > 20_000 {
		aim = 10 * second
	}
	r.slice = max(aim/step, 1) * step
	each := min(max((lines+3)/4, 1), shardLines)
	for lo := 1; lo <= lines; lo += each {
		r.shards = append(r.shards, r.newShard(lo, min(lo+each, lines+1)))
	}
	return r
}

// produce makes slice after slice.
func (r *run) produce(ctx context.Context, made chan<- *slice, free <-chan *slice) {
	defer close(made)
	for at := r.from; at < r.to; at += r.slice {
		var s *slice
		select {
		case s = <-free:
		case <-ctx.Done():
			return
		}
		s.from, s.to = at, min(at+r.slice, r.to)
		r.work(func(sh *shard) { sh.make(at, at+r.slice) })
		s.gather(r.shards)
		select {
		case made <- s:
		case <-ctx.Done():
			return
		}
	}
}

// work has all shards worked on, on all cores.
func (r *run) work(do func(*shard)) {
	workers := min(runtime.GOMAXPROCS(0), len(r.shards))
	if workers == 1 {
		for _, s := range r.shards {
			do(s)
		}
		return
	}
	var wg sync.WaitGroup
	for i := range workers {
		wg.Go(func() {
			for j := i; j < len(r.shards); j += workers {
				do(r.shards[j])
			}
		})
	}
	wg.Wait()
}
