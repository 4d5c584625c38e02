// Package clickhouse keeps flows in a ClickHouse server, over its native
// protocol. It is tested with the server of Debian 12 (18.16).
package clickhouse

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"candor"
	"candor/internal/flow/archive"
	"candor/internal/flow/archive/batch"
)

// Options are what an Archive is opened with.
type Options struct {
	URL   string // clickhouse://user:password@host:9000/database
	Clock candor.Clock
	Log   *slog.Logger
	// Keep is for how long each tier is kept, in whole days; 0 is for ever.
	Keep map[archive.Tier]time.Duration
	// MaxBytes bounds what is on disk: the oldest day of the finest tier goes first.
	// 0 bounds nothing.
	MaxBytes int64
	Memory   int64         // bytes of the server for a question; 0: 4 GiB
	Patience time.Duration // for a question; 0: 30 s
	Room     int           // rows that wait to be written; 0: 1,000,000, of 200 bytes
	Every    time.Duration // between writes; 0: 5 s
	ReadOnly bool          // another process writes
}

// Archive implements archive.Writer and archive.Reader. It is safe for
// concurrent use.
type Archive struct {
	o       Options
	conn    driver.Conn
	asked   *sql.DB
	queue   *batch.Queue
	removed atomic.Uint64

	// Of the writer:
	waiting []batch.Row // that were taken and are not written
	sent    int         // of them, that are
	id      uint64      // of the batch that is sent next; 0 if it was never tried
	ready   bool        // the schema is there
	tidied  time.Time
	stop    chan struct{}
	done    chan struct{}
	once    sync.Once
	failed  error
}

// Open opens an archive. The server need not be there yet: flows wait, and
// questions give candor.ErrUnavailable.
func Open(o Options) (*Archive, error) {
	at, err := clickhouse.ParseDSN(o.URL)
	if err != nil {
		return nil, candor.WithHint(errors.New("the address of ClickHouse makes no sense"), "Write traffic.archive.url as clickhouse://user:password@host:9000/database.")
	}
	if at.DialTimeout == 0 {
		at.DialTimeout = 5 * time.Second
	}
	a := &Archive{o: o.filled(), stop: make(chan struct{}), done: make(chan struct{})}
	a.queue = batch.NewQueue(a.o.Room)
	if a.conn, err = clickhouse.Open(at); err != nil {
		return nil, fmt.Errorf("ClickHouse: %w", err)
	}
	asked := *at
	asked.ReadTimeout = a.o.Patience + 5*time.Second
	a.asked = clickhouse.OpenDB(&asked)
	if o.ReadOnly {
		close(a.done)
		return a, nil
	}
	go a.run()
	return a, nil
}

func (o Options) filled() Options {
	if o.Memory == 0 {
		o.Memory = 4 << 30
	}
	if o.Patience == 0 {
		o.Patience = 30 * time.Second
	}
	if o.Room == 0 {
		o.Room = 1_000_000
	}
	if o.Every == 0 {
		o.Every = 5 * time.Second
	}
	return o
}

// Keep implements archive.Writer.
func (a *Archive) Keep(flows []archive.Flow) { a.queue.Keep(flows) }

// Close implements archive.Writer. What the server does not take at once is
// lost, and counted.
func (a *Archive) Close() error {
	a.once.Do(func() {
		close(a.stop)
		<-a.done
		a.failed = errors.Join(a.failed, a.asked.Close(), a.conn.Close())
	})
	return a.failed
}

// How long is waited after a failure, and for the server.
const (
	first, longest = time.Second, 30 * time.Second
	ending         = 5 * time.Second
	tidying        = time.Minute
)

