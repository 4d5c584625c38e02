package respond

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"candor"
)

// reviewBatch is how many responses Review reads at once.
const reviewBatch = 200

// stays are the states of responses that act.
var stays = []candor.ResponseState{candor.ResponseApplied, candor.ResponseVerified, candor.ResponseFailed}

// Review looks whether what was done still rests on something: a party may have
// withdrawn since, or terms may have ended. Nothing is undone for that. The
// response is marked, the desk is told, and a person undoes it or says on what it
// rests instead. One that comes to rest on an agreement again is no longer marked.
// It tells of how many responses either was so. One that cannot be looked at keeps
// none of the others back.
func (r *Runner) Review(ctx context.Context) (changed int, err error) {
	for name, m := range r.methods {
		if !m.TouchesAsset() {
			continue // what was said cannot be unsaid
		}
		after := candor.ID("")
		for {
			page, lookErr := r.Store.StandingResponses(ctx, name, after, reviewBatch)
			if lookErr != nil {
				return changed, errors.Join(err, fmt.Errorf("look for responses that stand: %w", lookErr))
			}
			for _, resp := range page {
				did, one := r.review(ctx, resp)
				if one != nil {
					err = errors.Join(err, fmt.Errorf("look on what response %s rests: %w", resp.ID, one))
				}
				if did {
					changed++
				}
			}
			if len(page) < reviewBatch || ctx.Err() != nil {
				break
			}
			after = page[len(page)-1].ID
		}
	}
	return changed, err
}

// agreed tells whether a response acts, and rests on what a party agreed to.
func agreed(resp candor.Response) bool {
	return slices.Contains(stays, resp.State) && begun(resp) && resp.Basis.Agreement != ""
}

func (r *Runner) review(ctx context.Context, looked candor.Response) (changed bool, err error) {
	if !agreed(looked) {
		return false, nil
	}
	if p, err := ReadPlan(looked, nil); err == nil && p.Lasting {
		return false, nil
	}
	if r.Allowed != nil {
		allowed := r.Allowed(ctx, looked.Party, looked.Method)
		if allowed != nil && !errors.Is(allowed, candor.ErrDenied) {
			return false, allowed
		}
		if (allowed == nil) == looked.Lapsed.IsZero() {
			return false, nil
		}
	}
	err = r.Store.Tx(ctx, func(tx Tx) error {
		changed = false
		resp, err := tx.Response(ctx, candor.Everything, looked.ID)
		if err != nil || !agreed(resp) {
			return err
		}
		now := r.Now().UTC()
		basis, err := tx.Basis(ctx, resp.Party, "", resp.Method, now)
		s := step{from: resp.State, to: resp.State, actor: system}
		switch denied := errors.Is(err, candor.ErrDenied); {
		case err != nil && !denied:
			return err
		case denied && resp.Lapsed.IsZero():
			resp.Lapsed, s.lapsed = now, whyNot(err, resp)
		case !denied && !resp.Lapsed.IsZero():
			resp.Lapsed, resp.Basis, s.rested = time.Time{}, basis, true
		default:
			return nil
		}
		changed = true
		return r.mark(ctx, tx, resp, s)
	})
	return changed, err
}

// whyNot is why a party's agreements allow a response no longer.
func whyNot(err error, resp candor.Response) *candor.NoBasis {
	var no *candor.NoBasis
	if errors.As(err, &no) {
		return no
	}
	return &candor.NoBasis{Why: candor.GapNothing, Action: resp.Method}
}

// mark keeps a response whose state stays as it is, and tells of it.
func (r *Runner) mark(ctx context.Context, tx Tx, resp candor.Response, s step) error {
	resp.Updated = r.Now().UTC()
	if err := tx.ChangeResponse(ctx, resp, resp.State); err != nil {
		return err
	}
	if err := r.note(ctx, tx, resp, s); err != nil {
		return err
	}
	return r.tellLapsed(ctx, tx, resp)
}

func (r *Runner) tellLapsed(ctx context.Context, tx Tx, resp candor.Response) error {
	if r.Lapsed == nil {
		return nil
	}
	open, err := tx.CountLapsed(ctx, resp.Case)
	if err != nil {
		return err
	}
	return r.Lapsed(ctx, tx, resp, open)
}

// Rest says on what a response goes on to rest, since what it rested on holds no
// longer: an agreement in force, a consent or a law, as in Propose. The reason must
// not be empty.
func (r *Runner) Rest(ctx context.Context, who candor.Principal, id candor.ID, on candor.Basis, reason string) (candor.Response, error) {
	return r.decide(ctx, who, id, "put on another basis", func(tx Tx, resp candor.Response) (candor.Response, error) {
		switch {
		case resp.Lapsed.IsZero() || !slices.Contains(stays, resp.State):
			return resp, candor.WithHint(fmt.Errorf("it does not wait for that: %w", candor.ErrChanged), "Look at the response again.")
		case strings.TrimSpace(reason) == "":
			return resp, invalid("there is no reason", "Say why it is to go on.")
		}
		basis, err := findBasis(ctx, tx, resp.Party, on, resp.Method, r.Now().UTC())
		if err != nil {
			return resp, err
		}
		resp.Basis, resp.Lapsed = basis, time.Time{}
		return resp, r.mark(ctx, tx, resp, step{from: resp.State, to: resp.State, actor: actor(who), text: reason, rested: true})
	})
}
