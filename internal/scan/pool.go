package scan

import (
	"context"
	"sync"

	"candor"
)

// queueLength is how many batches may wait for a worker. It bounds memory and
// the number of open directories.
const queueLength = 64

// pool is the workers and what they share.
type pool struct {
	o       Options
	ctx     context.Context
	cancel  context.CancelCauseFunc
	queue   chan *batch
	told    told
	workers sync.WaitGroup

	mu   sync.Mutex // guards sink
	sink Sink
}

func newPool(ctx context.Context, sink Sink, o Options, cancel context.CancelCauseFunc) *pool {
	p := &pool{o: o, ctx: ctx, cancel: cancel, sink: sink, queue: make(chan *batch, queueLength)}
	for range o.Threads {
		w := o.Crew.take(p)
		p.workers.Go(func() {
			w.run()
			o.Crew.give(w)
		})
	}
	return p
}

// submit hands a batch to whichever worker is free. It waits for one, and
// gives false when the scan is to end.
func (p *pool) submit(b *batch) bool {
	select {
	case p.queue <- b:
		return true
	case <-p.ctx.Done():
		b.free()
		return false
	}
}

// wait tells the workers that nothing more comes, and waits for them.
func (p *pool) wait() {
	close(p.queue)
	p.workers.Wait()
}

// fail reports that path could not be scanned.
func (p *pool) fail(path string, err error) {
	p.o.Progress.failures.Add(1)
	p.deliver(func() error { return p.sink.Failure(Failure{Path: path, Err: err}) })
}

// found reports the findings of one file together.
func (p *pool) found(findings []candor.Finding) {
	var unread int64
	for i := range findings {
		if findings[i].IsUnread() {
			unread++
		}
	}
	if unread > 0 {
		p.o.Progress.unread.Add(1)
	}
	if n := int64(len(findings)) - unread; n > 0 {
		p.o.Progress.flagged.Add(1)
		p.o.Progress.findings.Add(n)
	}
	p.deliver(func() error {
		for _, f := range findings {
			if err := p.sink.Finding(f); err != nil {
				return err
			}
		}
		return nil
	})
}

// deliver calls the sink, one call at a time. Its first error ends the scan.
func (p *pool) deliver(call func() error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := call(); err != nil {
		p.cancel(err)
	}
}
