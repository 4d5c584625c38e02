// Package site scans the content of sites as a service: on schedule, on
// demand, and again where somebody says that it is mended.
package site

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"candor"
	"candor/internal/scan"
	"candor/internal/scan/known"
	"candor/internal/scan/unpack"
)

// Sensor is how findings of this package name what saw them.
const Sensor = "scan"

// Why a content is scanned.
const (
	Scheduled = "schedule"
	Demanded  = "demand"
	Renewed   = "definitions" // they changed
	Mended    = "fixed"       // somebody says so
)

// Audit is how many files that are as they were there are to one that is read
// all the same.
const Audit = 1000

// QueueScans is the queue of scans, of which few run at a time.
const QueueScans = "scans"

// Job asks for Service.Run.
type Job struct {
	Scan candor.ID `json:"scan"`
}

// Kind names the job.
func (Job) Kind() string { return "scan.site" }

// Tx is what the service does in a transaction.
type Tx interface {
	Asset(ctx context.Context, scope candor.Scope, id candor.ID) (candor.Asset, error)
	// SetScanDue says when an asset is scanned next, and SetScanned when it was.
	SetScanDue(ctx context.Context, asset candor.ID, due time.Time) error
	SetScanned(ctx context.Context, asset candor.ID, at time.Time) error
	Scan(ctx context.Context, scope candor.Scope, id candor.ID) (candor.Scan, error)
	Scans(ctx context.Context, scope candor.Scope, f candor.ScanFilter, cut candor.Cut) (candor.Page[candor.Scan], error)
	AddScan(ctx context.Context, s candor.Scan) error
	ChangeScan(ctx context.Context, s candor.Scan, from candor.ScanState) error
	// RootedAssets gives the assets in use that have roots on this machine, by id.
	RootedAssets(ctx context.Context) ([]candor.Asset, error)
	DueAssets(ctx context.Context, now time.Time, most int) ([]candor.Asset, error)
	FindingsOfCase(ctx context.Context, id candor.ID) ([]candor.FiledFinding, error)
	Places(ctx context.Context, finding candor.ID) ([]candor.Place, error)
	Enqueue(ctx context.Context, job candor.Job, o candor.JobOptions) error
}

// Store runs transactions.
type Store interface {
	Tx(ctx context.Context, f func(Tx) error) error
}

// Definitions are those that a scan uses from its start to its end.
type Definitions struct {
	Generation string
	NewMatcher func() scan.Matcher
	Known      *known.Session // what was looked at before; may be nil
	Release    func()
}

// Desk keeps what was found.
type Desk interface {
	File(ctx context.Context, sc candor.Scan, findings []candor.Finding) error
	Finish(ctx context.Context, asset, scan candor.ID) error
	Gone(ctx context.Context, findings []candor.ID, actor string) error
}

// Remote has the agent of a server scan what lies there. What it sees comes by
// Service.Take.
type Remote interface {
	// Order asks for a scan. To ask again for the same one does nothing.
	Order(ctx context.Context, server candor.ID, sc candor.Scan) error
}

// Config is what the service works with.
type Config struct {
	Store       Store
	Desk        Desk
	Definitions func() (Definitions, error)
	Clock       candor.Clock
	Log         *slog.Logger
	Every       time.Duration // how often a site is scanned that says nothing of it; never if 0
	Threads     int           // of one scan
	Exclude     scan.Exclude
	MaxSize     int64           // bytes of a file; 0 for no limit
	Inside      *unpack.Options // how far what lies inside of contents is looked at; nil does not look there
	Allowed     []string        // folders within which roots must lie; any if empty
	Remote      Remote          // for sites that lie on other servers; may be nil
}

// Service scans sites. It is safe for concurrent use.
type Service struct{ Config }

// New makes a Service.
func New(c Config) *Service { return &Service{c} }

// CheckRoots says what is wrong with a site's roots.
func (s *Service) CheckRoots(roots []string) error { return checkRoots(roots, s.Allowed) }

// CheckRootsOn says what is wrong with the roots of a site on a server; empty
// is this one. What may be scanned elsewhere the agent there decides.
func (s *Service) CheckRootsOn(server candor.ID, roots []string) error {
	if server != "" {
		return checkRoots(roots, nil)
	}
	return s.CheckRoots(roots)
}

func checkRoots(roots, allowed []string) error {
	for _, root := range roots {
		if !filepath.IsAbs(root) || filepath.Clean(root) != root {
			return candor.WithHint(fmt.Errorf("the root %.200q is no plain absolute path: %w", root, candor.ErrInvalid), "Write it like /srv/www/example.")
		}
		if len(allowed) > 0 && !scan.Within(root, allowed) {
			return candor.WithHint(fmt.Errorf("the root %.200q lies in no folder that may be scanned: %w", root, candor.ErrInvalid),
				"Those that may are "+strings.Join(allowed, ", ")+"; the configuration names them under scanning.roots_allowed.")
		}
	}
	return nil
}

