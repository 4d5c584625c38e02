package collect

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"candor/internal/flow"
)

// Listening says where a Collector listens, and how much it holds.
type Listening struct {
	// Addresses are of UDP, such as ":2055"; all protocols are understood at
	// each.
	Addresses []string
	Readers   int // sockets and readers of each address; one a processor if 0
	// Buffer is what the kernel is asked to hold for each socket, in bytes; 32
	// MiB if 0. Without CAP_NET_ADMIN net.core.rmem_max bounds it.
	Buffer  int
	Batches int // between readers and sink; 64 if 0
	Workers int // that call the sink; one if 0
	Now     func() time.Time
}

// batchSize is how many records a batch is meant to have. A batch of more is not
// kept for reuse.
const batchSize = 4096

// Collector listens for exporters.
type Collector struct {
	*Intake
	l    Listening
	sink flow.Sink

	sockets []*socket
	buffer  int
	queue   chan []flow.Record
	free    chan []flow.Record
	readers sync.WaitGroup
	workers sync.WaitGroup
	done    chan struct{}

	datagrams, bytes, taken, dropped atomic.Uint64
}

// New makes a Collector that has not started. Records that the Intake makes go
// to the sink, by as many goroutines as there are workers.
func New(in *Intake, l Listening, sink flow.Sink) *Collector {
	if l.Readers == 0 {
		l.Readers = runtime.GOMAXPROCS(0)
	}
	if l.Buffer == 0 {
		l.Buffer = 32 << 20
	}
	if l.Batches == 0 {
		l.Batches = 64
	}
	if l.Workers == 0 {
		l.Workers = 1
	}
	if l.Now == nil {
		l.Now = time.Now
	}
	return &Collector{Intake: in, l: l, sink: sink, done: make(chan struct{})}
}

// Start opens the sockets and begins to take. It may be called once.
func (c *Collector) Start(ctx context.Context) error {
	c.queue, c.free = make(chan []flow.Record, c.l.Batches), make(chan []flow.Record, c.l.Batches)
	for range c.l.Batches {
		c.free <- nil // made when it is first needed
	}
	for _, address := range c.l.Addresses {
		for range c.l.Readers {
			s, granted, err := listen(ctx, address, c.l.Buffer)
			if err != nil {
				return errors.Join(fmt.Errorf("listen for exporters at %s: %w", address, err), c.close())
			}
			c.sockets, c.buffer = append(c.sockets, s), granted
			address = s.conn.LocalAddr().String() // also for port 0
		}
	}
	for _, s := range c.sockets {
		c.readers.Go(func() { c.read(s) })
	}
	for range c.l.Workers {
		c.workers.Go(c.work)
	}
	c.workers.Go(c.tick)
	return nil
}

// Addresses are where it listens.
func (c *Collector) Addresses() (all []netip.AddrPort) {
	for i := 0; i < len(c.sockets); i += c.l.Readers {
		all = append(all, c.sockets[i].conn.LocalAddr().(*net.UDPAddr).AddrPort())
	}
	return all
}

// Stop closes the sockets and waits until the sink took what was decoded.
func (c *Collector) Stop() error {
	err := c.close()
	c.readers.Wait()
	close(c.done)
	close(c.queue)
	c.workers.Wait()
	return err
}

func (c *Collector) close() (err error) {
	c.kernel()
	for _, s := range c.sockets {
		err = errors.Join(err, s.conn.Close())
	}
	return err
}

// read takes what comes by one socket until it is closed.
func (c *Collector) read(s *socket) {
	batch := make([]flow.Record, 0, batchSize)
	for {
		n, err := s.read()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil || n == 0 {
			continue // of a datagram that was refused by a peer, or the like
		}
		now := flow.Time(c.l.Now())
		c.datagrams.Add(uint64(n))
		for i := range n {
			from, d := s.datagram(i)
			c.bytes.Add(uint64(len(d)))
			batch = c.Take(batch, from, d, now)
			if len(batch) >= batchSize-256 {
				batch = c.hand(batch)
			}
		}
		batch = c.hand(batch)
	}
}

// hand puts a batch into the queue and gives an empty one; without room for it
// what it holds is dropped and counted.
func (c *Collector) hand(batch []flow.Record) []flow.Record {
	if len(batch) == 0 {
		return batch
	}
	select {
	case next := <-c.free:
		c.queue <- batch // as many batches as there are fit
		if next == nil {
			next = make([]flow.Record, 0, batchSize)
		}
		return next
	default:
		c.dropped.Add(uint64(len(batch)))
		c.Dropped(batch)
		return batch[:0]
	}
}

// work has the sink take batches until there are no more.
func (c *Collector) work() {
	for batch := range c.queue {
		c.sink.Take(batch)
		c.taken.Add(uint64(len(batch)))
		if cap(batch) > 2*batchSize {
			batch = nil
		}
		c.free <- batch[:0:cap(batch)]
	}
}

// tick has time pass for exporters that went silent.
func (c *Collector) tick() {
	t := time.NewTicker(time.Minute)
	defer t.Stop()
	for {
		select {
		case <-c.done:
			return
		case <-t.C:
			c.Tick(flow.Time(c.l.Now()))
			c.kernel()
		}
	}
}

// kernel is how many datagrams the kernel dropped.
func (c *Collector) kernel() (n uint64) {
	for _, s := range c.sockets {
		n += s.drops()
	}
	return n
}

// Stats tells what became of what arrived.
func (c *Collector) Stats() Stats {
	// The queue is read last, so that no record is in it that the exporters do
	// not have yet; while records flow it can be ahead.
	s := c.Intake.Stats()
	s.Socket = Socket{Datagrams: c.datagrams.Load(), Bytes: c.bytes.Load(), Dropped: c.kernel(), Buffer: c.buffer, Readers: len(c.sockets)}
	s.Queue = Queue{Taken: c.taken.Load(), Dropped: c.dropped.Load(), Waiting: len(c.queue), Size: c.l.Batches}
	return s
}
