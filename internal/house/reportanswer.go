package house

import (
	"context"
	"fmt"
	"time"

	"candor"
	"candor/internal/store"
)

// AcknowledgeJob asks to write to the reporter that a report came in, with a link
// to what becomes of it.
type AcknowledgeJob struct {
	Report candor.ID `json:"report"`
}

// Kind names the job.
func (AcknowledgeJob) Kind() string { return "mail.acknowledge" }

// mostAcknowledged is how often a day one reporter is written to: programs that
// send a thousand reports read no answers, and two that answer each other stop.
const mostAcknowledged = 20

// acknowledge asks for a reporter to be written to, unless a program would only
// write to a program.
func (h *House) acknowledge(ctx context.Context, tx *store.Tx, r candor.Report) error {
	if !h.Reports.Acknowledge || h.Mute || !r.Answerable || r.Reporter == "" || r.State != candor.ReportFiled && r.State != candor.ReportPerson {
		return nil
	}
	page, err := tx.Reports(ctx, candor.ReportFilter{Reporter: r.Reporter, ReceivedAfter: h.Clock().Add(-24 * time.Hour)}, candor.Cut{Limit: 1})
	if err != nil || page.Count > mostAcknowledged {
		return err
	}
	return tx.Enqueue(ctx, AcknowledgeJob{r.ID}, candor.JobOptions{})
}

// ReportOutcome is what a reporter is told of a report: nothing of whom it is about.
type ReportOutcome struct {
	Received  time.Time
	Subject   string
	Reference string
	Read      bool // a person, or a program that was sure, has looked
	Dismissed bool
	Told      int // complaints that went to who is responsible
	Mended    int // of these, those of which nothing is left to do
	Foreign   int // about nothing of the provider's
	Open      int // that are looked at yet
}

// ReportOutcome tells whoever holds a link to a report what became of it.
func (h *House) ReportOutcome(ctx context.Context, id candor.ID) (ReportOutcome, error) {
	r, err := h.Store.Report(ctx, id)
	if err != nil {
		return ReportOutcome{}, err
	}
	if r.State == candor.ReportDuplicate {
		if r, err = h.Store.Report(ctx, r.Same); err != nil {
			return ReportOutcome{}, err
		}
	}
	o := ReportOutcome{Received: r.Received, Subject: r.Subject, Reference: r.Reference, Read: r.State != candor.ReportNew && r.State != candor.ReportPerson, Dismissed: r.State == candor.ReportDismissed}
	open := map[candor.ID]bool{}
	for cut := (candor.Cut{Limit: 500, Sort: "number"}); ; {
		page, err := h.Store.Complaints(ctx, candor.ComplaintFilter{Report: r.ID}, cut)
		if err != nil {
			return o, fmt.Errorf("what became of report %s: %w", id, err)
		}
		for _, c := range page.Items {
			if err := h.tally(ctx, &o, c, open); err != nil {
				return o, err
			}
		}
		if cut.Cursor = page.Next; page.Next == "" {
			return o, nil
		}
	}
}

// tally counts a complaint; open remembers which cases are.
func (h *House) tally(ctx context.Context, o *ReportOutcome, c candor.Complaint, open map[candor.ID]bool) error {
	switch c.State {
	case candor.ComplaintFiled:
		o.Told++
		is, known := open[c.Case]
		if !known && c.Case != "" {
			x, err := h.Store.Case(ctx, candor.Everything, c.Case)
			if err != nil {
				return err
			}
			is = x.State.Open()
			open[c.Case] = is
		}
		if !is {
			o.Mended++
		}
	case candor.ComplaintForeign, candor.ComplaintForwarded:
		o.Foreign++
	case candor.ComplaintPerson, candor.ComplaintWaiting:
		o.Open++
	}
	return nil
}
