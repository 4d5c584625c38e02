package respond

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"candor"
)

// work is one kind of job: what it does to a response in which states.
type work struct {
	name string
	from []candor.ResponseState
	done candor.ResponseState
	job  candor.Job // asks for the work again
	next candor.Job // asked for when it is done; nil for nothing
	do   func(context.Context, Method, candor.Response, Journal) (json.RawMessage, error)
}

// Apply applies an approved response, and does nothing for any other. The
// basis and the rule "observe only" are looked up again first. An error means
// that the job must be done again; a failure of the method is none, since it
// is kept in the response, and a job for another attempt is asked for.
func (r *Runner) Apply(ctx context.Context, id candor.ID) error {
	return r.carry(ctx, id, work{
		name: "apply", from: []candor.ResponseState{candor.ResponseApproved}, done: candor.ResponseApplied,
		job: ApplyJob{Response: id}, next: VerifyJob{Response: id},
		do: func(ctx context.Context, m Method, resp candor.Response, j Journal) (json.RawMessage, error) {
			return m.Apply(ctx, resp, j)
		},
	})
}

// Verify looks whether an applied response holds, or one verified earlier
// still does. Errors are as for Apply.
func (r *Runner) Verify(ctx context.Context, id candor.ID) error {
	return r.carry(ctx, id, work{
		name: "verify", from: []candor.ResponseState{candor.ResponseApplied, candor.ResponseVerified},
		done: candor.ResponseVerified, job: VerifyJob{Response: id},
		do: func(ctx context.Context, m Method, resp candor.Response, _ Journal) (json.RawMessage, error) {
			return nil, m.Verify(ctx, resp)
		},
	})
}

// Revert undoes a response that is to be undone. Errors are as for Apply.
func (r *Runner) Revert(ctx context.Context, id candor.ID) error {
	return r.carry(ctx, id, work{
		name: "undo", from: []candor.ResponseState{candor.ResponseUndoing}, done: candor.ResponseUndone,
		job: UndoJob{Response: id},
		do: func(ctx context.Context, m Method, resp candor.Response, j Journal) (json.RawMessage, error) {
			return m.Revert(ctx, resp, j)
		},
	})
}

func (r *Runner) carry(ctx context.Context, id candor.ID, w work) error {
	resp, m, err := r.begin(ctx, id, w)
	if err != nil {
		return fmt.Errorf("%s response %s: %w", w.name, id, err)
	}
	if m == nil {
		return nil
	}
	result, failure := w.do(ctx, m, resp, &journal{runner: r, held: resp})
	if failure != nil && ctx.Err() != nil {
		return fmt.Errorf("%s response %s: %w", w.name, id, failure) // interrupted: not the method's failure
	}
	if err := r.end(ctx, resp, w, result, failure); err != nil {
		return fmt.Errorf("%s response %s: %w", w.name, id, err)
	}
	return nil
}

// begin counts an attempt, which makes the response this caller's. The method
// is nil if there is nothing to do.
func (r *Runner) begin(ctx context.Context, id candor.ID, w work) (resp candor.Response, m Method, err error) {
	err = r.Store.Tx(ctx, func(tx Tx) error {
		m = nil
		if resp, err = tx.Response(ctx, candor.Everything, id); err != nil || !slices.Contains(w.from, resp.State) {
			return err
		}
		known, err := r.method(resp.Method)
		if err != nil {
			return err
		}
		if resp.State == candor.ResponseApproved {
			basis, err := r.stands(ctx, tx, resp)
			if errors.Is(err, candor.ErrDenied) || errors.Is(err, candor.ErrNotFound) {
				return r.halt(ctx, tx, resp, err.Error())
			}
			if err != nil {
				return err
			}
			resp.Basis = basis
		}
		m = known
		resp.Attempts++
		resp.Updated = r.Now().UTC()
		return tx.ChangeResponse(ctx, resp, resp.State)
	})
	return resp, m, err
}

