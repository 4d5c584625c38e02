package site

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"candor"
	"candor/internal/scan"
)

// Run does a scan that was asked for. It may be called again for one that was
// under way when the program ended: it begins anew, and what was filed is
// known.
//
// What a scan did not see is only gone if it saw everything: a scan that was
// stopped, or that could not read a file or a root, ends as partial.
//
// A site on another server is scanned by its agent: Run only asks for it.
func (s *Service) Run(ctx context.Context, id candor.ID) error {
	if ordered, err := s.order(ctx, id); ordered || err != nil {
		return err
	}
	sc, asset, err := s.begin(ctx, id)
	if err != nil || sc.State != candor.ScanRunning {
		return err
	}
	definitions, err := s.Definitions()
	if err != nil {
		return candor.Later(errors.Join(fmt.Errorf("no definitions to scan with: %w", err), s.end(ctx, sc, asset, candor.ScanQueued, err)), 3*time.Second)
	}
	defer definitions.Release()
	sc.Generation = definitions.Generation

	box := &outbox{service: s, ctx: ctx, scan: sc, limit: 500}
	progress := new(scan.Progress)
	stop := s.watch(ctx, sc, progress, box)
	summary, err := scan.Scan(ctx, roots(asset.Roots), box, scan.Options{
		NewMatcher: definitions.NewMatcher, Exclude: s.Exclude, MaxSize: s.MaxSize, Threads: s.Threads, Clock: s.Clock, Progress: progress,
		Known: definitions.Known, Audit: Audit, Inside: s.Inside})
	stop()
	if summary.Forged > 0 {
		s.Log.Warn("files had changed though their times said that they had not", "site", asset.Name, "files", summary.Forged)
	}
	if err == nil {
		err = box.flush()
	}
	sc.Files, sc.Bytes, sc.Findings, sc.Errors = summary.Files, summary.Bytes, summary.Findings, summary.Errors
	switch {
	case err != nil:
		return errors.Join(err, s.end(context.WithoutCancel(ctx), sc, asset, candor.ScanQueued, err))
	case summary.Interrupted:
		return candor.Later(errors.Join(errors.New("the scan was stopped"), s.end(context.WithoutCancel(ctx), sc, asset, candor.ScanQueued, nil)), time.Second)
	case summary.Errors > 0:
		return s.end(ctx, sc, asset, candor.ScanPartial, box.first)
	case summary.Files == 0 && sc.Total > 0:
		return s.end(ctx, sc, asset, candor.ScanPartial, errEmpty)
	}
	if err := standing(asset.Roots); err != nil {
		return s.end(ctx, sc, asset, candor.ScanPartial, err)
	}
	if err := s.Desk.Finish(ctx, asset.ID, sc.ID); err != nil {
		return errors.Join(err, s.end(ctx, sc, asset, candor.ScanQueued, err))
	}
	return s.end(ctx, sc, asset, candor.ScanComplete, nil)
}

// errEmpty says that a site holds nothing that held something before. It may be
// a disk that is not mounted, and is not taken for clean.
var errEmpty = errors.New("the site is empty and was not before: is its disk mounted?")

// standing makes sure that roots are folders of their own. Behind a link, or
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

// roots are what is scanned of a site. A root that is a symbolic link is not
// followed: a customer could point it anywhere.
func roots(paths []string) scan.Targets {
	return func(yield func(scan.Target, error) bool) {
		for _, p := range paths {
			if !yield(scan.Target{Path: p}, nil) {
				return
			}
		}
	}
}

// begin takes a scan that waits, or one whose worker died.
func (s *Service) begin(ctx context.Context, id candor.ID) (sc candor.Scan, a candor.Asset, err error) {
	err = s.Store.Tx(ctx, func(tx Tx) error {
		if sc, err = tx.Scan(ctx, candor.Everything, id); err != nil {
			return err
		}
		if sc.State != candor.ScanQueued && sc.State != candor.ScanRunning {
			return nil // it is over
		}
		if a, err = tx.Asset(ctx, candor.Everything, sc.Asset); err != nil {
			return err
		}
		last, err := tx.Scans(ctx, candor.Everything, candor.ScanFilter{Asset: a.ID, States: []candor.ScanState{candor.ScanComplete}}, candor.Cut{Limit: 1})
		if err != nil {
			return err
		}
		if len(last.Items) > 0 {
			sc.Total = last.Items[0].Bytes
		}
		from := sc.State
		sc.State, sc.Started = candor.ScanRunning, s.Clock().UTC()
		sc.Files, sc.Bytes, sc.Findings, sc.Errors, sc.Error = 0, 0, 0, 0, ""
		if a.Retired {
			sc.State, sc.Ended, sc.Error = candor.ScanFailed, sc.Started, "the site is retired"
		}
		return tx.ChangeScan(ctx, sc, from)
	})
	if err != nil {
		err = fmt.Errorf("begin the scan %s: %w", id, err)
	}
	return sc, a, err
}

