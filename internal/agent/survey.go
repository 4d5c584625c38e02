package agent

import (
	"context"
	"errors"
	"time"

	"candor"
	"candor/internal/fleet/wire"
	"candor/internal/inventory"
)

// What is looked at, and how soon again after the desk did not take it.
const (
	surveyTick     = time.Minute
	surveyPatience = 5 * time.Minute // for one site
	surveyAgain    = 15 * time.Minute
)

// surveyed is when the software of the server and its sites was told last.
type surveyed struct {
	due   map[candor.ID]time.Time // the server is ""
	stamp time.Time               // of the packages
}

// survey tells the desk which software is on the server and at its sites, until ctx
// ends: a list when it is another than the desk knows, and otherwise that it is the
// same. A site is looked at after each scan too: what was updated is told soon.
func (a *Agent) survey(ctx context.Context) {
	if a.Survey < 0 {
		return
	}
	s := surveyed{due: map[candor.ID]time.Time{}}
	for ctx.Err() == nil {
		a.surveyDue(ctx, &s)
		pause(ctx, min(a.Survey, surveyTick))
	}
}

// surveyDue looks at what is due.
func (a *Agent) surveyDue(ctx context.Context, s *surveyed) {
	if a.System != "" {
		if stamp := inventory.Stamp(a.System); !stamp.Equal(s.stamp) {
			s.stamp = stamp
			delete(s.due, "")
		}
		a.surveyOne(ctx, s, "", func(ctx context.Context, o inventory.Options) (inventory.List, error) {
			return inventory.System(ctx, a.System, o)
		})
	}
	a.lock.Lock()
	for asset := range a.scanned {
		delete(s.due, asset)
	}
	clear(a.scanned)
	a.lock.Unlock()
	var sites []wire.Site
	a.state.read(func(k kept) { sites = append(sites, k.Sites...) })
	for _, site := range sites {
		if a.may(site.Roots) == nil {
			a.surveyOne(ctx, s, site.Asset, func(ctx context.Context, o inventory.Options) (inventory.List, error) {
				return inventory.Site(ctx, site.Roots, o)
			})
		}
	}
}

func (a *Agent) surveyOne(ctx context.Context, s *surveyed, asset candor.ID, look func(context.Context, inventory.Options) (inventory.List, error)) {
	now := a.Clock()
	if ctx.Err() != nil || now.Before(s.due[asset]) {
		return
	}
	s.due[asset] = now.Add(a.Survey)
	inner, cancel := context.WithTimeout(ctx, surveyPatience)
	defer cancel()
	l, err := look(inner, inventory.Options{Pace: func() { a.pace.wait(inner) }, RPM: a.RPM})
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		l.Gap = inventory.TooMany // it took too long
	}
	if err := a.tellSoftware(ctx, asset, l); err != nil && ctx.Err() == nil {
		s.due[asset] = now.Add(min(a.Survey, surveyAgain))
		a.Log.Warn("the desk does not take which software is here", "site", asset, "error", err)
	}
}

// tellSoftware sends a list, if the desk does not know it.
func (a *Agent) tellSoftware(ctx context.Context, asset candor.ID, l inventory.List) error {
	report := wire.InventoryReport{Asset: asset, Digest: l.Digest()}
	var out wire.InventoryAnswer
	if err := a.link.ask(ctx, wire.Inventory, report, &out); err != nil || !out.Whole {
		return err
	}
	report.List = &l
	err := a.link.ask(ctx, wire.Inventory, report, &out)
	if errors.Is(err, candor.ErrInvalid) {
		a.Log.Error("the desk refuses a list of software", "site", asset, "items", len(l.Items), "error", err)
		return nil // it would be refused again
	}
	return err
}
