package respond

import (
	"context"
	"errors"
	"fmt"
	"time"

	"candor"
)

// Approve has a response applied: one that is proposed, or one that failed.
func (r *Runner) Approve(ctx context.Context, who candor.Principal, id candor.ID) (candor.Response, error) {
	return r.decide(ctx, who, id, "approve", func(tx Tx, resp candor.Response) (candor.Response, error) {
		return r.approve(ctx, tx, who, resp)
	})
}

// ApproveAll approves several responses in one transaction, so that what can be
// done about them together is: all, or with an error none.
func (r *Runner) ApproveAll(ctx context.Context, who candor.Principal, ids []candor.ID) error {
	if err := mayDecide(who); err != nil {
		return err
	}
	return r.Store.Tx(ctx, func(tx Tx) error {
		for _, id := range ids {
			resp, err := tx.Response(ctx, scope(who), id)
			if err == nil {
				_, err = r.approve(ctx, tx, who, resp)
			}
			if err != nil {
				return fmt.Errorf("approve response %s: %w", id, err)
			}
		}
		return nil
	})
}

func (r *Runner) approve(ctx context.Context, tx Tx, who candor.Principal, resp candor.Response) (candor.Response, error) {
	if !resp.Expires.IsZero() && !resp.Expires.After(r.Now()) {
		return resp, invalid("it has expired", "Propose a new one.")
	}
	var err error
	if resp.Basis, err = r.stands(ctx, tx, resp); err != nil {
		return resp, err
	}
	resp.Approved = actor(who)
	resp, err = r.move(ctx, tx, resp, step{to: candor.ResponseApproved, actor: actor(who)})
	if err != nil {
		return resp, err
	}
	return resp, tx.Enqueue(ctx, ApplyJob{Response: resp.ID}, candor.JobOptions{})
}

// Refuse ends a response of which nothing has been done. The reason may be
// empty.
func (r *Runner) Refuse(ctx context.Context, who candor.Principal, id candor.ID, reason string) (candor.Response, error) {
	return r.decide(ctx, who, id, "refuse", func(tx Tx, resp candor.Response) (candor.Response, error) {
		if begun(resp) {
			return resp, candor.WithHint(fmt.Errorf("part of it is done: %w", candor.ErrChanged), "Undo it instead.")
		}
		return r.move(ctx, tx, resp, step{to: candor.ResponseRefused, actor: actor(who), text: reason})
	})
}

// Undo has undone what a response did. The reason may be empty.
func (r *Runner) Undo(ctx context.Context, who candor.Principal, id candor.ID, reason string) (candor.Response, error) {
	return r.decide(ctx, who, id, "undo", func(tx Tx, resp candor.Response) (candor.Response, error) {
		p, err := ReadPlan(resp, nil)
		switch {
		case err != nil:
			return resp, err
		case p.Lasting:
			return resp, invalid("it cannot be undone", p.Undo.Text)
		case !begun(resp):
			return resp, candor.WithHint(fmt.Errorf("nothing of it was done: %w", candor.ErrChanged), "Refuse it instead.")
		}
		return r.undo(ctx, tx, resp, step{actor: actor(who), text: reason})
	})
}

// Release has undone several responses to one party at once, since the party says
// that their cause is gone. Only the party itself may ask for that, and whoever
// decides about responses. Before, in the same transaction, may says whether it is
// to be: with its error nothing is changed.
func (r *Runner) Release(ctx context.Context, who candor.Principal, ids []candor.ID, reason string, may func(context.Context, Tx, []candor.Response) error) error {
	err := r.Store.Tx(ctx, func(tx Tx) error {
		var all []candor.Response
		for _, id := range ids {
			resp, err := tx.Response(ctx, scope(who), id)
			if err != nil {
				return err
			}
			if err := mayPropose(who, resp.Party); err != nil {
				return err
			}
			if !begun(resp) || !CanBecome(resp.State, candor.ResponseUndoing) {
				return candor.WithHint(fmt.Errorf("response %s is %s: %w", id, resp.State, candor.ErrChanged), "Try again in a moment.")
			}
			all = append(all, resp)
		}
		if err := may(ctx, tx, all); err != nil {
			return err
		}
		for _, resp := range all {
			if _, err := r.undo(ctx, tx, resp, step{actor: actor(who), text: reason}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("release: %w", err)
	}
	return nil
}

// decide lets do change a response in a transaction, if who may.
func (r *Runner) decide(ctx context.Context, who candor.Principal, id candor.ID, what string,
	do func(Tx, candor.Response) (candor.Response, error)) (resp candor.Response, err error) {
	err = r.Store.Tx(ctx, func(tx Tx) error {
		if resp, err = tx.Response(ctx, scope(who), id); err != nil {
			return err
		}
		if err = mayDecide(who); err != nil {
			return err
		}
		resp, err = do(tx, resp)
		return err
	})
	if err != nil {
		return candor.Response{}, fmt.Errorf("%s response %s: %w", what, id, err)
	}
	return resp, nil
}

// undo moves a response to undoing and asks for the job that does it.
func (r *Runner) undo(ctx context.Context, tx Tx, resp candor.Response, s step) (candor.Response, error) {
	lapsed := !resp.Lapsed.IsZero()
	s.to, resp.Held, resp.Lapsed = candor.ResponseUndoing, time.Time{}, time.Time{}
	resp, err := r.move(ctx, tx, resp, s)
	if err != nil {
		return resp, err
	}
	if lapsed {
		if err := r.tellLapsed(ctx, tx, resp); err != nil {
			return resp, err
		}
	}
	return resp, tx.Enqueue(ctx, UndoJob{Response: resp.ID}, candor.JobOptions{})
}

// begun tells whether something of the response was done, or may have been:
// methods save a result before their first act.
func begun(r candor.Response) bool { return len(r.Result) > 0 }

// stands checks that a response may still be carried out as things are now, and
// gives what it rests on: if the party agreed to another version since, that one.
// Only candor.ErrDenied and candor.ErrNotFound say that it may not.
func (r *Runner) stands(ctx context.Context, tx Tx, resp candor.Response) (candor.Basis, error) {
	m, err := r.method(resp.Method)
	if err != nil {
		return resp.Basis, err
	}
	t, err := target(ctx, tx, candor.Everything, &Request{Case: resp.Case, Asset: resp.Asset, Party: resp.Party})
	if err != nil {
		return resp.Basis, err
	}
	if resp.Basis.Kind == "" {
		return resp.Basis, errors.Join(permitted(m, t), denied("it has no basis", "Propose a new one."))
	}
	now := r.Now()
	basis, err := findBasis(ctx, tx, resp.Party, resp.Basis, resp.Method, now)
	if errors.Is(err, candor.ErrDenied) && resp.Basis.Agreement != "" {
		basis, err = findBasis(ctx, tx, resp.Party, candor.Basis{}, resp.Method, now)
	}
	return basis, errors.Join(permitted(m, t), err)
}
