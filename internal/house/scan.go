package house

import (
	"context"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/scan/site"
)

// How long after the end of a scan that was asked for another of the same site
// can be: a look at a large site costs hours of a disk.
const (
	pauseOfCustomers = 10 * time.Minute
	pauseOfStaff     = 10 * time.Second
)

// Scan asks for a scan of a site. One that was asked for and waits or runs is
// that one; soon after its end the error is an *access.Wait.
func (h *House) Scan(ctx context.Context, who candor.Principal, asset candor.ID) (candor.Scan, error) {
	if err := may(who, access.ActCases, access.ActOwn); err != nil {
		return candor.Scan{}, err
	}
	last, ok, err := h.demanded(ctx, who, asset)
	if err != nil {
		return candor.Scan{}, err
	}
	if ok && last.Ended.IsZero() {
		return public(who, last), nil
	}
	pause := pauseOfStaff
	if !who.Role.Staff() {
		pause = pauseOfCustomers
	}
	if again := last.Ended.Add(pause); ok && again.After(h.Clock()) {
		return candor.Scan{}, candor.WithHint(&access.Wait{For: again.Sub(h.Clock()), Why: "this site was scanned on demand a moment ago"},
			"Ask for it again at "+again.UTC().Truncate(time.Second).Add(time.Second).Format("15:04:05")+" UTC.")
	}
	x, err := h.Sites.Request(ctx, who, asset, site.Demanded)
	return public(who, x), err
}

// demanded gives the latest scan of a site that was asked for, if there is one
// among the latest: those on schedule are at least a minute apart.
func (h *House) demanded(ctx context.Context, who candor.Principal, asset candor.ID) (candor.Scan, bool, error) {
	if _, err := h.Store.Asset(ctx, who.Scope(), asset); err != nil {
		return candor.Scan{}, false, err
	}
	page, err := h.Store.Scans(ctx, who.Scope(), candor.ScanFilter{Asset: asset}, candor.Cut{Limit: 50})
	for _, x := range page.Items {
		if x.Cause == site.Demanded {
			return x, true, err
		}
	}
	return candor.Scan{}, false, err
}
