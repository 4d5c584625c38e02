package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"candor"
)

// Passing is the sensor of what passed by, through a proxy or a gateway, on its
// way to a site or from one. Its places are addresses. That it was seen is an
// event: no look at a site's files proves that it is over, and there is no file
// to move away.
const Passing = "icap"

// Traffic is the sensor of what lines send and receive. Its places are what it
// was about. That it was seen is an event, as with Passing, but nothing lies
// anywhere.
const Traffic = "traffic"

// Reported is the sensor of what others report. Its places are what they complain
// about; that it is over is told by whoever mended it, or seen by a person.
const Reported = "report"

// Quiet is how long what passed by must not be seen again to be gone.
const Quiet = 7 * 24 * time.Hour

// mostPassed is how many places of what passed by are kept of one finding:
// whoever sends the same to ever other addresses fills nothing.
const mostPassed = 100

// PassedJob asks for Desk.EndPassed, once all that an asset's proxies saw on a
// day may be over.
type PassedJob struct {
	Asset candor.ID `json:"asset"`
	Day   time.Time `json:"day"`
}

// Kind names the job.
func (PassedJob) Kind() string { return "desk.passed" }

// handOver says which of the findings are to be filed, where some are known by
// another kind of sensor:
//
//   - What passed by and is known to lie at the site is only seen again: the
//     place where it lies decides when it is gone.
//   - What lies at the site and was known to pass by is from then on the
//     finding of whoever sees it there.
func (d *Desk) handOver(ctx context.Context, tx Tx, f *filing) ([]candor.Finding, error) {
	if f.Sensor != Passing && f.Sensor != Traffic {
		return f.Findings, d.takeOver(ctx, tx, f)
	}
	day := f.now.UTC().Truncate(24 * time.Hour)
	if err := tx.Enqueue(ctx, PassedJob{f.asset.ID, day}, candor.JobOptions{At: day.Add(24*time.Hour + Quiet), Once: true}); err != nil {
		return nil, err
	}
	if f.Sensor == Traffic {
		return f.Findings, nil
	}
	var seen []candor.ID
	var rest []candor.Finding
	for _, x := range f.Findings {
		known, ok := f.have[Same(x)]
		lies := ok && known.Sensor != Passing && (known.State == candor.FindingOpen || known.State == candor.FindingDismissed)
		switch {
		case lies || ok && known.State == candor.FindingOpen && known.Places >= mostPassed:
			seen = append(seen, known.ID)
			continue
		case ok && known.Sensor != Passing: // it was gone
			known.Sensor = Passing
			if err := d.hand(ctx, tx, f, known); err != nil {
				return nil, err
			}
		}
		rest = append(rest, x)
	}
	slices.Sort(seen)
	return rest, tx.SeeFindings(ctx, slices.Compact(seen), f.now, f.Generation)
}

// takeOver makes findings of what passed by those of the sensor that sees where
// it lies.
func (d *Desk) takeOver(ctx context.Context, tx Tx, f *filing) error {
	for _, known := range f.have {
		if known.Sensor != Passing {
			continue
		}
		places, err := tx.Places(ctx, known.ID)
		if err != nil {
			return err
		}
		for _, p := range places {
			if err := tx.SetPlace(ctx, known.ID, p.Path, candor.FindingGone); err != nil {
				return err
			}
		}
		known.Sensor, known.Places = f.Sensor, 0
		if err := d.hand(ctx, tx, f, known); err != nil {
			return err
		}
		if known.State != candor.FindingOpen {
			continue
		}
		// There is a file now, which can be moved away.
		if err := tx.Enqueue(ctx, PolicyJob{Case: known.Case}, candor.JobOptions{}); err != nil {
			return err
		}
	}
	return nil
}

// hand writes a finding that has another sensor now.
func (d *Desk) hand(ctx context.Context, tx Tx, f *filing, x candor.FiledFinding) error {
	f.have[Same(x.Finding)] = x
	return tx.ChangeFinding(ctx, x)
}

// EndPassed ends what passed by at an asset and was not seen again for as long
// as Quiet. Cases of which nothing is left close themselves.
func (d *Desk) EndPassed(ctx context.Context, asset candor.ID) error {
	err := d.Store.Tx(ctx, func(tx Tx) error {
		var quiet []candor.FiledFinding
		for _, sensor := range []string{Passing, Traffic} {
			unseen, err := tx.UnseenFindings(ctx, asset, sensor, d.Clock().Add(-Quiet))
			if err != nil {
				return err
			}
			quiet = append(quiet, unseen...)
		}
		for _, f := range quiet {
			places, err := tx.Places(ctx, f.ID)
			if err != nil {
				return err
			}
			for _, p := range places {
				if err := tx.SetPlace(ctx, f.ID, p.Path, candor.FindingGone); err != nil {
					return err
				}
			}
		}
		return d.lose(ctx, tx, quiet, candor.FindingGone, "system")
	})
	if err != nil {
		return fmt.Errorf("end what passed by at asset %s: %w", asset, err)
	}
	return nil
}

// hasPassed tells whether a case has findings of what passed by.
func (d *Desk) hasPassed(ctx context.Context, id candor.ID) (has bool, err error) {
	err = d.Store.Tx(ctx, func(tx Tx) error {
		all, err := tx.FindingsOfCase(ctx, id)
		has = slices.ContainsFunc(all, func(f candor.FiledFinding) bool { return f.Sensor == Passing })
		return err
	})
	return has, err
}
