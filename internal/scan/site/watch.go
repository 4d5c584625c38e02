package site

import (
	"context"
	"errors"
	"slices"
	"sync"

	"candor"
	"candor/internal/scan"
	"candor/internal/scan/watch"
)

// Watched is the cause of scans of what may have changed unseen.
const Watched = "watch"

// Watch looks at what changes in the roots of sites, as it changes, until ctx
// ends. A tree of which changes may not have been seen is walked; a whole root
// is scanned by a job.
func (s *Service) Watch(ctx context.Context, o watch.Options) error {
	w := &watcher{Service: s, holder: holder{take: s.Definitions}}
	defer w.holder.close()
	f := watch.Follower{Options: o, List: w.list, Look: w.look}
	f.Log = s.Log
	return f.Run(ctx)
}

// watcher looks at what changes.
type watcher struct {
	*Service
	holder holder
	crews  crews

	lock  sync.Mutex
	sites []candor.Asset
}

// list gives the roots of the sites that lie on this machine.
func (w *watcher) list(ctx context.Context) (roots []string, err error) {
	var sites []candor.Asset
	err = w.Store.Tx(ctx, func(tx Tx) error {
		sites, err = tx.RootedAssets(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	w.lock.Lock()
	defer w.lock.Unlock()
	w.sites = sites
	for _, a := range sites {
		roots = append(roots, a.Roots...)
	}
	return roots, nil
}

// look implements watch.Follower's Look.
func (w *watcher) look(ctx context.Context, changes []watch.Change) error {
	w.lock.Lock()
	sites := w.sites
	w.lock.Unlock()
	for _, a := range sites {
		if slices.ContainsFunc(changes, func(c watch.Change) bool { return c.Tree == watch.Started && scan.Within(c.Path, a.Roots) }) {
			if _, err := w.ask(ctx, a.ID, Watched); err != nil {
				return err
			}
		}
		if targets := scan.Changed(changes, a.Roots); len(targets) > 0 {
			if err := w.lookAt(ctx, a, targets); err != nil {
				return err
			}
		}
	}
	return nil
}

// lookAt scans some of a site and files what is found. Nothing that is not
// found there is gone for that.
func (w *watcher) lookAt(ctx context.Context, a candor.Asset, targets []scan.Target) error {
	definitions, err := w.holder.get()
	if err != nil {
		return err
	}
	defer w.holder.give(definitions)
	sc := candor.Scan{Asset: a.ID, Party: a.Owner, Generation: definitions.Generation, Started: w.Clock().UTC()}
	box := &outbox{service: w.Service, ctx: ctx, scan: sc, limit: 500}
	_, err = scan.Scan(ctx, scan.Some(targets...), changed{box}, scan.Options{NewMatcher: definitions.NewMatcher, Exclude: w.Exclude, MaxSize: w.MaxSize, Threads: w.Threads,
		Clock: w.Clock, Known: definitions.Known, Inside: w.Inside, Crew: w.crews.of(definitions.Generation)})
	return errors.Join(err, box.flush())
}

// crews keeps workers for the definitions that were used last. It is safe for
// concurrent use.
type crews struct {
	lock       sync.Mutex
	crew       *scan.Crew
	generation string
}

func (c *crews) of(generation string) *scan.Crew {
	c.lock.Lock()
	defer c.lock.Unlock()
	if c.crew == nil || c.generation != generation {
		c.crew, c.generation = new(scan.Crew), generation
	}
	return c.crew
}

// changed is an outbox for what may be gone again.
type changed struct{ *outbox }

func (c changed) Failure(f scan.Failure) error {
	if !errors.Is(f.Err, candor.ErrNotFound) && !errors.Is(f.Err, candor.ErrChanged) {
		c.service.Log.Warn("what changed could not be read", "path", f.Path, "error", f.Err)
	}
	return nil
}
