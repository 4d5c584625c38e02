package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"candor"
	"candor/internal/fleet/wire"
	"candor/internal/scan"
)

// Why the agent scans by itself, as package site names it.
const (
	causeScheduled = "schedule"
	causeRenewed   = "definitions"
	causeWatched   = "watch" // what changed may not have been seen
)

// audit is how many files that are as they were there are to one that is read
// all the same.
const audit = 1000

// acceptScan puts a scan on the list.
func (a *Agent) acceptScan(t wire.Task) error {
	var body wire.ScanTask
	if err := json.Unmarshal(t.Body, &body); err != nil {
		return fmt.Errorf("a task: %w: %w", candor.ErrInvalid, err)
	}
	if err := a.state.add(job{Scan: body.Scan, Asset: body.Asset, Task: t.ID}); err != nil {
		return err
	}
	nudge(a.jobs)
	return nil
}

// scans does the scans of the list, one after another, until ctx ends.
func (a *Agent) scans(ctx context.Context) {
	wait := a.Retry
	for ctx.Err() == nil {
		err := a.scanAll(ctx)
		if err == nil {
			wait = a.Retry
			select {
			case <-ctx.Done():
			case <-a.jobs:
			}
			continue
		}
		if ctx.Err() == nil {
			a.fail("scan", err)
		}
		pause(ctx, wait)
		wait = min(2*wait, time.Minute)
	}
}

// scanAll does the scans that wait, with definitions that are loaded once.
func (a *Agent) scanAll(ctx context.Context) (err error) {
	have, asked := "", ""
	a.state.read(func(k kept) { have, asked = k.Have, k.Asked })
	if _, ok := a.state.next(); have == "" || !ok && have == asked {
		return nil // there is nothing to do, or nothing to do it with as yet
	}
	t, err := a.tools.take(true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.flush(), a.tools.give()) }()
	a.forget(t.received.ID)
	if err := a.revisit(ctx, t); err != nil {
		return err
	}
	if t.store != nil {
		if _, err := t.store.Forget(ctx); err != nil {
			a.Log.Warn("files that are gone stay known", "error", err)
		}
	}
	a.share(ctx, t)
	for ctx.Err() == nil {
		j, ok := a.state.next()
		if !ok {
			break
		}
		now := ""
		a.state.read(func(k kept) { now = k.Have })
		if now != t.received.ID {
			nudge(a.jobs)
			break // with the other definitions
		}
		if err := a.scan(ctx, t, j); err != nil {
			return err
		}
	}
	a.tell(ctx)
	return ctx.Err()
}

// scan does one scan. Its findings are in reports that are on disk before it
// goes on; one that was interrupted is begun anew.
func (a *Agent) scan(ctx context.Context, t *tools, j job) error {
	began := a.Clock().UTC()
	b := &box{agent: a, report: wire.Report{Scan: j.Scan, Asset: j.Asset, Cause: j.Cause, Began: began, Generation: t.received.ID}}
	site, ok := a.state.site(j.Asset)
	switch {
	case !ok:
		return b.end(j, wire.End{Error: "the agent does not look after this site"}, scan.Summary{})
	case len(a.Roots) > 0 && !allWithin(site.Roots, a.Roots):
		return b.end(j, wire.End{Error: "the agent may not look there: its --root names other folders"}, scan.Summary{})
	}
	var settings wire.Settings
	a.state.read(func(k kept) { settings = k.Settings })
	exclude, err := scan.ParseExclude(settings.Exclude)
	if err != nil {
		return err
	}
	if err := b.flush(); err != nil { // that it began
		return err
	}
	r := &running{wire.Running{Scan: j.Scan, Asset: j.Asset}, new(scan.Progress)}
	a.lock.Lock()
	a.running[j.Scan] = r
	a.lock.Unlock()
	defer func() {
		a.lock.Lock()
		defer a.lock.Unlock()
		delete(a.running, j.Scan)
	}()
	summary, err := scan.Scan(ctx, targets(site.Roots), b, scan.Options{NewMatcher: t.matcher, Inside: &inside, Exclude: exclude, MaxSize: settings.MaxSize, Threads: max(a.Threads, 1),
		Clock: a.Clock, Progress: r.progress, Known: t.session, Audit: audit, Crew: &t.crew, Pace: func() { a.pace.wait(ctx) }})
	if err != nil {
		return err
	}
	if summary.Interrupted {
		return ctx.Err()
	}
	a.lock.Lock()
	a.looked += summary.Files - summary.Known
	a.lock.Unlock()
	end := wire.End{Complete: true}
	if summary.Errors > 0 {
		end = wire.End{Error: b.failure}
	} else if err := standing(site.Roots); err != nil {
		end = wire.End{Error: err.Error()}
	}
	return b.end(j, end, summary)
}