// run writes what waits, until it is stopped. While the server is away it tries
// again.
func (a *Archive) run() {
	defer close(a.done)
	pause, full := time.Duration(0), a.queue.Ready()
	for {
		wait := time.NewTimer(max(pause, a.o.Every))
		select {
		case <-a.stop:
			wait.Stop()
			a.last()
			return
		case <-wait.C:
		case <-full:
		}
		wait.Stop()
		ctx, cancel := a.until(a.stop)
		err := a.write(ctx)
		cancel()
		if err == nil {
			pause, full = 0, a.queue.Ready()
			continue
		}
		if pause == 0 {
			a.o.Log.Error("flows are not written to ClickHouse; they wait", "error", err)
		}
		pause, full = min(max(2*pause, first), longest), nil
	}
}

// until gives a context that ends some seconds after stop.
func (a *Archive) until(stop <-chan struct{}) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.Background(), a.o.Patience)
	go func() {
		select {
		case <-ctx.Done():
		case <-stop:
			time.AfterFunc(ending, cancel)
		}
	}()
	return ctx, cancel
}

func (a *Archive) last() {
	ctx, cancel := context.WithTimeout(context.Background(), ending)
	defer cancel()
	if err := a.write(ctx); err != nil {
		waiting, _ := a.queue.Count()
		a.queue.Done(len(a.waiting), len(a.waiting)-a.sent)
		a.failed = fmt.Errorf("%d flows were not written to ClickHouse: %w", waiting-a.sent, err)
	}
}

// write writes all that waits, and sees to what is out of time.
func (a *Archive) write(ctx context.Context) error {
	if !a.ready {
		if err := migrate(ctx, a.conn); err != nil {
			return err
		}
		if err := expireThere(ctx, a.conn, a.o.Keep); err != nil {
			a.o.Log.Warn("ClickHouse does not remove old flows by itself", "error", err)
		}
		a.ready = true
	}
	for {
		if a.sent == len(a.waiting) {
			a.queue.Done(len(a.waiting), 0)
			a.waiting, a.sent = a.queue.Take(a.waiting), 0
			if len(a.waiting) == 0 {
				break
			}
		}
		if err := a.send(ctx); err != nil {
			return err
		}
	}
	if now := a.o.Clock(); now.Sub(a.tidied) >= tidying {
		if err := a.tidy(ctx, now); err != nil {
			return err
		}
		a.tidied = now
	}
	return nil
}

// together is how many rows are sent at once.
const together = 250_000

// send sends the next batch. One that was tried before may be there already.
func (a *Archive) send(ctx context.Context) error {
	rows := a.waiting[a.sent:]
	rows = rows[:min(len(rows), together)]
	if a.id != 0 {
		var there uint64
		if err := a.conn.QueryRow(ctx, fmt.Sprintf("SELECT count() FROM flows_raw WHERE batch = %d", a.id)).Scan(&there); err != nil {
			return err
		}
		if there > 0 {
			a.sent, a.id = a.sent+len(rows), 0
			return nil
		}
	}
	a.id = rand.Uint64() | 1
	if err := a.insert(ctx, rows); err != nil {
		return err
	}
	a.sent, a.id = a.sent+len(rows), 0
	return nil
}

// tidy removes what is older than its tier is kept, and what has no room.
func (a *Archive) tidy(ctx context.Context, now time.Time) error {
	all, err := parts(ctx, a.conn)
	if err != nil {
		return err
	}
	var size int64
	left := all[:0]
	for _, p := range all {
		if keep := a.o.Keep[p.tier]; keep > 0 && now.Sub(p.last.AddDate(0, 0, 1)) > keep {
			if err := drop(ctx, a.conn, p); err != nil {
				return err
			}
			continue
		}
		size += int64(p.bytes)
		left = append(left, p)
	}
	for _, p := range left {
		if a.o.MaxBytes == 0 || size <= a.o.MaxBytes {
			break
		}
		if err := drop(ctx, a.conn, p); err != nil {
			return err
		}
		size -= int64(p.bytes)
		a.removed.Add(p.rows)
		a.o.Log.Warn("the flow archive has no more room: its oldest flows give way", "tier", p.tier, "day", p.last.Format(time.DateOnly), "rows", p.rows)
	}
	return nil
}
