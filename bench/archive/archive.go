package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"text/tabwriter"
	"time"

	"candor"
	"candor/internal/flow/archive"
)

// Archive is what is filled and asked.
type Archive interface {
	archive.Writer
	archive.Reader
}

// Config says how much.
type Config struct {
	Rows  int // of one hour
	Lines int
	Seed  uint64
	Times int // that each question is asked; the median is told
	Ask   int // how many of the questions are asked; 0: all
	Room  int // of the archive
	Skip  int // flows of the hour that the archive has already
	Log   io.Writer
}

// begin is when the hour begins: not a whole one, so that no sum of an hour
// answers for it.
var begin = time.Date(2026, 11, 20, 10, 20, 0, 0, time.UTC)

// Clock goes with the flows.
type Clock struct{ now atomic.Int64 }

// Now is the time of the last flow that was made.
func (c *Clock) Now() time.Time { return begin.Add(time.Duration(c.now.Load())) }

// Fill keeps an hour of flows and closes the archive. It prints what that took.
func Fill(ctx context.Context, c Config, name string, a Archive, clock *Clock) error {
	m := newMaker(c.Seed, c.Lines)
	if c.Skip > 0 { // others than those that are there
		m.dice = rand.New(rand.NewPCG(c.Seed, uint64(c.Skip)))
		m.peers = rand.NewZipf(m.dice, 1.1, 20, 2_000_000)
	}
	flows := make([]archive.Flow, max(1, min(c.Rows, 100_000)))
	runtime.LockOSThread() // so that what making flows takes can be told
	defer runtime.UnlockOSThread()
	var making time.Duration
	parts := c.Rows / len(flows)
	within := time.Hour / time.Duration(parts)
	spent, started := cpu(syscall.RUSAGE_SELF), time.Now()
	for i := c.Skip / len(flows); i < parts; i++ {
		clock.now.Store(int64(within) * int64(i+1))
		before := cpu(thread)
		m.fill(flows, clock.Now().Add(-within), within)
		making += cpu(thread) - before
		if err := room(ctx, a, c.Room-len(flows)*3/2); err != nil {
			return err
		}
		a.Keep(flows)
	}
	held, err := settled(ctx, a)
	if err != nil {
		return err
	}
	if held.Dropped > 0 {
		return fmt.Errorf("%d flows were dropped", held.Dropped)
	}
	if err := a.Close(); err != nil {
		return err
	}
	spent, rows := cpu(syscall.RUSAGE_SELF)-spent-making, float64(parts*len(flows)-c.Skip)
	fmt.Fprintf(c.Log, "%s: %.0f rows in %s: %.0f rows a second, %.0f a CPU second of this process (making them not counted)\n", name, rows, time.Since(started).Round(time.Second), rows/time.Since(started).Seconds(), rows/spent.Seconds())
	for _, t := range held.Tiers {
		fmt.Fprintf(c.Log, "%s: %s: %d rows, %d MB, %.1f bytes for each flow\n", name, t.Tier, t.Rows, t.Bytes>>20, float64(t.Bytes)/float64(parts*len(flows)))
	}
	return nil
}

// room waits until at most so many rows wait.
func room(ctx context.Context, a Archive, most int) error {
	for {
		h, err := a.Held(ctx)
		if err != nil {
			return err
		}
		if h.Waiting <= max(most, 0) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// calm is how long nothing is to change until all sums are taken for made. Flows
// that come as fast as they are told leave minutes for them.
const calm = time.Minute

// settled waits until all that was kept is written and added up, and tells what is
// there.
func settled(ctx context.Context, a Archive) (h archive.Held, err error) {
	if err := room(ctx, a, 0); err != nil {
		return h, err
	}
	for since := time.Now(); time.Since(since) < calm; {
		now, err := a.Held(ctx)
		if err != nil {
			return h, err
		}
		if !slices.Equal(now.Tiers, h.Tiers) {
			h, since = now, time.Now()
		}
		select {
		case <-ctx.Done():
			return h, ctx.Err()
		case <-time.After(time.Second):
		}
	}
	return h, nil
}

// thread is RUSAGE_THREAD of Linux.
const thread = 1

func cpu(of int) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(of, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// question is one that is asked, with what it is called.
type question struct {
	name string
	archive.Question
}

func questions() []question {
	hour := archive.Question{Since: begin, Until: begin.Add(time.Hour)}
	by := func(fields ...archive.Field) archive.Question { q := hour; q.By = fields; return q }
	raw := by(archive.FieldLine, archive.FieldPort)
	raw.Where = []archive.Condition{{Field: archive.FieldLocalPort, Values: []archive.Value{{To: 65535}}}} // only raw knows
	line := by(archive.FieldPeer)
	line.Where = []archive.Condition{{Field: archive.FieldLine, Values: []archive.Value{{Line: "first"}}}}
	steps := by(archive.FieldPort)
	steps.Step = time.Minute
	return []question{
		{"top 20 talkers by port: line, port", by(archive.FieldLine, archive.FieldPort)}, {"the same from raw flows", raw}, {"local address, port", by(archive.FieldLocal, archive.FieldPort)},
		{"peer", by(archive.FieldPeer)}, {"peer of one line", line}, {"port, by minute", steps},
	}
}

// Ask asks the questions, and prints how long each took.
func Ask(ctx context.Context, c Config, name string, a archive.Reader) error {
	first := newMaker(c.Seed, c.Lines).lines[0]
	t := tabwriter.NewWriter(c.Log, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%s\tfrom\tmedian\tslowest\tof processors\tkeys\tflows\tload average\n", name)
	all := questions()
	for _, q := range all[:min(len(all), cmp.Or(c.Ask, len(all)))] {
		for i := range q.Where {
			for n := range q.Where[i].Values {
				if q.Where[i].Values[n].Line == candor.ID("first") {
					q.Where[i].Values[n].Line = first
				}
			}
		}
		var took []time.Duration
		spent := cpu(syscall.RUSAGE_SELF)
		var answer archive.Answer
		for range c.Times {
			started := time.Now()
			var err error
			if answer, err = a.Ask(ctx, q.Question); err != nil && !errors.Is(err, archive.ErrTooMuch) {
				return errors.Join(fmt.Errorf("%s: %w", q.name, err), t.Flush())
			}
			took = append(took, time.Since(started))
			if err != nil {
				fmt.Fprintf(t, "%s\t%v\n", q.name, err)
				break
			}
		}
		middle, slowest := median(took)
		spent = (cpu(syscall.RUSAGE_SELF) - spent) / time.Duration(len(took))
		fmt.Fprintf(t, "%s\t%s\t%.2f s\t%.2f s\t%.2f s\t%d\t%d\t%s\n", q.name, answer.Tier, middle.Seconds(), slowest.Seconds(), spent.Seconds(), answer.Keys, answer.Total.Flows, load())
	}
	return t.Flush()
}

func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(text))[:1], " ")
}
