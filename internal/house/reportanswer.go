package house

import (
	"context"
	"fmt"
	"strings"
	"time"

	"candor"
	"candor/internal/intake"
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

// mostAcknowledgedAt is how often a day reporters of one domain are written to.
const mostAcknowledgedAt = 60

// acknowledge asks for a reporter to be written to, unless a program would only
// write to a program. A reporter that the content names, and who did not send it,
// is not: anybody could have us write to anybody.
func (h *House) acknowledge(ctx context.Context, tx *store.Tx, r candor.Report, sender string) error {
	if !strings.EqualFold(r.Reporter, sender) {
		return nil
	}
	if !h.Reports.Acknowledge && r.Way != string(intake.Form) || h.Mute || !r.Answerable || r.Reporter == "" || r.State != candor.ReportFiled && r.State != candor.ReportPerson {
		return nil
	}
	since := h.Clock().Add(-24 * time.Hour)
	page, err := tx.Reports(ctx, candor.ReportFilter{Reporter: r.Reporter, ReceivedAfter: since}, candor.Cut{Limit: 1})
	if err != nil || page.Count > mostAcknowledged {
		return err
	}
	n, err := tx.ReportsOfDomain(ctx, r.Reporter[strings.LastIndexByte(r.Reporter, '@')+1:], since)
	if err != nil || n > mostAcknowledgedAt {
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
	PassedOn  int // those elsewhere whom it was passed on to
	Ask       OutcomeAsk
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
	o := ReportOutcome{Received: r.Received, Subject: Brief(r.Subject), Reference: Brief(r.Reference), Read: r.State != candor.ReportNew && r.State != candor.ReportPerson, Dismissed: r.State == candor.ReportDismissed}
	if o.PassedOn, o.Ask, err = h.outcomeOf(ctx, r, r.ID != id); err != nil {
		return o, err
	}
	counts, err := h.Store.ComplaintCounts(ctx, r.ID)
	if err != nil {
		return o, fmt.Errorf("what became of report %s: %w", id, err)
	}
	for _, c := range counts {
		switch c.State {
		case candor.ComplaintFiled:
			o.Told += c.Count
			if c.Case == "" || !c.Case.Open() {
				o.Mended += c.Count
			}
		case candor.ComplaintForeign:
			o.Foreign += c.Count
		case candor.ComplaintPerson, candor.ComplaintWaiting:
			o.Open += c.Count
		}
	}
	return o, nil
}