// end notes how a scan ended. In the state queued it will be begun again.
func (s *Service) end(ctx context.Context, sc candor.Scan, a candor.Asset, state candor.ScanState, why error) error {
	now := s.Clock().UTC()
	err := s.Store.Tx(ctx, func(tx Tx) error {
		sc := sc
		sc.State = state
		if state != candor.ScanQueued {
			sc.Ended = now
		}
		if why != nil {
			sc.Error = why.Error()
		}
		if err := tx.ChangeScan(ctx, sc, candor.ScanRunning); err != nil {
			return err
		}
		if state == candor.ScanQueued {
			return nil
		}
		a, err := tx.Asset(ctx, candor.Everything, a.ID)
		if err != nil {
			return err
		}
		if state == candor.ScanComplete {
			if err := tx.SetScanned(ctx, a.ID, now); err != nil {
				return err
			}
		}
		return tx.SetScanDue(ctx, a.ID, s.Due(a, now))
	})
	if errors.Is(err, candor.ErrExists) {
		return s.end(ctx, sc, a, candor.ScanFailed, errors.New("it was stopped, and another scan of the site waits"))
	}
	if err != nil {
		return fmt.Errorf("end the scan %s: %w", sc.ID, err)
	}
	return nil
}

// watch shows how far a scan is, until it is told to stop.
func (s *Service) watch(ctx context.Context, sc candor.Scan, p *scan.Progress, box *outbox) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			sc := sc
			sc.Files, sc.Bytes, sc.Findings, sc.Errors = p.Files(), p.Bytes(), p.Findings(), box.failures.Load()
			err := s.Store.Tx(ctx, func(tx Tx) error { return tx.ChangeScan(ctx, sc, candor.ScanRunning) })
			if err != nil {
				s.Log.Warn("the progress of a scan could not be kept", "scan", sc.ID, "error", err)
			}
		}
	}()
	return func() { close(done); <-ended }
}

// Recheck looks again at the places of a case's open findings. Those whose
// rule no longer matches there, or that are no longer there, are gone.
func (s *Service) Recheck(ctx context.Context, id candor.ID, by string) error {
	findings, places, asset, err := s.places(ctx, id)
	if err != nil || len(findings) == 0 {
		return err
	}
	if asset.Server != "" {
		_, err := s.ask(ctx, asset.ID, Mended) // its agent looks again at all of it, which costs what changed
		return err
	}
	if err := standing(asset.Roots); err != nil {
		return candor.Later(err, 10*time.Minute)
	}
	definitions, err := s.Definitions()
	if err != nil {
		return candor.Later(fmt.Errorf("no definitions to scan with: %w", err), time.Minute)
	}
	defer definitions.Release()
	again := &recheck{still: map[candor.Same]bool{}, failed: map[string]bool{}}
	for _, p := range places {
		if info, err := os.Lstat(candor.RawPath(p)); err == nil && !info.Mode().IsRegular() {
			again.failed[p] = true // what a link leads to is not known
		}
	}
	if _, err := scan.Scan(ctx, roots(raw(places)), again, scan.Options{NewMatcher: definitions.NewMatcher, Threads: s.Threads, Clock: s.Clock, Inside: s.Inside}); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var gone []candor.ID
	for f, paths := range findings {
		if !again.holds(f, paths) {
			gone = append(gone, f.id)
		}
	}
	return s.Desk.Gone(ctx, gone, by)
}

// raw gives paths as the file system has them.
func raw(paths []string) []string {
	all := make([]string, len(paths))
	for i, p := range paths {
		all[i] = candor.RawPath(p)
	}
	return all
}

// open is an open finding: what it is known by.
type open struct {
	id   candor.ID
	rule string
}

func (s *Service) places(ctx context.Context, id candor.ID) (findings map[open][]string, paths []string, asset candor.Asset, err error) {
	findings = map[open][]string{}
	seen := map[string]bool{}
	err = s.Store.Tx(ctx, func(tx Tx) error {
		all, err := tx.FindingsOfCase(ctx, id)
		if err != nil || len(all) == 0 {
			return err
		}
		if asset, err = tx.Asset(ctx, candor.Everything, all[0].Asset); err != nil {
			return err
		}
		for _, f := range all {
			if f.State != candor.FindingOpen || f.Sensor != Sensor {
				continue
			}
			at, err := tx.Places(ctx, f.ID)
			if err != nil {
				return err
			}
			key := open{f.ID, f.Rule}
			known := 0
			for _, p := range at {
				if p.State == candor.FindingOpen {
					known++
				}
			}
			if known < f.Places {
				continue // places that are not known are not clean: a scan of all decides
			}
			findings[key] = nil
			for _, p := range at {
				if p.State != candor.FindingOpen {
					continue
				}
				findings[key] = append(findings[key], p.Path)
				if !seen[p.Path] {
					seen[p.Path] = true
					paths = append(paths, p.Path)
				}
			}
		}
		return nil
	})
	if err != nil {
		err = fmt.Errorf("look up the places of case %s: %w", id, err)
	}
	return findings, paths, asset, err
}

// recheck gathers what is still there.
type recheck struct {
	still  map[candor.Same]bool // by rule and path
	failed map[string]bool
}

func (r *recheck) Finding(f candor.Finding) error {
	r.still[candor.Same{Rule: f.Rule, SHA256: candor.TextPath(f.Path)}] = true
	return nil
}

func (r *recheck) Failure(f scan.Failure) error {
	if !errors.Is(f.Err, candor.ErrNotFound) {
		r.failed[candor.TextPath(f.Path)] = true // unknown is not clean
	}
	return nil
}

func (r *recheck) holds(f open, paths []string) bool {
	for _, p := range paths {
		if r.failed[p] || r.still[candor.Same{Rule: f.rule, SHA256: p}] {
			return true
		}
	}
	return false
}
