package gate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"candor"
)

// Notices tells of a site's notice: passed if it is published and the site was
// seen to serve the version that was pinned for it.
type Notices interface {
	Notice(ctx context.Context, site candor.Asset) (Reading, error)
}

// Agreements tells of terms: passed if the site's owner accepted those that are
// in force. The reading's time is that of asking.
type Agreements interface {
	Terms(ctx context.Context, site candor.Asset) (Reading, error)
}

// Scans tells of a site's content; see ContentOf.
type Scans interface {
	Content(ctx context.Context, site candor.Asset) (Reading, error)
}

// Sensors are what the gate asks. One that is nil measures nothing.
type Sensors struct {
	Notices    Notices
	Agreements Agreements
	Scans      Scans
}

// Read asks all sensors about a site. What fails is read as missing; the error
// says what did, for the log.
func (s Sensors) Read(ctx context.Context, site candor.Asset) (all []Reading, err error) {
	ask := func(check string, f func(context.Context, candor.Asset) (Reading, error)) {
		r, failed := f(ctx, site)
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("check %s of site %s: %w", check, site.ID, failed))
			r = Reading{Outcome: candor.GateMissing, Why: Broken}
		}
		r.Check = check
		all = append(all, r)
	}
	if s.Notices != nil {
		ask(Notice, s.Notices.Notice)
	}
	if s.Agreements != nil {
		ask(Terms, s.Agreements.Terms)
	}
	if s.Scans != nil {
		ask(Content, s.Scans.Content)
	}
	return all, err
}

// ContentOf reads the check of a site's content from the scan that ended last,
// if there is one, and from how many findings of high or critical severity are
// open. What is open counts whatever the scan says; a scan that did not see
// everything says nothing.
func ContentOf(site candor.Asset, last *candor.Scan, grave int64) Reading {
	r := Reading{Check: Content, Outcome: candor.GateMissing}
	if last != nil {
		r.At = last.Ended
	}
	switch {
	case grave > 0:
		r.Outcome, r.Why, r.Count = candor.GateFailed, Grave, grave
	case len(site.Roots) == 0:
		r.Why = NoPlace
	case last == nil || last.Ended.IsZero():
		r.Why, r.At = NeverSeen, time.Time{}
	case last.State != candor.ScanComplete:
		r.Why = Partial
	default:
		r.Outcome = candor.GatePassed
		r.At = last.Started // what changed since may not have been seen
	}
	return r
}