// halt ends a response that is not applied and may not be: what was done of
// it is undone.
func (r *Runner) halt(ctx context.Context, tx Tx, resp candor.Response, why string) error {
	p, err := ReadPlan(resp, nil)
	switch {
	case !begun(resp):
		_, err = r.move(ctx, tx, resp, step{to: candor.ResponseRefused, actor: system, failure: why})
	case err != nil || p.Lasting:
		_, err = r.move(ctx, tx, resp, step{to: candor.ResponseFailed, actor: system, failure: why})
	default:
		_, err = r.undo(ctx, tx, resp, step{actor: system, failure: why})
	}
	return err
}

// end writes down what came of an attempt.
func (r *Runner) end(ctx context.Context, held candor.Response, w work, result json.RawMessage, failure error) error {
	return r.Store.Tx(ctx, func(tx Tx) error {
		resp, err := tx.Response(ctx, candor.Everything, held.ID)
		if err != nil || taken(held, resp) {
			return err // whoever took it over writes it down
		}
		if result != nil {
			resp.Result = result
		}
		if failure == nil {
			return r.succeed(ctx, tx, resp, w)
		}
		if early := (*postponed)(nil); errors.As(failure, &early) {
			// It was no attempt, so that those that may fail are all left. One stays: it
			// tells that the job was put off.
			resp.Updated, resp.Error, resp.Attempts = r.Now().UTC(), "", max(1, resp.Attempts-1)
			if err := tx.ChangeResponse(ctx, resp, resp.State); err != nil {
				return err
			}
			return tx.Enqueue(ctx, w.job, candor.JobOptions{At: resp.Updated.Add(early.after)})
		}
		after, temporary := RetryAfter(failure)
		if !temporary || resp.Attempts%r.Attempts == 0 {
			_, err := r.move(ctx, tx, resp, step{to: candor.ResponseFailed, actor: system, failure: failure.Error()})
			return err
		}
		now := r.Now().UTC()
		resp.Updated, resp.Error = now, failure.Error()
		if err := tx.ChangeResponse(ctx, resp, resp.State); err != nil {
			return err
		}
		if after <= 0 {
			after = backoff(resp.Attempts)
		}
		return tx.Enqueue(ctx, w.job, candor.JobOptions{At: now.Add(after)})
	})
}

func (r *Runner) succeed(ctx context.Context, tx Tx, resp candor.Response, w work) error {
	if w.done == candor.ResponseApplied {
		resp.Applied = r.Now().UTC()
	}
	if resp.State == w.done { // it was verified, and still is
		resp.Error = ""
		return tx.ChangeResponse(ctx, resp, resp.State)
	}
	if _, err := r.move(ctx, tx, resp, step{to: w.done, actor: system}); err != nil || w.next == nil {
		return err
	}
	return tx.Enqueue(ctx, w.next, candor.JobOptions{})
}

// backoff is how long to wait after the n-th attempt: half a minute, doubled
// up to an hour.
func backoff(n int) time.Duration {
	return min(30*time.Second<<min(max(n-1, 0), 7), time.Hour)
}

// taken tells whether the stored response is no longer that of the attempt
// that holds it.
func taken(held, stored candor.Response) bool {
	return stored.State != held.State || stored.Attempts != held.Attempts
}

// journal saves results of one attempt.
type journal struct {
	runner *Runner
	held   candor.Response
}

// Save implements Journal.
func (j *journal) Save(ctx context.Context, result json.RawMessage) error {
	err := j.runner.Store.Tx(ctx, func(tx Tx) error {
		resp, err := tx.Response(ctx, candor.Everything, j.held.ID)
		if err != nil {
			return err
		}
		if taken(j.held, resp) {
			return Permanent(fmt.Errorf("it is no longer ours to carry out: %w", candor.ErrChanged))
		}
		resp.Result = result
		resp.Updated = j.runner.Now().UTC()
		return tx.ChangeResponse(ctx, resp, resp.State)
	})
	if err == nil {
		return nil
	}
	err = fmt.Errorf("save the result: %w", err)
	if errors.Is(err, candor.ErrChanged) {
		return err
	}
	return Temporary(err, 0)
}
