// Package tap has records go to the detectors and to an archive, which never
// holds the detectors up.
package tap

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"

	"candor"
	"candor/internal/flow"
	"candor/internal/flow/archive"
)

// Archive is what records go to.
type Archive interface {
	archive.Writer
	archive.Reader
}

// Config is what a Tap is made of.
type Config struct {
	Archive  Archive
	Who      flow.Who
	ID       func(flow.Line) candor.ID              // empty if there is none
	Exporter func(number uint32) (netip.Addr, bool) // by the number in records
	Room     int                                    // batches of records that may wait; 0: 64
}

// Tap hands records on to an archive. It is a flow.Sink and an archive.Reader,
// and safe for concurrent use.
type Tap struct {
	c       Config
	waiting chan []flow.Record
	pool    sync.Pool
	dropped atomic.Uint64
	queued  atomic.Int64
	done    chan struct{}
	once    sync.Once
	mu      sync.RWMutex // held by Take, so that nothing comes once it is closed
	closed  bool
	failed  error
}

// New makes a Tap, which works until it is closed.
func New(c Config) *Tap {
	if c.Room == 0 {
		c.Room = 64
	}
	t := &Tap{c: c, waiting: make(chan []flow.Record, c.Room), done: make(chan struct{})}
	go t.run()
	return t
}

// Take implements flow.Sink. Records for which there is no room are dropped, and
// counted.
func (t *Tap) Take(records []flow.Record) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.closed || len(t.waiting) == cap(t.waiting) {
		t.dropped.Add(uint64(len(records)))
		return
	}
	room, _ := t.pool.Get().(*[]flow.Record)
	if room == nil {
		room = new([]flow.Record)
	}
	batch := append((*room)[:0], records...)
	t.queued.Add(int64(len(batch)))
	select {
	case t.waiting <- batch:
	default:
		t.queued.Add(-int64(len(batch)))
		t.dropped.Add(uint64(len(batch)))
	}
}

func (t *Tap) run() {
	defer close(t.done)
	var flows []archive.Flow
	for batch := range t.waiting {
		flows = flows[:0]
		for i := range batch {
			flows = append(flows, t.flow(&batch[i]))
		}
		t.c.Archive.Keep(flows)
		t.queued.Add(-int64(len(batch)))
		t.pool.Put(&batch)
	}
}

// flow adds what is known of the ends of a record.
func (t *Tap) flow(r *flow.Record) archive.Flow {
	out := archive.Flow{Record: *r}
	if a, ok := t.c.Exporter(r.Exporter); ok {
		out.Exporter = a
	}
	if line := t.c.Who.Holder(r.Src, r.SrcPort, r.End); line != 0 {
		out.From = t.c.ID(line)
	}
	if line := t.c.Who.Holder(r.Dst, r.DstPort, r.End); line != 0 {
		out.To = t.c.ID(line)
	}
	return out
}

// Close hands on what waits and closes the archive.
func (t *Tap) Close() error {
	t.once.Do(func() {
		t.mu.Lock()
		t.closed = true
		t.mu.Unlock()
		close(t.waiting)
		<-t.done
		t.failed = t.c.Archive.Close()
	})
	return t.failed
}

// Ask implements archive.Reader.
func (t *Tap) Ask(ctx context.Context, q archive.Question) (archive.Answer, error) {
	return t.c.Archive.Ask(ctx, q)
}

// Flows implements archive.Reader.
func (t *Tap) Flows(ctx context.Context, q archive.Question) ([]archive.Flow, error) {
	return t.c.Archive.Flows(ctx, q)
}

// Part implements archive.Reader.
func (t *Tap) Part(ctx context.Context, q archive.Question, skip, most int) ([]archive.Flow, error) {
	return t.c.Archive.Part(ctx, q, skip, most)
}

// Held implements archive.Reader: what was dropped here and what waits here counts
// too.
func (t *Tap) Held(ctx context.Context) (archive.Held, error) {
	h, err := t.c.Archive.Held(ctx)
	h.Dropped += t.dropped.Load()
	h.Waiting += int(t.queued.Load())
	return h, err
}
