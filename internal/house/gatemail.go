package house

import (
	"context"
	"fmt"
	"time"

	"candor"
	"candor/internal/consent/gate"
	"candor/internal/store"
)

// GraceJob asks to write to the owner of a site whose grace at the gate began, or is
// about to end.
type GraceJob struct {
	Move   candor.ID `json:"move"` // by which it began
	Ending bool      `json:"ending,omitempty"`
}

// Kind names the job.
func (GraceJob) Kind() string { return "mail.grace" }

// lastCall is how long before the end of grace the owner is written to again, if half
// of the grace is not shorter.
const lastCall = 48 * time.Hour

// mailGrace asks for both mails of a grace that begins.
func (h *House) mailGrace(ctx context.Context, tx *store.Tx, m candor.GateMove) error {
	if h.Mute || m.To != candor.GateGrace {
		return nil
	}
	if err := tx.Enqueue(ctx, GraceJob{Move: m.ID}, candor.JobOptions{}); err != nil {
		return err
	}
	before := min(lastCall, m.Deadline.Sub(m.At)/2)
	return tx.Enqueue(ctx, GraceJob{Move: m.ID, Ending: true}, candor.JobOptions{At: m.Deadline.Add(-before)})
}

// Grace is what a mail about a site's grace says, and to whom it goes.
type Grace struct {
	Addressed
	Site     candor.Asset
	Deadline time.Time
	Unmet    []candor.GateCheck // that are not met now
}

// Grace gives it for a mail that is written now. If that grace is over, because the
// site is mended, was taken back or is suspended, or nobody can be written to, it is
// candor.ErrNotFound.
func (h *House) Grace(ctx context.Context, j GraceJob) (g Grace, err error) {
	m, err := h.Store.GateMove(ctx, j.Move)
	if err != nil {
		return g, err
	}
	now, err := h.Store.Gate(ctx, m.Asset)
	if err != nil {
		return g, err
	}
	if g.Site, err = h.Store.Asset(ctx, candor.Everything, m.Asset); err != nil {
		return g, err
	}
	if now.State != candor.GateGrace || !now.Deadline.Equal(m.Deadline) || !h.Clock().Before(m.Deadline) || g.Site.Retired {
		return g, fmt.Errorf("grace of site %s: %w", m.Asset, candor.ErrNotFound)
	}
	g.Deadline, g.Unmet = now.Deadline, gate.Unmet(now.Checks)
	g.Addressed, err = h.whom(ctx, g.Site.Owner, "", "")
	return g, err
}