func allWithin(paths, folders []string) bool {
	for _, p := range paths {
		if !scan.Within(p, folders) {
			return false
		}
	}
	return true
}

func targets(roots []string) scan.Targets {
	return func(yield func(scan.Target, error) bool) {
		for _, r := range roots {
			if !yield(scan.Target{Path: r}, nil) {
				return
			}
		}
	}
}

// standing makes sure that roots are folders of their own: behind a link, or
// where a disk is not mounted, nothing that was found before is gone.
func standing(roots []string) error {
	for _, root := range roots {
		info, err := os.Lstat(root)
		switch {
		case err != nil:
			return fmt.Errorf("the root %s: %w", root, err)
		case !info.IsDir() && !info.Mode().IsRegular():
			return fmt.Errorf("the root %s is no folder but a link or something else; name the real folder", root)
		}
	}
	return nil
}

// box gathers findings and keeps them in parts. It is used by one goroutine at
// a time.
type box struct {
	agent   *Agent
	report  wire.Report
	failure string
}

// part is how many findings a report has.
const part = 200

// Finding takes a finding.
func (b *box) Finding(f candor.Finding) error {
	f.Path = candor.TextPath(f.Path)
	b.report.Found = append(b.report.Found, f)
	b.report.Findings++
	if len(b.report.Found) < part {
		return nil
	}
	return b.flush()
}

// Failure notes a file that could not be read.
func (b *box) Failure(f scan.Failure) error {
	b.report.Errors++
	if b.failure == "" {
		b.failure = fmt.Sprintf("%s: %v", candor.TextPath(f.Path), f.Err)
	}
	return nil
}

// flush keeps a part.
func (b *box) flush() error {
	r := b.report
	b.report.Found = nil
	return b.agent.reports.add(&r)
}

// end keeps the last part, and notes the scan as done.
func (b *box) end(j job, end wire.End, s scan.Summary) error {
	end.At = b.agent.Clock().UTC()
	b.report.End, b.report.Files, b.report.Bytes, b.report.Findings, b.report.Errors = &end, s.Files, s.Bytes, s.Findings, s.Errors
	r := b.report
	if err := b.agent.reports.add(&r); err != nil {
		return err
	}
	err := b.agent.state.change(func(k *kept) {
		for i := range k.Jobs {
			if k.Jobs[i].Scan == j.Scan {
				k.Jobs[i].End = r.Number
			}
		}
		k.Last[j.Asset], k.Ended = r.Began, end.At
	})
	b.agent.lock.Lock()
	b.agent.scanned[j.Asset] = true
	b.agent.lock.Unlock()
	b.agent.Log.Info("a site was scanned", "site", j.Asset, "complete", end.Complete, "files", s.Files, "known", s.Known, "copies", s.Copies, "findings", s.Findings, "errors", s.Errors, "why", end.Error)
	return err
}

// schedule scans by itself what is due while no node answers.
func (a *Agent) schedule(ctx context.Context) {
	every := min(a.Alone, time.Minute)
	for ctx.Err() == nil {
		pause(ctx, every)
		now := a.Clock()
		if ctx.Err() != nil || now.Sub(a.state.lastHeard(a.started)) < a.Alone {
			continue
		}
		for _, j := range a.due(now) {
			err := a.state.add(j)
			if err == nil {
				err = a.state.change(func(k *kept) { k.Offline++ })
			}
			if err != nil {
				a.fail("schedule scans", err)
			}
		}
		nudge(a.jobs)
	}
}

// due gives scans of the sites whose time has come.
func (a *Agent) due(now time.Time) (all []job) {
	a.state.read(func(k kept) {
		for _, s := range k.Sites {
			last := k.Last[s.Asset]
			if s.Last.After(last) {
				last = s.Last
			}
			busy := false
			for _, j := range k.Jobs {
				busy = busy || j.Asset == s.Asset && j.End == 0
			}
			if s.Every > 0 && !busy && now.Sub(last) >= s.Every {
				all = append(all, job{Scan: candor.NewID(now), Asset: s.Asset, Cause: causeScheduled})
			}
		}
	})
	return all
}
