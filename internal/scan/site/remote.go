package site

import (
	"context"
	"errors"
	"fmt"
	"time"

	"candor"
	"candor/internal/scan"
)

// Report is what the agent of a server says of a scan there: a part of it, or
// its end.
type Report struct {
	Scan       candor.ID // empty for what was found in files that changed
	Asset      candor.ID
	Cause      string    // of a scan that it began by itself
	Began      time.Time // by the server's clock
	Generation string
	Files      int64
	Bytes      int64
	Findings   int64 // so far
	Errors     int64 // so far
	Found      []candor.Finding
	Over       bool
	Complete   bool   // everything was looked at
	Error      string // why not
}

// order asks the agent for a scan, if the site lies on a server that has one.
func (s *Service) order(ctx context.Context, id candor.ID) (ordered bool, err error) {
	var sc candor.Scan
	var a candor.Asset
	err = s.Store.Tx(ctx, func(tx Tx) error {
		if sc, err = tx.Scan(ctx, candor.Everything, id); err != nil {
			return err
		}
		a, err = tx.Asset(ctx, candor.Everything, sc.Asset)
		return err
	})
	switch {
	case err != nil:
		return false, fmt.Errorf("begin the scan %s: %w", id, err)
	case a.Server == "" || a.Retired || sc.State != candor.ScanQueued && sc.State != candor.ScanRunning:
		return false, nil
	case s.Remote == nil:
		return true, candor.Later(candor.WithHint(fmt.Errorf("%s lies on another server: %w", a.Name, candor.ErrUnavailable),
			"Name an address for agents: listen.agents."), time.Minute)
	}
	return true, s.Remote.Order(ctx, a.Server, sc)
}

// Take takes what an agent saw. To take the same twice is to take it once. A
// site that does not lie on that server is candor.ErrDenied.
func (s *Service) Take(ctx context.Context, server candor.ID, r Report) error {
	if r.Scan == "" {
		return s.takeChange(ctx, server, r)
	}
	sc, a, err := s.join(ctx, server, r)
	if err != nil || sc.State != candor.ScanRunning {
		return err
	}
	if err := within(a, r.Found); err != nil {
		return err
	}
	if len(r.Found) > 0 {
		if err := s.Desk.File(ctx, sc, r.Found); err != nil {
			return err
		}
	}
	sc.Files, sc.Bytes, sc.Findings, sc.Errors = r.Files, r.Bytes, r.Findings, r.Errors
	switch {
	case !r.Over:
		return nil
	case !r.Complete:
		return s.end(ctx, sc, a, candor.ScanPartial, errors.New(r.Error))
	case r.Files == 0 && sc.Total > 0:
		return s.end(ctx, sc, a, candor.ScanPartial, errEmpty)
	}
	if err := s.Desk.Finish(ctx, a.ID, sc.ID); err != nil {
		return err
	}
	return s.end(ctx, sc, a, candor.ScanComplete, nil)
}

// takeChange takes what an agent found in files that changed. Nothing is gone for
// that.
func (s *Service) takeChange(ctx context.Context, server candor.ID, r Report) error {
	var a candor.Asset
	err := s.Store.Tx(ctx, func(tx Tx) (err error) {
		a, err = of(ctx, tx, server, r.Asset)
		return err
	})
	if err == nil {
		err = within(a, r.Found)
	}
	if err != nil || len(r.Found) == 0 {
		return err
	}
	return s.Desk.File(ctx, candor.Scan{Asset: a.ID, Party: a.Owner, Generation: r.Generation, Started: r.Began}, r.Found)
}

// of gives a site of a server.
func of(ctx context.Context, tx Tx, server, asset candor.ID) (candor.Asset, error) {
	a, err := tx.Asset(ctx, candor.Everything, asset)
	if err == nil && (a.Server != server || server == "") {
		err = fmt.Errorf("%s is no site of that server: %w", a.Name, candor.ErrDenied)
	}
	return a, err
}

// within makes sure that findings lie in the site: an agent answers for no
// other.
func within(a candor.Asset, found []candor.Finding) error {
	for _, f := range found {
		if !Holds(a, f.Path) {
			return fmt.Errorf("a finding at %.200q lies outside of %s: %w", f.Path, a.Name, candor.ErrDenied)
		}
	}
	return nil
}

// Holds tells whether a path lies in a site.
func Holds(a candor.Asset, path string) bool { return scan.Within(path, a.Roots) }

// Innermost gives the site that a path lies in: that with the longest root, if one
// lies in another; empty for none.
func Innermost(sites []candor.Asset, path string) candor.ID {
	if n := scan.Innermost(path, len(sites), func(n int) []string { return sites[n].Roots }); n >= 0 {
		return sites[n].ID
	}
	return ""
}

// join gives the scan that a report is about. One that the agent began by
// itself is made.
func (s *Service) join(ctx context.Context, server candor.ID, r Report) (sc candor.Scan, a candor.Asset, err error) {
	err = s.Store.Tx(ctx, func(tx Tx) error {
		if a, err = of(ctx, tx, server, r.Asset); err != nil {
			return err
		}
		sc, err = tx.Scan(ctx, candor.Everything, r.Scan)
		switch {
		case errors.Is(err, candor.ErrNotFound):
			if sc, err = s.total(ctx, tx, candor.Scan{ID: r.Scan, Asset: a.ID, Party: a.Owner, State: candor.ScanRunning, Cause: r.Cause, By: "agent", Generation: r.Generation,
				Queued: r.Began, Started: r.Began}); err != nil {
				return err
			}
			return tx.AddScan(ctx, sc)
		case err != nil:
			return err
		case sc.Asset != a.ID:
			return fmt.Errorf("the scan is of another site: %w", candor.ErrDenied)
		case sc.State == candor.ScanRunning && sc.Generation != r.Generation:
			sc.Generation = r.Generation
			return tx.ChangeScan(ctx, sc, candor.ScanRunning)
		case sc.State != candor.ScanQueued:
			return nil
		}
		if sc, err = s.total(ctx, tx, sc); err != nil {
			return err
		}
		sc.State, sc.Started, sc.Generation = candor.ScanRunning, r.Began, r.Generation
		return tx.ChangeScan(ctx, sc, candor.ScanQueued)
	})
	if err != nil {
		err = fmt.Errorf("take a report of the scan %s: %w", r.Scan, err)
	}
	return sc, a, err
}

// total says what the last complete scan saw.
func (s *Service) total(ctx context.Context, tx Tx, sc candor.Scan) (candor.Scan, error) {
	last, err := tx.Scans(ctx, candor.Everything, candor.ScanFilter{Asset: sc.Asset, States: []candor.ScanState{candor.ScanComplete}}, candor.Cut{Limit: 1})
	if err == nil && len(last.Items) > 0 {
		sc.Total = last.Items[0].Bytes
	}
	return sc, err
}

// Progress notes how far scans of a server are.
func (s *Service) Progress(ctx context.Context, server candor.ID, r Report) error {
	return s.Store.Tx(ctx, func(tx Tx) error {
		sc, err := tx.Scan(ctx, candor.Everything, r.Scan)
		if errors.Is(err, candor.ErrNotFound) {
			return nil
		}
		if err != nil || sc.State != candor.ScanRunning {
			return err
		}
		a, err := tx.Asset(ctx, candor.Everything, sc.Asset)
		if err != nil || a.Server != server {
			return err
		}
		sc.Files, sc.Bytes, sc.Findings, sc.Errors = r.Files, r.Bytes, r.Findings, r.Errors
		return tx.ChangeScan(ctx, sc, candor.ScanRunning)
	})
}
