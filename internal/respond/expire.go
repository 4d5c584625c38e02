package respond

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"candor"
)

// sweepBatch bounds how many responses one look for expired ones gives.
const sweepBatch = 100

// Expire ends a response whose time is over: what was done is undone, unless it
// must go on (Config.Hold), what was not is refused. It does nothing for one
// that goes on, or has ended.
func (r *Runner) Expire(ctx context.Context, id candor.ID) error {
	if err := r.expire(ctx, id); err != nil {
		return fmt.Errorf("end response %s at its time: %w", id, err)
	}
	return nil
}

func (r *Runner) expire(ctx context.Context, id candor.ID) error {
	var looked candor.Response
	err := r.Store.Tx(ctx, func(tx Tx) (err error) { looked, err = tx.Response(ctx, candor.Everything, id); return err })
	if err != nil || !r.over(looked) {
		return err
	}
	undo := begun(looked) && CanBecome(looked.State, candor.ResponseUndoing)
	if undo {
		if held, err := r.held(ctx, looked); held || err != nil {
			return err
		}
	}
	return r.Store.Tx(ctx, func(tx Tx) error {
		resp, err := tx.Response(ctx, candor.Everything, id)
		if err != nil || !r.over(resp) {
			return err
		}
		s := step{actor: system, expired: true}
		switch {
		case taken(looked, resp) || !bytes.Equal(looked.Result, resp.Result):
			return fmt.Errorf("it moved on meanwhile: %w", candor.ErrChanged) // and is looked at again
		case undo:
			_, err = r.undo(ctx, tx, resp, s)
		case !begun(resp) && CanBecome(resp.State, candor.ResponseRefused):
			s.to = candor.ResponseRefused
			_, err = r.move(ctx, tx, resp, s)
		}
		return err
	})
}

// Sweep ends all responses whose time is over, as far as their own jobs have
// not, and tells how many there were. One that cannot be ended keeps none of
// the others back.
func (r *Runner) Sweep(ctx context.Context) (ended int, err error) {
	for {
		expired, lookErr := r.Store.ExpiredResponses(ctx, r.Now().UTC(), sweepBatch)
		if lookErr != nil {
			return ended, errors.Join(err, fmt.Errorf("look for expired responses: %w", lookErr))
		}
		before := ended
		for _, resp := range expired {
			if one := r.Expire(ctx, resp.ID); one != nil {
				err = errors.Join(err, one)
			} else {
				ended++
			}
		}
		if len(expired) < sweepBatch || ended == before || err != nil {
			return ended, err
		}
	}
}
