package site

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"candor"
	"candor/internal/scan"
	"candor/internal/scan/watch"
)

// Watched is the cause of scans of what may have changed unseen.
const Watched = "watch"

// again is how often it is looked whether there are other sites to watch.
const again = time.Minute

// Watch looks at what changes in the roots of sites, as it changes, until ctx
// ends. A tree of which changes may not have been seen is walked; a whole root
// is scanned by a job.
func (s *Service) Watch(ctx context.Context, o watch.Options) error {
	var watchers sync.WaitGroup
	defer watchers.Wait()
	w := &watcher{Service: s, ctx: ctx, options: o}
	tick := time.NewTicker(again)
	defer tick.Stop()
	stop := func() {}
	defer func() { stop() }()
	for {
		sites, err := s.sites(ctx)
		if err != nil && ctx.Err() == nil {
			s.Log.Warn("it is not known which sites to watch", "error", err)
		}
		if err == nil && !slices.Equal(rootsOf(sites), w.roots()) {
			next, err := w.begin(&watchers, sites)
			if err != nil {
				return err
			}
			stop() // the one before has seen what changed meanwhile
			stop = next
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// sites gives the sites whose roots lie on this machine.
func (s *Service) sites(ctx context.Context) (all []candor.Asset, err error) {
	err = s.Store.Tx(ctx, func(tx Tx) error {
		all, err = tx.RootedAssets(ctx)
		return err
	})
	return all, err
}

func rootsOf(sites []candor.Asset) (roots []string) {
	for _, a := range sites {
		roots = append(roots, a.Roots...)
	}
	slices.Sort(roots)
	return slices.Compact(roots)
}

// watcher looks at what changes.
type watcher struct {
	*Service
	ctx     context.Context
	options watch.Options

	lock       sync.Mutex
	sites      []candor.Asset
	fresh      map[string]bool // roots that were not watched before
	crew       *scan.Crew
	generation string // of the crew
}

func (w *watcher) roots() []string {
	w.lock.Lock()
	defer w.lock.Unlock()
	return rootsOf(w.sites)
}

// begin watches other sites. It returns when changes are seen; the function that it gives ends it.
func (w *watcher) begin(all *sync.WaitGroup, sites []candor.Asset) (stop func(), err error) {
	before := w.roots()
	o := w.options
	o.Roots = rootsOf(sites)
	next, err := watch.New(o)
	if err != nil {
		return nil, err
	}
	w.lock.Lock()
	w.sites, w.fresh = sites, map[string]bool{}
	for _, root := range o.Roots {
		w.fresh[root] = !slices.Contains(before, root)
	}
	w.lock.Unlock()
	ctx, cancel := context.WithCancel(w.ctx)
	begun := make(chan struct{})
	var once sync.Once
	all.Go(func() {
		_ = next.Run(ctx, func(changes []watch.Change) { // its error is that of ctx
			once.Do(func() { close(begun) })
			w.told(changes)
		})
		once.Do(func() { close(begun) })
	})
	if len(o.Roots) > 0 && len(before) > 0 {
		select {
		case <-begun:
		case <-ctx.Done():
		case <-time.After(again):
		}
	}
	return cancel, nil
}

// told looks at changes, until it has: what cannot be looked at now waits.
func (w *watcher) told(changes []watch.Change) {
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		err := w.look(changes)
		if err == nil || w.ctx.Err() != nil {
			return
		}
		w.Log.Warn("what changed could not be looked at yet", "changes", len(changes), "error", err)
		select {
		case <-time.After(wait):
		case <-w.ctx.Done():
		}
	}
}

func (w *watcher) look(changes []watch.Change) error {
	w.lock.Lock()
	sites, fresh := w.sites, w.fresh
	w.lock.Unlock()
	targets := map[candor.ID][]scan.Target{}
	for _, c := range changes {
		for _, a := range sites {
			for _, root := range a.Roots {
				if !Within(c.Path, []string{root}) {
					continue
				}
				if c.Tree == watch.Started {
					if fresh[root] {
						if _, err := w.ask(w.ctx, a.ID, Watched); err != nil {
							return err
						}
					}
					continue
				}
				targets[a.ID] = append(targets[a.ID], scan.Target{Path: c.Path, Root: root})
			}
		}
	}
	for _, a := range sites {
		if len(targets[a.ID]) == 0 {
			continue
		}
		if err := w.lookAt(a, targets[a.ID]); err != nil {
			return err
		}
	}
	return nil
}

// lookAt scans some of a site and files what is found. Nothing that is not
// found there is gone for that.
func (w *watcher) lookAt(a candor.Asset, targets []scan.Target) error {
	definitions, err := w.Definitions()
	if err != nil {
		return fmt.Errorf("no definitions to scan with: %w", err)
	}
	defer definitions.Release()
	if w.crew == nil || w.generation != definitions.Generation {
		w.crew, w.generation = new(scan.Crew), definitions.Generation
	}
	sc := candor.Scan{Asset: a.ID, Party: a.Owner, Generation: definitions.Generation, Started: w.Clock().UTC()}
	box := &outbox{service: w.Service, ctx: w.ctx, scan: sc, limit: 500}
	each := func(yield func(scan.Target, error) bool) {
		for _, t := range targets {
			if !yield(t, nil) {
				return
			}
		}
	}
	_, err = scan.Scan(w.ctx, each, changed{box}, scan.Options{NewMatcher: definitions.NewMatcher, Exclude: w.Exclude, MaxSize: w.MaxSize, Threads: w.Threads,
		Clock: w.Clock, Known: definitions.Known, Inside: w.Inside, Crew: w.crew})
	return errors.Join(err, box.flush())
}

// changed is an outbox for what may be gone again.
type changed struct{ *outbox }

func (c changed) Failure(f scan.Failure) error {
	if !errors.Is(f.Err, candor.ErrNotFound) && !errors.Is(f.Err, candor.ErrChanged) {
		c.service.Log.Warn("what changed could not be read", "path", f.Path, "error", f.Err)
	}
	return nil
}
