package house

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"candor"
	"candor/internal/store"
)

// EndWaiting ends complaints that waited for more reporters longer than the
// threshold of their class lets them: they are dismissed, with how few said the
// same. Where enough do by now, or no threshold is left, all that may be are filed.
// It tells how many ended.
func (h *House) EndWaiting(ctx context.Context) (ended int, err error) {
	var after candor.Complaint
	for {
		// Whose window is over is among the oldest; the shortest window says how far.
		all, err := h.Store.WaitingComplaints(ctx, h.Clock().Add(-h.shortestWindow()), after.Updated, after.ID, mostPending)
		if err != nil || len(all) == 0 {
			return ended, err
		}
		after = all[len(all)-1]
		n, err := h.endWaiting(ctx, all)
		if ended += n; err != nil {
			return ended, err
		}
	}
}

// shortestWindow is the shortest in which reporters of any class must say the same;
// 0 where there is no threshold.
func (h *House) shortestWindow() time.Duration {
	var shortest time.Duration
	for _, t := range h.Reports.Thresholds {
		if shortest == 0 || t.Within < shortest {
			shortest = t.Within
		}
	}
	return shortest
}

func (h *House) endWaiting(ctx context.Context, all []candor.Complaint) (ended int, err error) {
	ripe := map[subject]bool{}
	byReport := map[candor.ID][]candor.Complaint{}
	var order []candor.ID
	for _, c := range all {
		t := h.Reports.Thresholds[c.Class]
		of := subject{c.Asset, c.Class}
		if _, asked := ripe[of]; !asked {
			if err := h.Ripen(ctx, c.Asset, c.Class); err != nil { // its job may have been lost, or the threshold changed
				return ended, err
			}
			ripe[of] = true
		}
		if t.Reporters < 2 || h.Clock().Sub(c.Updated) < t.Within {
			continue
		}
		n, err := h.Store.Reporters(ctx, c.Asset, c.Class, c.Updated)
		if err != nil {
			return ended, err
		}
		c.Why = fmt.Sprintf("not enough reporters said the same within %s: %d of %d", window(t.Within), n, t.Reporters)
		if len(byReport[c.Report]) == 0 {
			order = append(order, c.Report)
		}
		byReport[c.Report] = append(byReport[c.Report], c)
	}
	for _, id := range order {
		n, err := h.endOf(ctx, id, byReport[id])
		if ended += n; err != nil {
			return ended, err
		}
	}
	return ended, nil
}

// endOf dismisses complaints of one report, and the report with them if nothing
// else is left of it.
func (h *House) endOf(ctx context.Context, id candor.ID, all []candor.Complaint) (ended int, err error) {
	err = h.tx(ctx, func(tx *store.Tx) error {
		ended = 0
		now := h.Clock().UTC()
		for _, c := range all {
			c.State, c.Updated = candor.ComplaintDismissed, now
			err := tx.ChangeComplaint(ctx, c, candor.ComplaintWaiting)
			if errors.Is(err, candor.ErrChanged) {
				continue // it was filed meanwhile
			}
			if err != nil {
				return err
			}
			ended++
		}
		if ended == 0 {
			return nil
		}
		return h.tellEnded(ctx, tx, id, ended)
	})
	if errors.Is(err, candor.ErrChanged) {
		return 0, nil // the report changed meanwhile: the next run does it
	}
	return ended, err
}

// tellEnded notes in a report that complaints of it ended.
func (h *House) tellEnded(ctx context.Context, tx *store.Tx, id candor.ID, n int) error {
	r, err := tx.Report(ctx, id)
	if err != nil {
		return err
	}
	counts, err := tx.ComplaintCounts(ctx, id)
	if err != nil {
		return err
	}
	left := slices.ContainsFunc(counts, func(c store.ComplaintCount) bool { return c.State != candor.ComplaintDismissed && c.Count > 0 })
	if !left && r.State == candor.ReportFiled {
		r.State, r.Why, r.Updated = candor.ReportDismissed, "not enough reporters said the same", h.Clock().UTC()
		if err := tx.ChangeReport(ctx, &r, ""); err != nil {
			return err
		}
	}
	return h.recordJSON(ctx, tx, "", candor.RecordDecision, id, candor.Principal{}, map[string]any{"report": r.State, "ended": n})
}

// window writes a time as people set it: 1d, 12h, 90m.
func window(d time.Duration) string {
	for _, u := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if d >= u.of && d%u.of == 0 {
			return fmt.Sprintf("%d%s", d/u.of, u.name)
		}
	}
	return d.String()
}
