package agent

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"

	"candor"
	"candor/internal/fleet/wire"
	"candor/internal/scan"
	"candor/internal/scan/watch"
)

// watch looks at what changes in sites, until ctx ends.
func (a *Agent) watch(ctx context.Context) {
	if !a.Watch {
		return
	}
	f := watch.Follower{Options: watch.Options{Clock: a.Clock, Log: a.Log}, List: a.watched, Ask: a.resited, Look: a.look}
	if err := f.Run(ctx); ctx.Err() == nil {
		a.fail("watch sites, which are scanned on schedule", err)
	}
}

// watched gives the roots to watch.
func (a *Agent) watched(context.Context) (roots []string, _ error) {
	for _, s := range a.sites() {
		roots = append(roots, s.Roots...)
	}
	return roots, nil
}

// sites gives the sites to watch: none if the desk does not want it.
func (a *Agent) sites() (all []wire.Site) {
	a.state.read(func(k kept) {
		if k.Settings.Watch {
			all = slices.Clone(k.Sites)
		}
	})
	return slices.DeleteFunc(all, func(s wire.Site) bool { return a.may(s.Roots) != nil })
}

// look implements watch.Follower's Look. A site whose changes were not seen until
// now is put on the list of scans.
func (a *Agent) look(ctx context.Context, changes []watch.Change) (err error) {
	sites := a.sites()
	targets := make([][]scan.Target, len(sites))
	any := false
	for i, s := range sites {
		if slices.ContainsFunc(changes, func(c watch.Change) bool { return c.Tree == watch.Started && scan.Within(c.Path, s.Roots) }) {
			if err := a.state.add(job{Scan: candor.NewID(a.Clock()), Asset: s.Asset, Cause: causeWatched}); err != nil {
				return err
			}
			nudge(a.jobs)
		}
		targets[i] = scan.Changed(changes, s.Roots)
		any = any || len(targets[i]) > 0
	}
	if !any {
		return nil
	}
	t, err := a.tools.take(false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.tools.give()) }()
	for i, s := range sites {
		if len(targets[i]) > 0 {
			if err := a.lookAt(ctx, t, s, targets[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// lookAt scans some of a site, and keeps what is found in reports. Nothing that
// is not found there is gone for that. The first file does not wait for the
// pace: what it costs, what follows waits for.
func (a *Agent) lookAt(ctx context.Context, t *tools, s wire.Site, targets []scan.Target) error {
	var settings wire.Settings
	a.state.read(func(k kept) { settings = k.Settings })
	exclude, err := scan.ParseExclude(settings.Exclude)
	if err != nil {
		return err
	}
	b := &box{agent: a, report: wire.Report{Asset: s.Asset, Cause: causeWatched, Began: a.Clock().UTC(), Generation: t.received.ID}}
	var later atomic.Bool
	summary, err := scan.Scan(ctx, scan.Some(targets...), changed{b}, scan.Options{NewMatcher: t.matcher, Inside: &inside, Exclude: exclude, MaxSize: settings.MaxSize, Threads: max(a.Threads, 1),
		Clock: a.Clock, Known: t.session, Crew: &t.crew, Pace: func() {
			if later.Swap(true) {
				a.pace.wait(ctx)
			}
		}})
	if err == nil && len(b.report.Found) > 0 {
		err = b.flush()
	}
	if err != nil {
		return err
	}
	if summary.Interrupted {
		return ctx.Err()
	}
	if b.report.Findings > 0 {
		a.Log.Warn("found in what changed", "site", s.Asset, "findings", b.report.Findings)
	}
	a.lock.Lock()
	a.looked += summary.Files - summary.Known
	a.lock.Unlock()
	a.pace.settle(ctx)
	return nil
}

// changed is a box for what may be gone again.
type changed struct{ *box }

func (c changed) Failure(f scan.Failure) error {
	if !errors.Is(f.Err, candor.ErrNotFound) && !errors.Is(f.Err, candor.ErrChanged) {
		c.agent.Log.Warn("what changed could not be read", "path", f.Path, "error", f.Err)
	}
	return nil
}
