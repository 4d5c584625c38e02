package respond

import (
	"context"
	"fmt"
	"slices"
	"time"

	"candor"
)

// Holding is why a response must go on though its time is over: of so many
// contents that it took away, some are still found to be harmful, by rules of
// these names.
type Holding struct {
	Found int      `json:"found"`
	Of    int      `json:"of"`
	Rules []string `json:"rules,omitempty"` // sorted; at most MostRules
}

// MostRules bounds the rules that a Holding names.
const MostRules = 10

// holdFor is how long a response goes on beyond its time until it is looked at
// again: definitions that were wrong are mostly mended within days.
const holdFor = 7 * 24 * time.Hour

// held looks whether a response whose time is over must go on, and has it go on
// if so.
func (r *Runner) held(ctx context.Context, resp candor.Response) (bool, error) {
	if r.Hold == nil {
		return false, nil
	}
	why, err := r.Hold(ctx, resp)
	if err != nil || why == nil {
		return false, err
	}
	err = r.Store.Tx(ctx, func(tx Tx) error {
		now, err := tx.Response(ctx, candor.Everything, resp.ID)
		if err != nil || taken(resp, now) || !r.over(now) {
			return err // somebody decided meanwhile, or another worker was here
		}
		now.Updated = r.Now().UTC()
		now.Held, now.Expires = now.Updated, now.Updated.Add(holdFor)
		if err := tx.ChangeResponse(ctx, now, now.State); err != nil {
			return err
		}
		if err := r.note(ctx, tx, now, step{from: now.State, to: now.State, actor: system, held: why}); err != nil {
			return err
		}
		if r.Held != nil {
			if err := r.Held(ctx, tx, now); err != nil {
				return err
			}
		}
		return tx.Enqueue(ctx, ExpireJob{Response: now.ID}, candor.JobOptions{At: now.Expires})
	})
	return true, err
}

// over tells whether the time of a response is over.
func (r *Runner) over(resp candor.Response) bool {
	return !resp.Expires.IsZero() && !resp.Expires.After(r.Now())
}

// Keep has a response that goes on beyond its time go on without an end, until
// somebody undoes it. The reason must not be empty.
func (r *Runner) Keep(ctx context.Context, who candor.Principal, id candor.ID, reason string) (candor.Response, error) {
	return r.decide(ctx, who, id, "keep", func(tx Tx, resp candor.Response) (candor.Response, error) {
		switch {
		case resp.Held.IsZero() || !slices.Contains(stays, resp.State):
			return resp, candor.WithHint(fmt.Errorf("it does not wait for that: %w", candor.ErrChanged), "Look at the response again.")
		case reason == "":
			return resp, invalid("there is no reason", "Say why it is to go on.")
		}
		resp.Held, resp.Expires, resp.Updated = time.Time{}, time.Time{}, r.Now().UTC()
		if err := tx.ChangeResponse(ctx, resp, resp.State); err != nil {
			return resp, err
		}
		return resp, r.note(ctx, tx, resp, step{from: resp.State, to: resp.State, actor: actor(who), text: reason, kept: true})
	})
}
