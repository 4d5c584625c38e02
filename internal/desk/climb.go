package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"candor"
)

// LadderActor is who proposes what ladders say.
const LadderActor = "policy:ladder"

// Escalator carries out what ladders propose.
type Escalator interface {
	Responder
	// Responses gives all responses of a case.
	Responses(ctx context.Context, id candor.ID) ([]candor.Response, error)
	// Refuse refuses a response that waits for approval.
	Refuse(ctx context.Context, who candor.Principal, id candor.ID, why string) error
}

// mostSteps is how many steps a case makes at once.
const mostSteps = 4

// Climb looks at cases on ladders whose time has come: it has them go up or down,
// proposes what their rungs say, and takes back what is no longer to be done. It
// tells how many it looked at. It may be done by several at once, and broken off
// at any point: what was not proposed is proposed by the next run.
func (d *Desk) Climb(ctx context.Context, e Escalator) (int, error) {
	const most = 100
	var due []candor.Standing
	err := d.Store.Tx(ctx, func(tx Tx) (err error) {
		due, err = tx.DueStandings(ctx, d.Clock(), most)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("look at ladders: %w", err)
	}
	var problems []error
	for _, s := range due {
		err := d.climb(ctx, e, s.Case)
		if err == nil || errors.Is(err, candor.ErrChanged) { // something happened meanwhile: it is looked at again
			continue
		}
		if ctx.Err() != nil {
			return len(due), ctx.Err()
		}
		problems = append(problems, fmt.Errorf("escalate case %s: %w", s.Case, err), d.later(ctx, s.Case))
	}
	return len(due), errors.Join(problems...)
}

// later has a case that could not be looked at wait, so that it holds up no other.
func (d *Desk) later(ctx context.Context, id candor.ID) error {
	return d.Store.Tx(ctx, func(tx Tx) error {
		s, err := tx.Standing(ctx, id)
		if err != nil {
			return err
		}
		s.Look = d.Clock().Add(10 * time.Minute)
		return tx.ChangeStanding(ctx, &s)
	})
}

// climb takes one case along.
func (d *Desk) climb(ctx context.Context, e Escalator, id candor.ID) error {
	var c candor.Case
	var w walk
	err := d.Store.Tx(ctx, func(tx Tx) (err error) {
		if c, err = tx.Case(ctx, candor.Everything, id); err != nil {
			return err
		}
		w = walk{ladder: d.Ladder(c), zone: d.Calendar.Zone(), now: d.Clock().UTC(), timed: c.State != candor.CaseResolved}
		if w.at, err = tx.Standing(ctx, id); err != nil {
			return err
		}
		return d.walk(ctx, tx, c, &w)
	})
	if err != nil || !w.at.Pending {
		return err
	}
	gap, err := d.proposeRung(ctx, e, c, w)
	if err != nil {
		return err
	}
	return d.Store.Tx(ctx, func(tx Tx) error {
		w.at.Pending, w.at.Gap, w.at.Look = false, gap, w.now // something may have happened meanwhile
		return tx.ChangeStanding(ctx, &w.at)
	})
}

// walk makes the steps that a case makes now, and keeps where it stands.
func (d *Desk) walk(ctx context.Context, tx Tx, c candor.Case, w *walk) (err error) {
	if at := slices.IndexFunc(w.ladder, func(r Rung) bool { return r.Name == w.at.Rung }); at >= 0 {
		w.at.Step = at + 1 // rungs before it were taken away, or added
	}
	w.at.Step = min(w.at.Step, len(w.ladder))
	if len(w.ladder) == 0 || !c.State.Open() {
		w.at.Look, w.at.Pending = time.Time{}, false
		return tx.ChangeStanding(ctx, &w.at)
	}
	if w.past, err = d.pastOf(ctx, tx, c, w.at); err != nil {
		return err
	}
	for range mostSteps {
		if w.at.Pending {
			break // what was not proposed comes first
		}
		s, ok, err := w.next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if err := d.stride(ctx, tx, c, w, s); err != nil {
			return err
		}
	}
	if w.at.Look = w.look(); w.at.Pending {
		w.at.Look = w.now
	}
	return tx.ChangeStanding(ctx, &w.at)
}

// stride makes one step, and tells of it.
func (d *Desk) stride(ctx context.Context, tx Tx, c candor.Case, w *walk, s stride) error {
	from := w.at.Step
	w.at.Step, w.at.Why, w.at.Since, w.at.Rung, w.at.Gap = s.to, s.why, w.now, "", ""
	if s.to > 0 {
		w.at.Rung = w.ladder[s.to-1].Name
	}
	if s.why == candor.CauseMended {
		w.at.Since, w.at.Mended = w.past.mended, w.past.mended
		w.at.Pending = true // what waits for approval is taken back
		if s.to == from {
			return nil
		}
		return d.tellStride(ctx, tx, c, w, from)
	}
	r := w.ladder[s.to-1]
	w.at.Pending = len(r.Responses) > 0
	for _, t := range r.Tasks {
		if err := d.askOnce(ctx, tx, c.ID, t); err != nil {
			return err
		}
	}
	if len(r.Responses)+len(r.Tasks) > 0 {
		if err := d.tell(ctx, tx, Notice{Kind: "escalated", Case: c, Text: r.Text}); err != nil {
			return err
		}
	}
	return d.tellStride(ctx, tx, c, w, from)
}

func (d *Desk) tellStride(ctx context.Context, tx Tx, c candor.Case, w *walk, from int) error {
	says := map[string]any{"rung": w.at.Rung, "step": w.at.Step, "before": from, "cause": w.at.Why}
	if w.at.Previous != "" {
		says["case"] = w.at.Previous
	}
	if err := d.event(ctx, tx, candor.Event{Case: c.ID, Kind: candor.EventLadder, Actor: LadderActor}, says); err != nil {
		return err
	}
	return d.record(ctx, tx, c.Party, candor.Record{Kind: candor.RecordDecision, Subject: c.ID, Case: c.ID, Actor: LadderActor}, map[string]any{"ladder": says}, nil)
}

// proposeRung proposes what the rung says on which a case came to stand, or takes
// back what the one above it proposed. It tells why something could not be.
func (d *Desk) proposeRung(ctx context.Context, e Escalator, c candor.Case, w walk) (gap string, err error) {
	who := candor.Principal{Name: LadderActor}
	have, err := e.Responses(ctx, c.ID)
	if err != nil {
		return "", err
	}
	if w.at.Why == candor.CauseMended {
		return "", takeBack(ctx, e, who, have)
	}
	var policy Policy
	err = d.Store.Tx(ctx, func(tx Tx) error { return tx.Setting(ctx, PolicySetting, &policy) })
	if err != nil || w.at.Step == 0 {
		return "", err
	}
	for _, p := range w.ladder[w.at.Step-1].Responses {
		at := slices.IndexFunc(have, func(h candor.Response) bool { return h.Method == p.Method && stands(h, w.at.Since) })
		if at >= 0 {
			// The program may have ended between the proposal and the approval.
			if have[at].State == candor.ResponseProposed && have[at].By == who.Name && policy.Allows(c, p.Method) {
				err = e.Approve(ctx, who, have[at].ID)
			}
			if err != nil && !errors.Is(err, candor.ErrChanged) {
				return "", err
			}
			continue
		}
		response, err := e.Propose(ctx, who, c, p, count(have, p.Method))
		switch {
		case errors.Is(err, ErrBeside):
			continue
		case errors.Is(err, candor.ErrExists):
			// Another node did it, or a person: what it is now says whether it is to be
			// approved still.
			return "", fmt.Errorf("%w: %w", candor.ErrChanged, err)
		case refusal(err):
			if gap = candor.Hint(err); gap == "" {
				gap = err.Error()
			}
			err = d.explain(ctx, c, p.Method, err)
		case err == nil && policy.Allows(c, p.Method):
			err = e.Approve(ctx, who, response.ID)
		}
		if err != nil {
			return "", err
		}
	}
	return gap, nil
}

// stands tells whether a response makes another of its method needless: it waits,
// it holds, or this rung proposed it. A mail that was sent holds nothing.
func stands(r candor.Response, since time.Time) bool {
	switch r.State {
	case candor.ResponseProposed, candor.ResponseApproved:
		return true
	case candor.ResponseApplied, candor.ResponseVerified:
		if r.Method != "notify" {
			return true
		}
	}
	return r.By == LadderActor && !r.Created.Before(since)
}

func takeBack(ctx context.Context, e Escalator, who candor.Principal, have []candor.Response) (err error) {
	for _, r := range have {
		if r.State != candor.ResponseProposed || r.By != who.Name {
			continue
		}
		refused := e.Refuse(ctx, who, r.ID, "the party says that it is mended")
		if !errors.Is(refused, candor.ErrChanged) { // somebody decided
			err = errors.Join(err, refused)
		}
	}
	return err
}
