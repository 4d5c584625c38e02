package house

import (
	"context"
	"fmt"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/drill"
)

// Drills says where the reports of drills are, and how often one is to be held.
type Drills struct {
	Folder drill.Folder
	Every  time.Duration // 0 for never
	Since  time.Time     // from when on that holds, as long as there was none
	Itself bool          // the program holds them by itself when they are due
}

// DrillState is how drills stand.
type DrillState struct {
	All     []drill.Kept // the newest first
	Every   time.Duration
	Due     time.Time // of the next; zero for none
	Overdue bool
	Itself  bool
}

// DrillsHeld gives all drills that were held.
func (h *House) DrillsHeld(ctx context.Context, who candor.Principal) (s DrillState, err error) {
	if err := may(who, access.ReadSettings); err != nil {
		return s, err
	}
	if s.All, err = h.Drills.Folder.All(); err != nil {
		return s, fmt.Errorf("read the reports of drills: %w", err)
	}
	s.Every, s.Itself, s.Due = h.Drills.Every, h.Drills.Itself, drill.Due(s.All, h.Drills.Every, h.Drills.Since)
	s.Overdue = !s.Due.IsZero() && s.Due.Before(h.Clock())
	return s, ctx.Err()
}

// Drill gives one drill by its name; candor.ErrNotFound if there is none.
func (h *House) Drill(ctx context.Context, who candor.Principal, name string) (drill.Kept, error) {
	s, err := h.DrillsHeld(ctx, who)
	if err != nil {
		return drill.Kept{}, err
	}
	for _, k := range s.All {
		if k.Name == name {
			return k, nil
		}
	}
	return drill.Kept{}, fmt.Errorf("drill %.60q: %w", name, candor.ErrNotFound)
}

// drillDue tells since when a drill is overdue; zero if none is. Reports that
// cannot be read are told of in the log: nobody's work waits for them.
func (h *House) drillDue(ctx context.Context) time.Time {
	if h.Drills.Every <= 0 {
		return time.Time{}
	}
	last, err := h.Drills.Folder.Last()
	if err != nil {
		if h.Logger != nil {
			h.Logger.WarnContext(ctx, "the reports of drills cannot be read: nobody is reminded of the next", "error", err)
		}
		return time.Time{}
	}
	if due := drill.Due(last, h.Drills.Every, h.Drills.Since); due.Before(h.Clock()) {
		return due.UTC()
	}
	return time.Time{}
}
