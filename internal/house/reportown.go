package house

import (
	"context"
	"fmt"
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/intake"
)

// bySource begins Report.Source of what a reporter's program handed in.
const bySource = "reporter:"

// filedBy is Report.Source of what a program of the reporter hands in.
func filedBy(reporter string) string { return bySource + reporter }

// filer is the reporter whose program handed a report in; empty if none did.
func filer(r candor.Report) string {
	by, ok := strings.CutPrefix(r.Source, bySource)
	if !ok || r.Way != string(intake.API) {
		return ""
	}
	return by
}

// OwnReport is a report that a reporter's program handed in, and what became of it:
// nothing of whom it is about.
type OwnReport struct {
	ID       candor.ID
	State    candor.ReportState
	Received time.Time
	Name     string // of a file
	SHA256   string // of the message
	Size     int64  // bytes
	Format   string
	Outcome  ReportOutcome
}

// OwnReports lists what programs of a reporter handed in, the last first, for a
// program of that reporter.
func (h *House) OwnReports(ctx context.Context, who candor.Principal, cut candor.Cut) (candor.Page[OwnReport], error) {
	if err := may(who, access.FileReports); err != nil {
		return candor.Page[OwnReport]{}, err
	}
	f := candor.ReportFilter{Reporter: who.Reporter, Way: string(intake.API), Source: filedBy(who.Reporter)}
	page, err := h.Store.Reports(ctx, f, cut)
	out := candor.Page[OwnReport]{Count: page.Count, More: page.More, Next: page.Next, Previous: page.Previous, Items: make([]OwnReport, len(page.Items))}
	for i, r := range page.Items {
		if err != nil {
			break
		}
		out.Items[i], err = h.ownReport(ctx, r)
	}
	return out, err
}

// OwnReport gives one that a program of the reporter handed in; any other is not there
// for it.
func (h *House) OwnReport(ctx context.Context, who candor.Principal, id candor.ID) (OwnReport, error) {
	if err := may(who, access.FileReports); err != nil {
		return OwnReport{}, err
	}
	r, err := h.Store.Report(ctx, id)
	if err == nil && filer(r) != who.Reporter {
		err = fmt.Errorf("report %s: %w", id, candor.ErrNotFound)
	}
	if err != nil {
		return OwnReport{}, err
	}
	return h.ownReport(ctx, r)
}

func (h *House) ownReport(ctx context.Context, r candor.Report) (OwnReport, error) {
	outcome, err := h.ReportOutcome(ctx, r.ID)
	return OwnReport{ID: r.ID, State: r.State, Received: r.Received, Name: r.Name, SHA256: r.SHA256, Size: r.Size, Format: r.Format, Outcome: outcome}, err
}
