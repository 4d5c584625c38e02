package house

import (
	"context"
	"errors"
	"time"

	"candor"
	"candor/internal/consent/gate"
)

// served tells the gate of a site's notice.
type served struct{ h *House }

// Notice passes if every host of the site was last seen to serve the version
// that is pinned; the reading is as old as the oldest of those looks.
func (s served) Notice(ctx context.Context, site candor.Asset) (gate.Reading, error) {
	pin, err := s.h.Store.NoticeSite(ctx, site.ID)
	if errors.Is(err, candor.ErrNotFound) {
		return gate.Reading{Outcome: candor.GateFailed, Why: gate.NoNotice, At: s.h.Clock().UTC()}, nil
	}
	if err != nil {
		return gate.Reading{}, err
	}
	n, err := s.h.standing(ctx, candor.Principal{User: "system", Role: candor.RoleAuditor}, pin)
	if err != nil {
		return gate.Reading{}, err
	}
	oldest := time.Time{}
	for _, p := range n.Proofs {
		if oldest.IsZero() || p.Last.Before(oldest) {
			oldest = p.Last
		}
	}
	switch {
	case n.Pin.Number == 0:
		return gate.Reading{Outcome: candor.GateFailed, Why: gate.NoNotice, At: s.h.Clock().UTC()}, nil
	case n.Status == candor.ProofOther:
		return gate.Reading{Outcome: candor.GateFailed, Why: gate.OtherVersion, At: oldest}, nil
	case n.Status == candor.ProofAltered, n.Status == candor.ProofAbsent:
		return gate.Reading{Outcome: candor.GateFailed, Why: gate.NotServed, At: oldest}, nil
	case n.Proven(time.Time{}):
		return gate.Reading{Outcome: candor.GatePassed, At: oldest}, nil
	}
	return gate.Reading{Outcome: candor.GateMissing, Why: gate.NotMeasured}, nil
}
