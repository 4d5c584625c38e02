package watch

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"candor"
	"candor/engine"
	"candor/internal/desk"
	"candor/internal/desk/calendar"
	"candor/internal/scan/site"
	"candor/internal/store"
)

const (
	folders = 50
	// size of a file in bytes.
	size = 8 << 10
	// patience is how long it is waited for files that were written.
	patience = time.Minute
)

// times notes when files were closed, and when what is said of them was there.
// It is safe for concurrent use.
type times struct {
	lock    sync.Mutex
	closed  map[string]time.Time // files that were not matched
	bad     map[string]time.Time // files that are not filed
	matched []time.Duration
	filed   []time.Duration
	files   int
}

func newTimes() *times {
	return &times{closed: map[string]time.Time{}, bad: map[string]time.Time{}}
}

// write writes files at the rate, each with a content of its own.
func (t *times) write(ctx context.Context, c Config, root string) error {
	tick := time.NewTicker(time.Second / time.Duration(c.Rate))
	defer tick.Stop()
	filling := bytes.Repeat([]byte("<p>The quick brown fox jumps over the lazy dog.</p>\n"), size/52+1)[:size]
	for i := range c.Rate * c.Seconds {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		bad := i%c.One == 0
		content := fmt.Appendf(nil, "<!-- %d -->\n%s", i, filling)
		if bad {
			content = append(content, "bench-bad-content"...)
		}
		if err := t.one(filepath.Join(root, fmt.Sprint(i%folders), fmt.Sprintf("%d.html", i)), content, bad); err != nil {
			return err
		}
	}
	return nil
}

func (t *times) one(name string, content []byte, bad bool) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if _, err := f.Write(content); err != nil {
		return err
	}
	t.lock.Lock() // nobody is told of it before it is noted
	defer t.lock.Unlock()
	if err := f.Close(); err != nil {
		return err
	}
	now := time.Now()
	t.files++
	t.closed[name] = now
	if bad {
		t.bad[name] = now
	}
	return nil
}

// note notes that something was done with a file.
func (t *times) note(name string, of map[string]time.Time, took *[]time.Duration) {
	now := time.Now()
	t.lock.Lock()
	defer t.lock.Unlock()
	if closed, ok := of[name]; ok {
		delete(of, name)
		*took = append(*took, now.Sub(closed))
	}
}

// wait waits until all bad files are filed, and gives how many are not.
func (t *times) wait(ctx context.Context) int {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	left := func() int {
		t.lock.Lock()
		defer t.lock.Unlock()
		return len(t.bad)
	}
	for last := time.After(patience); left() > 0; {
		select {
		case <-ctx.Done():
			return left()
		case <-last:
			return left()
		case <-tick.C:
		}
	}
	return 0
}

func (t *times) sorted() (filed, matched []time.Duration) {
	t.lock.Lock()
	defer t.lock.Unlock()
	return slices.Sorted(slices.Values(t.filed)), slices.Sorted(slices.Values(t.matched))
}

// matcher notes when files were matched.
type matcher struct {
	*engine.Scanner
	times *times
}

func (m *matcher) Scan(data []byte, f engine.File) ([]engine.Match, error) {
	found, err := m.Scanner.Scan(data, f)
	m.times.note(f.Name, m.times.closed, &m.times.matched)
	return found, err
}

// filer notes when findings are durable.
type filer struct {
	d     *desk.Desk
	times *times
}

func (f filer) File(ctx context.Context, sc candor.Scan, findings []candor.Finding) error {
	_, err := f.d.File(ctx, desk.Filing{Asset: sc.Asset, Scan: sc.ID, Sensor: site.Sensor, Generation: sc.Generation, Began: sc.Started, Findings: findings})
	if err != nil {
		return err
	}
	for _, x := range findings {
		f.times.note(x.Path, f.times.bad, &f.times.filed)
	}
	return nil
}

func (f filer) Finish(ctx context.Context, asset, scan candor.ID) error {
	_, err := f.d.Finish(ctx, asset, scan, site.Sensor)
	return err
}

func (f filer) Gone(ctx context.Context, findings []candor.ID, actor string) error {
	return f.d.Gone(ctx, findings, actor)
}

type deskStore struct{ s *store.Store }

func (d deskStore) Tx(ctx context.Context, f func(desk.Tx) error) error {
	return d.s.Tx(ctx, func(tx *store.Tx) error { return f(tx) })
}

type siteStore struct{ s *store.Store }

func (d siteStore) Tx(ctx context.Context, f func(site.Tx) error) error {
	return d.s.Tx(ctx, func(tx *store.Tx) error { return f(tx) })
}

func newDesk(s *store.Store) *desk.Desk {
	return desk.New(desk.Config{Store: deskStore{s}, Clock: time.Now, Calendar: calendar.Always(time.UTC), Rules: calendar.Rules(),
		Plays: func(c candor.Class, _ candor.Nature, _ candor.Severity) desk.Play { return desk.Play{Title: string(c)} }})
}
