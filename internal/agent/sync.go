package agent

import (
	"context"
	"errors"
	"sync"
	"time"

	"candor"
	"candor/internal/fleet/wire"
)

// sync tells nodes how the agent is and takes what there is to do, until ctx
// ends.
func (a *Agent) sync(ctx context.Context, work *sync.WaitGroup) {
	wait := a.Retry
	first := true
	for ctx.Err() == nil {
		err := a.syncOnce(ctx, work, first)
		if err == nil {
			wait, first = a.Retry, false
			continue
		}
		if ctx.Err() != nil {
			return
		}
		a.fail("reach a node", err)
		if errors.Is(err, candor.ErrDenied) {
			wait = time.Minute // it was revoked, and goes on looking whether it is again welcome
		}
		pause(ctx, wait)
		wait = min(2*wait, time.Minute)
	}
}

func (a *Agent) syncOnce(ctx context.Context, work *sync.WaitGroup, first bool) error {
	if err := a.renew(ctx); err != nil {
		return err
	}
	in := a.status()
	if in.Wait = a.Wait; first {
		in.Wait = 0 // sites and definitions are asked for at once
	}
	asking, stop := context.WithCancel(ctx)
	defer stop()
	go func() { // an end is told at once
		select {
		case <-a.finished:
			stop()
		case <-asking.Done():
		}
	}()
	var out wire.SyncAnswer
	err := a.link.ask(asking, wire.Sync, in, &out)
	if asking.Err() != nil && ctx.Err() == nil && err != nil {
		return nil // there is more to tell
	}
	if err != nil {
		return err
	}
	a.state.heard(a.Clock())
	a.fail("", nil)
	if err := a.state.told(out); err != nil {
		return err
	}
	nudge(a.resited) // it may be
	if err := a.reports.taken(out.Received); err != nil {
		return err
	}
	if err := a.state.delivered(out.Received); err != nil {
		return err
	}
	if err := a.definitions(ctx, out.Generation); err != nil && ctx.Err() == nil {
		a.fail("fetch definitions", err)
	}
	for _, t := range out.Tasks {
		if err := a.accept(ctx, work, t); err != nil {
			return err
		}
	}
	return nil
}

// accept takes a task: a scan into the list, an order at once.
func (a *Agent) accept(ctx context.Context, work *sync.WaitGroup, t wire.Task) error {
	if t.Kind == wire.TaskScan {
		return a.acceptScan(t)
	}
	a.lock.Lock()
	busy := a.tasks[t.ID]
	a.tasks[t.ID] = true
	a.lock.Unlock()
	if busy {
		return nil
	}
	work.Go(func() {
		a.carryOut(ctx, t)
		a.lock.Lock()
		delete(a.tasks, t.ID)
		a.lock.Unlock()
		nudge(a.finished)
	})
	return nil
}

// status is how the agent is.
func (a *Agent) status() wire.SyncRequest {
	in := wire.SyncRequest{Version: a.Version, Status: wire.Status{Backlog: a.reports.waiting(), Started: a.started, Memory: resident()}}
	a.state.read(func(k kept) {
		in.Generation = k.Have
		in.Status.Sites, in.Status.Last, in.Status.Offline = len(k.Sites), k.Ended, k.Offline
		for _, j := range k.Jobs {
			if j.Task != "" {
				in.Working = append(in.Working, j.Task)
			}
		}
	})
	in.Status.Shared = a.shared.len()
	a.lock.Lock()
	defer a.lock.Unlock()
	for id := range a.tasks {
		in.Working = append(in.Working, id)
	}
	for _, r := range a.running {
		x := r.Running
		x.Files, x.Bytes, x.Findings = r.progress.Files(), r.progress.Bytes(), r.progress.Findings()
		in.Status.Scans = append(in.Status.Scans, x)
	}
	now := used()
	in.Status.CPU, a.spent = now.since(a.spent), now
	in.Status.Error, in.Status.Looked, in.Status.Spared = a.problem, a.looked, a.spared
	return in
}
