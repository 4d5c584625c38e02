// Package watch tells within milliseconds which files below some directories
// have changed, so that each can be looked at at once.
//
// Two ways lead there. fanotify (fanotify(7), Linux 5.17) marks whole file
// systems: its cost does not depend on how many directories there are. Where
// the kernel does not permit it, or a file system has no file handles
// (overlayfs for one), each directory gets a watch of inotify(7).
//
// Nothing is lost in silence. What cannot be told exactly (a queue of the
// kernel ran over, a directory was moved in, a root came back, a watch could
// not be set) is told as a tree that must be walked. Watches are set before a
// tree is told, so that a walk and the changes told after it cover everything.
//
// What neither way sees, and regular scans are for:
//   - content that another machine changes on a network file system (such
//     places are told as trees at intervals);
//   - content that is changed through a shared mapping (told when the file is
//     closed, which is not before the mapping ends);
//   - a file with several names that is written by one outside of the roots, or
//     by one that is gone before it is looked at; with inotify only the name
//     that a file is opened by is known, so also one that is opened by a name,
//     or by none, and written when it has another;
//   - a directory that begins with content, as a snapshot of btrfs does.
//
// A Guard is the other half: it has opens of files wait for a verdict.
package watch

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"candor"
)

// Cause says why a tree must be walked.
type Cause string

// Causes of trees.
const (
	Started    Cause = "started"    // what happened before the watch is not known
	Appeared   Cause = "appeared"   // a root or a mount below it came or was replaced, such a mount went, or a directory came with content
	Moved      Cause = "moved"      // the directory was renamed to here
	Overflow   Cause = "overflow"   // the kernel dropped events
	Collapsed  Cause = "collapsed"  // more waited to be told than Options.Capacity
	Unresolved Cause = "unresolved" // the kernel would not say where something happened, or so that it can be opened
	Unwatched  Cause = "unwatched"  // no watch can be had, or none that sees everything: told at intervals
)

// Change is something to look at.
type Change struct {
	// Path is absolute: a root as it was given, and what is below it. It may
	// hold any byte but NUL, and has at most 4,095. What is there by now may
	// be anything: also nothing, a link or a device.
	Path string
	// Tree is the cause, if everything at and below Path must be looked at.
	Tree Cause
	// When the last event of it was read.
	When time.Time
}

// Options of a Watcher.
type Options struct {
	Roots []string // absolute and clean; they need not exist, and may be links
	// Quiet is how long a file must not be closed again before it is told; 10
	// times that is the longest it waits. 1 ms if 0.
	Quiet time.Duration
	// Held is the same for files that were written to and stay open, or were
	// truncated by name. 2 s if 0. If negative such writes are not watched at
	// all, which spares a kernel that has a busy database on the same file
	// system, and lets a file be served unseen for as long as it is held open.
	Held time.Duration
	// Capacity is how many changes may wait to be told before they are told as
	// trees instead; a path of more than 256 bytes counts as several. 65,536
	// if 0.
	Capacity int
	// Rewalk is how often trees are told that cannot be watched. 15 minutes if 0.
	Rewalk time.Duration
	// NoFanotify has inotify used for all roots.
	NoFanotify bool
	Clock      candor.Clock
	Log        *slog.Logger

	check time.Duration // how often roots and mounts are looked at
	stall func()        // called before each read of events; for tests
}

// How much longer than looking at roots the time between is: at least share, and
// ease as long as that is no more than slow times Options.check.
const (
	share = 50
	ease  = 400
	slow  = 10
)

// Watcher watches. Status may be called at any time.
type Watcher struct {
	o       Options
	queue   *queue
	recheck chan struct{}  // the roots are to be looked at soon
	readers sync.WaitGroup // goroutines that read events

	mu     sync.Mutex // of what follows
	places map[string]*place
	groups map[uint64]*group // by device
	notify *inotify
	absent map[string]string // roots that are not there, and why
	begun  bool              // the roots were looked at once
}

// New makes a Watcher, which does nothing until Run.
func New(o Options) (*Watcher, error) {
	if err := plain(o.Roots); err != nil {
		return nil, fmt.Errorf("watch: %w", err)
	}
	o.Roots = slices.Compact(slices.Sorted(slices.Values(o.Roots)))
	o.Quiet = standard(o.Quiet, time.Millisecond)
	o.Held = standard(o.Held, 2*time.Second)
	o.Rewalk = standard(o.Rewalk, 15*time.Minute)
	o.check = standard(o.check, time.Second)
	o.Capacity = max(standard(o.Capacity, 1<<16), 2*len(o.Roots))
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.stall == nil {
		o.stall = func() {}
	}
	return &Watcher{o: o, queue: newQueue(o), recheck: make(chan struct{}, 1),
		places: map[string]*place{}, groups: map[uint64]*group{}, absent: map[string]string{}}, nil
}

// plain makes sure of roots.
func plain(roots []string) error {
	for _, root := range roots {
		if !filepath.IsAbs(root) || filepath.Clean(root) != root {
			return fmt.Errorf("root %.200q is no plain absolute path: %w", root, candor.ErrInvalid)
		}
	}
	return nil
}

func standard[T time.Duration | int](given, otherwise T) T {
	if given == 0 {
		return otherwise
	}
	return given
}

// Run tells of changes until ctx ends; a Watcher runs once. tell is called by
// one goroutine, with at least one change and each path once; changes wait
// while it runs, and what it has been given is not told again. First it is
// given every root that there is as a tree. The error is that of ctx: what
// cannot be watched is told by Status, and as trees at intervals.
func (w *Watcher) Run(ctx context.Context, tell func([]Change)) error {
	var teller sync.WaitGroup
	ctx, stop := context.WithCancel(ctx)
	teller.Go(func() { w.queue.run(ctx, tell) })
	defer teller.Wait()
	defer w.readers.Wait()
	defer w.close()
	defer stop()
	check := time.NewTimer(w.o.check)
	defer check.Stop()
	rewalk := time.NewTicker(w.o.Rewalk)
	defer rewalk.Stop()
	for {
		took := w.reconcile(ctx)
		check.Reset(max(w.o.check, share*took, min(ease*took, slow*w.o.check)))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-check.C:
		case <-w.recheck:
		case <-rewalk.C:
			w.rewalk()
		}
	}
}

// close has the readers end.
func (w *Watcher) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, g := range w.groups {
		g.close()
	}
	if w.notify != nil {
		w.notify.close()
	}
}

// again has the roots looked at soon.
func (w *Watcher) again() {
	select {
	case w.recheck <- struct{}{}:
	default:
	}
}
