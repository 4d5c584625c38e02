package respond

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"candor"
)

// Gatherer is a Journal that can have responses of one method to one party carried
// out together, as a mail that tells of several cases does.
type Gatherer interface {
	// Gather has others carried out with the response, or the response with another
	// one. It gives the response as it is stored then, and those that go with it. If
	// it is too early it gives an error of Postpone, and nothing has changed.
	Gather(context.Context, Gathering) (candor.Response, []candor.Response, error)
}

// Gathering says what is carried out together.
type Gathering struct {
	// Window is how long after the last response of the method to the party the next
	// one waits for more.
	Window time.Duration
	Most   int // at once
	// Fits tells whether a response may go together with others.
	Fits func(candor.Response) bool
	// Join gives the results of the one that leads and of those that go with it. They
	// are durable before Gather returns.
	Join func(others []candor.Response) (lead, rest json.RawMessage, err error)
}

// soon is when what goes with another response is looked after, once that is done.
const soon = 5 * time.Second

// postponed is that it is too early for a response.
type postponed struct{ after time.Duration }

func (p *postponed) Error() string { return fmt.Sprintf("it is to be done in %s", p.after) }

// Postpone is what a method gives that would do something later: it is no failure,
// and the response stays as it is.
func Postpone(after time.Duration) error { return &postponed{max(after, time.Second)} }

// Gather implements Gatherer.
func (j *journal) Gather(ctx context.Context, g Gathering) (lead candor.Response, with []candor.Response, err error) {
	err = j.runner.Store.Tx(ctx, func(tx Tx) error {
		with = nil
		if err := tx.Turn(ctx, "gather", j.held.Party); err != nil {
			return err
		}
		if lead, err = tx.Response(ctx, candor.Everything, j.held.ID); err != nil {
			return err
		}
		if taken(j.held, lead) {
			return Permanent(fmt.Errorf("it is no longer ours to carry out: %w", candor.ErrChanged))
		}
		if begun(lead) {
			return nil // it goes with another by now
		}
		now := j.runner.Now().UTC()
		last, err := tx.LastCarried(ctx, lead.Party, lead.Method)
		if err != nil {
			return err
		}
		if wait := last.Add(g.Window).Sub(now); wait > 0 {
			return Postpone(wait)
		}
		if with, err = j.runner.waiting(ctx, tx, lead, g); err != nil {
			return err
		}
		return j.join(ctx, tx, &lead, with, g, now)
	})
	var early *postponed
	if err != nil && !errors.As(err, &early) && !errors.Is(err, candor.ErrChanged) {
		err = Temporary(fmt.Errorf("gather what goes with it: %w", err), 0)
	}
	return lead, with, err
}

// waiting are the responses that may go with one.
func (r *Runner) waiting(ctx context.Context, tx Tx, lead candor.Response, g Gathering) ([]candor.Response, error) {
	all, err := tx.Approved(ctx, lead.Party, lead.Method, g.Most)
	if err != nil {
		return nil, err
	}
	var fit []candor.Response
	for _, x := range all {
		if x.ID == lead.ID || begun(x) || !g.Fits(x) {
			continue
		}
		x.Basis, err = r.stands(ctx, tx, x)
		if errors.Is(err, candor.ErrDenied) || errors.Is(err, candor.ErrNotFound) {
			continue // its own job says so
		}
		if err != nil {
			return nil, err
		}
		fit = append(fit, x)
	}
	return fit, nil
}

func (j *journal) join(ctx context.Context, tx Tx, lead *candor.Response, with []candor.Response, g Gathering, now time.Time) error {
	own, rest, err := g.Join(with)
	if err != nil {
		return err
	}
	lead.Result, lead.Updated = own, now
	if err := tx.ChangeResponse(ctx, *lead, lead.State); err != nil {
		return err
	}
	for i := range with {
		if with[i].Attempts > 0 { // it was put off, and its job is far
			if err := tx.Enqueue(ctx, ApplyJob{Response: with[i].ID}, candor.JobOptions{At: now.Add(soon)}); err != nil {
				return err
			}
		}
		with[i].Result, with[i].Updated = rest, now
		if err := tx.ChangeResponse(ctx, with[i], with[i].State); err != nil {
			return err
		}
	}
	return nil
}