// Request asks for a scan of a site. If one waits already, it is that one.
func (s *Service) Request(ctx context.Context, who candor.Principal, asset candor.ID, cause string) (candor.Scan, error) {
	var made candor.Scan
	err := s.Store.Tx(ctx, func(tx Tx) (err error) {
		a, err := tx.Asset(ctx, who.Scope(), asset)
		if err != nil {
			return err
		}
		made, err = s.request(ctx, tx, a, cause, who.Actor())
		return err
	})
	if errors.Is(err, candor.ErrExists) {
		made, err = s.waiting(ctx, asset)
	}
	if err != nil {
		return made, fmt.Errorf("ask for a scan of %s: %w", asset, err)
	}
	return made, nil
}

// Renew asks for a scan because the definitions changed.
func (s *Service) Renew(ctx context.Context, asset candor.ID) (candor.Scan, error) {
	return s.ask(ctx, asset, Renewed)
}

// ask asks for a scan of a site by the system.
func (s *Service) ask(ctx context.Context, asset candor.ID, cause string) (candor.Scan, error) {
	var made candor.Scan
	err := s.Store.Tx(ctx, func(tx Tx) error {
		a, err := tx.Asset(ctx, candor.Everything, asset)
		if err != nil {
			return err
		}
		made, err = s.request(ctx, tx, a, cause, "system")
		return err
	})
	if errors.Is(err, candor.ErrExists) {
		made, err = s.waiting(ctx, asset)
	}
	if err != nil {
		return made, fmt.Errorf("ask for a scan of %s: %w", asset, err)
	}
	return made, nil
}

func (s *Service) request(ctx context.Context, tx Tx, a candor.Asset, cause, by string) (candor.Scan, error) {
	if len(a.Roots) == 0 {
		return candor.Scan{}, candor.WithHint(fmt.Errorf("%s has no roots: %w", a.Name, candor.ErrInvalid), "Say in which folders its content lies.")
	}
	now := s.Clock().UTC()
	made := candor.Scan{ID: candor.NewID(now), Asset: a.ID, Party: a.Owner, State: candor.ScanQueued, Cause: cause, By: by, Queued: now}
	if err := tx.AddScan(ctx, made); err != nil {
		return made, err
	}
	return made, s.wake(ctx, tx, made)
}

// wake has a scan that waits done, unless its job waits too: after many errors that
// was given up.
func (s *Service) wake(ctx context.Context, tx Tx, sc candor.Scan) error {
	return tx.Enqueue(ctx, Job{Scan: sc.ID}, candor.JobOptions{Queue: QueueScans, Once: true})
}

// waiting gives the scan of an asset that waits.
func (s *Service) waiting(ctx context.Context, asset candor.ID) (candor.Scan, error) {
	var found candor.Scan
	err := s.Store.Tx(ctx, func(tx Tx) error {
		page, err := tx.Scans(ctx, candor.Everything, candor.ScanFilter{Asset: asset, States: []candor.ScanState{candor.ScanQueued}}, candor.Cut{Limit: 1})
		if err == nil && len(page.Items) == 0 {
			return candor.Later(fmt.Errorf("the scan that waited has just begun: %w", candor.ErrChanged), time.Second)
		}
		if err != nil {
			return err
		}
		found = page.Items[0]
		return s.wake(ctx, tx, found)
	})
	return found, err
}

// Schedule asks for scans of the sites that are due.
func (s *Service) Schedule(ctx context.Context) (int, error) {
	const most = 500
	n := 0
	err := s.Store.Tx(ctx, func(tx Tx) error {
		now := s.Clock()
		due, err := tx.DueAssets(ctx, now, most)
		if err != nil {
			return err
		}
		for _, a := range due {
			waits, err := tx.Scans(ctx, candor.Everything, candor.ScanFilter{Asset: a.ID, States: []candor.ScanState{candor.ScanQueued}}, candor.Cut{Limit: 1})
			if err != nil {
				return err
			}
			if len(waits.Items) > 0 {
				if err := s.wake(ctx, tx, waits.Items[0]); err != nil {
					return err
				}
			}
			if len(waits.Items) == 0 && len(a.Roots) > 0 {
				if _, err := s.request(ctx, tx, a, Scheduled, "system"); err != nil {
					return err
				}
				n++
			}
			if err := tx.SetScanDue(ctx, a.ID, s.Due(a, now)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("schedule scans: %w", err)
	}
	return n, nil
}

// Due is when a site is to be scanned after a moment; zero for never.
func (s *Service) Due(a candor.Asset, after time.Time) time.Time {
	every := time.Duration(a.Every)
	if every == 0 {
		every = s.Every
	}
	if every == 0 || a.Retired || len(a.Roots) == 0 {
		return time.Time{}
	}
	return after.Add(every)
}
