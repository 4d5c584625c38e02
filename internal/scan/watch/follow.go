package watch

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Follower watches roots that may become others while it does, and has each
// change looked at until it was.
type Follower struct {
	Options // its Roots are not used
	// List gives the roots. It is asked at the beginning, when Ask says so, and
	// each minute. While it gives an error the roots stay as they are.
	List func(context.Context) ([]string, error)
	Ask  <-chan struct{} // there may be other roots; nil if nobody says so
	// Look looks at changes. After an error it is given the same ones again, a
	// while later. Started is only told of roots that were not watched before.
	// It is called by one goroutine, but while roots change by two.
	Look func(context.Context, []Change) error
}

const (
	// askAgain is how often it is asked for the roots.
	askAgain = time.Minute
	// drainTick is how often it is looked whether all is told.
	drainTick = 20 * time.Millisecond
)

// Run follows until ctx ends. Its error is that of ctx, or says that roots are
// no plain absolute paths.
func (f *Follower) Run(ctx context.Context) error {
	if f.Log == nil {
		f.Log = slog.New(slog.DiscardHandler)
	}
	var watchers sync.WaitGroup
	defer watchers.Wait()
	tick := time.NewTicker(askAgain)
	defer tick.Stop()
	var roots []string
	stop := func() {}
	defer func() { stop() }()
	for {
		next, err := f.List(ctx)
		if err != nil && ctx.Err() == nil {
			f.Log.Warn("it is not known what to watch", "error", err)
		}
		next = slices.Compact(slices.Sorted(slices.Values(next)))
		if err == nil && !slices.Equal(next, roots) {
			end, err := f.begin(ctx, &watchers, roots, next)
			if err != nil {
				return err
			}
			watchers.Go(stop) // the one before has seen what changed meanwhile
			stop, roots = end, next
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-f.Ask:
		case <-tick.C:
		}
	}
}

// begin watches other roots. It returns when changes are seen; the function
// that it gives ends it.
func (f *Follower) begin(ctx context.Context, all *sync.WaitGroup, before, roots []string) (stop func(), err error) {
	o := f.Options
	o.Roots = roots
	next, err := New(o)
	if err != nil {
		return nil, err
	}
	fresh := slices.DeleteFunc(slices.Clone(roots), func(r string) bool { return slices.Contains(before, r) })
	watching, cancel := context.WithCancel(ctx)
	begun := make(chan struct{})
	var once sync.Once
	all.Go(func() {
		_ = next.Run(watching, func(changes []Change) { // its error is that of watching
			once.Do(func() {
				close(begun)
				f.note(next)
			})
			f.told(ctx, changes, fresh)
		})
		once.Do(func() { close(begun) })
	})
	if len(roots) > 0 && len(before) > 0 {
		select {
		case <-begun:
		case <-ctx.Done():
		case <-time.After(askAgain):
		}
	}
	return func() {
		defer cancel()
		next.drain(ctx)
	}, nil
}

// note tells where not all that changes is seen as it changes.
func (f *Follower) note(w *Watcher) {
	for _, p := range w.Status().Places {
		if p.Note != "" {
			f.Log.Warn("not all that changes is seen as it changes", "path", p.Path, "way", p.Way, "note", p.Note)
		}
	}
}

// drain waits until what is seen by now is told, for a while.
func (w *Watcher) drain(ctx context.Context) {
	tick := time.NewTicker(drainTick)
	defer tick.Stop()
	for last := time.After(askAgain); w.Status().Waiting > 0; {
		select {
		case <-ctx.Done():
			return
		case <-last:
			return
		case <-tick.C:
		}
	}
}

// told has changes looked at, until they were: what cannot be looked at now
// waits.
func (f *Follower) told(ctx context.Context, changes []Change, fresh []string) {
	changes = slices.DeleteFunc(slices.Clone(changes), func(c Change) bool { return c.Tree == Started && !within(c.Path, fresh) })
	for wait := time.Second; len(changes) > 0; wait = min(2*wait, time.Minute) {
		err := f.Look(ctx, changes)
		if err == nil || ctx.Err() != nil {
			return
		}
		f.Log.Warn("what changed could not be looked at yet", "changes", len(changes), "error", err)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
}

// within tells whether a path is one of the folders, or lies in one.
func within(path string, folders []string) bool {
	return slices.ContainsFunc(folders, func(f string) bool {
		_, in := below(f, path)
		return in
	})
}
