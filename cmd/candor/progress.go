package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"candor"
	"candor/internal/scan"
	"candor/internal/scan/output"
)

// consoleLog writes what rules print through YARA's console module, whole
// lines at a time.
type consoleLog struct {
	mu sync.Mutex
	to io.Writer
}

func (l *consoleLog) line(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintln(l.to, output.Printable(s))
}

// progressInterval is how often the progress line is drawn.
const progressInterval = 200 * time.Millisecond

// progress draws one line on a terminal: files, bytes, rate and, as soon as a
// second walk has counted what there is, how long it will take. A nil progress
// draws nothing.
type progress struct {
	mu      sync.Mutex // guards the terminal
	to      io.Writer
	counts  *scan.Progress
	total   atomic.Int64
	counted atomic.Bool
	started time.Time
	drawn   bool
	cancel  context.CancelFunc
	done    sync.WaitGroup
}

// startProgress draws on standard error if that is a terminal.
func (p *program) startProgress(ctx context.Context, paths []string, list bool, o scan.Options) *progress {
	file, ok := p.err.(*os.File)
	if !ok {
		return nil
	}
	if _, err := unix.IoctlGetTermios(int(file.Fd()), unix.TCGETS); err != nil {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	bar := &progress{to: file, counts: o.Progress, started: time.Now(), cancel: cancel}
	if !list { // a list can be read only once
		bar.done.Go(func() {
			if scan.Count(ctx, scan.Paths(paths...), o, bar.total.Store) == nil && ctx.Err() == nil {
				bar.counted.Store(true)
			}
		})
	}
	bar.done.Go(func() { bar.run(ctx) })
	return bar
}

func (b *progress) run(ctx context.Context) {
	tick := time.NewTicker(progressInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			b.mu.Lock()
			fmt.Fprintf(b.to, "\r\x1b[K%s", b.text(time.Since(b.started)))
			b.drawn = true
			b.mu.Unlock()
		}
	}
}

func (b *progress) text(elapsed time.Duration) string {
	files, seconds := b.counts.Passed(), elapsed.Seconds()
	s := fmt.Sprintf("%d files, %s, %s/s, %.0f files/s", files, output.Size(b.counts.Bytes()),
		output.Size(int64(float64(b.counts.Bytes())/seconds)), float64(files)/seconds)
	if n := b.counts.Findings(); n > 0 {
		s += fmt.Sprintf(", %d found", n)
	}
	total := b.total.Load()
	if !b.counted.Load() || files == 0 || total < files {
		return s
	}
	const width = 20
	full := int(width * files / total)
	left := time.Duration(float64(elapsed) * float64(total-files) / float64(files)).Round(time.Second)
	return fmt.Sprintf("[%s%s] %d%%, %s left, %s", strings.Repeat("=", full), strings.Repeat(" ", width-full), 100*files/total, left, s)
}

// stop removes the line.
func (b *progress) stop() {
	if b == nil {
		return
	}
	b.cancel()
	b.done.Wait()
	b.clear()
}

func (b *progress) clear() {
	if b.drawn {
		fmt.Fprint(b.to, "\r\x1b[K")
		b.drawn = false
	}
}

// around gives a sink that takes the line away before it writes, since both
// may show on one terminal.
func (b *progress) around(s scan.Sink) scan.Sink {
	if b == nil {
		return s
	}
	return &besideProgress{b, s}
}

type besideProgress struct {
	bar  *progress
	sink scan.Sink
}

func (s *besideProgress) Finding(f candor.Finding) error {
	s.bar.mu.Lock()
	defer s.bar.mu.Unlock()
	s.bar.clear()
	return s.sink.Finding(f)
}

func (s *besideProgress) Failure(f scan.Failure) error {
	s.bar.mu.Lock()
	defer s.bar.mu.Unlock()
	s.bar.clear()
	return s.sink.Failure(f)
}
