package evidence

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/transparency-dev/tessera"

	"candor"
)

// request is one call of Append.
type request struct {
	entries []*tessera.Entry
	indexes []uint64
	err     error
	done    chan struct{}
}

// Append appends entries, in order and next to each other, and gives the index
// of each. When it returns, they are part of the tree and durable: no crash
// takes them away.
//
// An entry that is incomplete or larger than MaxEntry gives candor.ErrInvalid,
// and none is appended. A disk that does not take them gives
// candor.ErrUnavailable; the entries may then be in the log, or some of them:
// Since tells, since nothing of a call lands after it has returned. For that
// reason ctx only holds until the entries are on their way.
func (l *Log) Append(ctx context.Context, entries ...Entry) ([]uint64, error) {
	r := &request{done: make(chan struct{})}
	for _, e := range entries {
		data, err := e.Canonical()
		if err != nil {
			return nil, fmt.Errorf("append: %w", err)
		}
		r.entries = append(r.entries, tessera.NewEntry(data))
	}
	if len(entries) == 0 {
		return nil, nil
	}
	if err := l.send(ctx, r); err != nil {
		return nil, fmt.Errorf("append: %w", err)
	}
	<-r.done
	if r.err != nil {
		return nil, candor.WithHint(fmt.Errorf("append: %w: %w", candor.ErrUnavailable, r.err),
			"See that the evidence folder is writable and that its disk has room.")
	}
	return r.indexes, nil
}

// send hands r to run.
func (l *Log) send(ctx context.Context, r *request) error {
	l.closing.RLock()
	defer l.closing.RUnlock()
	if l.closed {
		return fmt.Errorf("the evidence log is closed: %w", candor.ErrUnavailable)
	}
	select {
	case l.requests <- r:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// run writes what is asked for, batch after batch, until requests is closed.
// While one is written the next gathers, so that a slow disk makes batches
// large instead of making many wait for small ones.
func (l *Log) run() {
	defer close(l.stopped)
	before := 0
	for r := range l.requests {
		batch := l.gather(r, before)
		before = len(batch)
		l.write(batch)
	}
}

// gather adds to first what waits already. Those who were answered last are
// likely to ask again at once, so it then waits a little for as many.
func (l *Log) gather(first *request, before int) []*request {
	batch, size := []*request{first}, len(first.entries)
	timer := time.NewTimer(l.batchAge)
	defer timer.Stop()
	for size < l.batchSize {
		r, more := l.receive(timer.C, len(batch) < before)
		if !more {
			break
		}
		batch, size = append(batch, r), size+len(r.entries)
	}
	return batch
}

// receive gives the next request: false if there is none now or, when it may
// wait, until late.
func (l *Log) receive(late <-chan time.Time, wait bool) (*request, bool) {
	select {
	case r, open := <-l.requests:
		return r, open
	default:
	}
	if !wait {
		return nil, false
	}
	select {
	case r, open := <-l.requests:
		return r, open
	case <-late:
		return nil, false
	}
}

// write appends a batch and answers its requests.
func (l *Log) write(batch []*request) {
	futures := make([][]tessera.IndexFuture, len(batch))
	for i, r := range batch {
		for _, e := range r.entries {
			futures[i] = append(futures[i], l.appender.Add(context.Background(), e))
		}
	}
	for i, r := range batch {
		for _, future := range futures[i] {
			index, err := future()
			r.err = errors.Join(r.err, err)
			r.indexes = append(r.indexes, index.Index)
		}
		close(r.done)
	}
}
