package house

import (
	"context"
	"errors"

	"candor"
	"candor/internal/access"
	"candor/internal/desk"
	"candor/internal/desk/calendar"
)

// Responses implements desk.Escalator.
func (r Responder) Responses(ctx context.Context, id candor.ID) (all []candor.Response, err error) {
	cut := candor.Cut{Limit: 500}
	for {
		page, err := r.House.Store.Responses(ctx, candor.Everything, candor.ResponseFilter{Case: id}, cut)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if cut.Cursor = page.Next; page.Next == "" {
			return all, nil
		}
	}
}

// Refuse implements desk.Escalator.
func (r Responder) Refuse(ctx context.Context, who candor.Principal, id candor.ID, why string) error {
	_, err := r.House.Runner.Refuse(ctx, who, id, why)
	return err
}

// Ladder is the ladder of a case, and where the case stands on it.
type Ladder struct {
	candor.Standing
	// Rungs are all of the ladder, the lowest first; none if the class has no ladder.
	Rungs []LadderRung `json:"rungs" nullable:"false"`
}

// LadderRung is a rung of a ladder: what it waits for, of which one suffices, and
// what it proposes. Periods are such as 3d.
type LadderRung struct {
	Name     string   `json:"name"`
	Title    string   `json:"title"`
	Told     bool     `json:"told,omitempty"`
	After    string   `json:"after,omitempty"`
	Missed   bool     `json:"missed,omitempty"`
	Again    string   `json:"again,omitempty"`
	Cases    int      `json:"cases,omitempty"`
	Within   string   `json:"within,omitempty"`
	Proposes []string `json:"proposes,omitempty"` // methods of responses
	Asks     []string `json:"asks,omitempty"`     // tasks, in words
}

// CaseLadder gives the ladder of a case to those who may read it all: what a party
// is told of it, its case and its mails tell.
func (h *House) CaseLadder(ctx context.Context, who candor.Principal, id candor.ID) (Ladder, error) {
	if err := may(who, access.ReadCases); err != nil {
		return Ladder{}, err
	}
	c, err := h.Store.Case(ctx, who.Scope(), id)
	if err != nil {
		return Ladder{}, err
	}
	l := Ladder{Rungs: []LadderRung{}}
	l.Standing, err = h.Store.Standing(ctx, id)
	if errors.Is(err, candor.ErrNotFound) { // nothing happened since there are ladders
		l.Standing, err = candor.Standing{Case: id, Since: c.Opened}, nil
	}
	for _, r := range h.Desk.Ladder(c) {
		l.Rungs = append(l.Rungs, ladderRung(r))
	}
	l.Step = min(l.Step, len(l.Rungs))
	return l, err
}

func ladderRung(r desk.Rung) LadderRung {
	out := LadderRung{Name: r.Name, Title: r.Text, Told: r.Told, Missed: r.Missed, Cases: r.Cases}
	out.After, out.Again, out.Within = period(r.After), period(r.Again), period(r.Within)
	for _, x := range r.Responses {
		out.Proposes = append(out.Proposes, x.Method)
	}
	for _, x := range r.Tasks {
		out.Asks = append(out.Asks, x.Text)
	}
	return out
}

// period writes one that lasts.
func period(p calendar.Period) string {
	if p == (calendar.Period{}) {
		return ""
	}
	return p.String()
}
