package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"candor"
	"candor/internal/respond"
)

// grace is how long after the end of an attempt its message may still change.
const grace = 30 * time.Second

// one carries a mail as far as it goes now, and gives it as it is then. If it
// waits, after is for how long, and the error says why.
func (a *attempt) one(ctx context.Context, row candor.Message) (_ candor.Message, after time.Duration, err error) {
	switch row.State {
	case candor.MessageSending:
		if _, taken := a.accepted.Load(row.ID); taken {
			return a.settle(ctx, row, nil)
		}
		if rest := a.occupied(); rest > 0 {
			return row, rest, errors.New("another attempt to send it may still run")
		}
	case candor.MessageQueued:
	default:
		return row, 0, nil
	}
	if a.Now().Sub(row.Created) >= a.GiveUp {
		return a.giveUp(ctx, row)
	}
	// Who looks at the message later must know when this began, and it must
	// still be ours.
	a.progress.Sending = a.Now().UTC()
	if err := a.save(ctx); err != nil {
		return row, backoff(row.Attempts), err
	}
	from := row.State
	row.State = candor.MessageSending
	row.Attempts++
	if err := a.change(ctx, row, from); err != nil {
		row.State = from
		return row, backoff(row.Attempts), err
	}
	return a.settle(ctx, row, a.send(ctx, row))
}

// occupied is how long somebody else may still be sending.
func (a *attempt) occupied() time.Duration {
	return a.progress.Sending.Add(a.Patience + grace).Sub(a.Now())
}

// send is not broken off when ctx ends: nobody would know whether the server
// took the mail. It ends soon anyway.
func (a *attempt) send(ctx context.Context, row candor.Message) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.Patience)
	defer cancel()
	return a.Sender.Send(ctx, row)
}

// settle writes down what came of sending.
func (a *attempt) settle(ctx context.Context, row candor.Message, failure error) (candor.Message, time.Duration, error) {
	ctx = context.WithoutCancel(ctx) // what was seen must be kept
	now := a.Now().UTC()
	row.Error = ""
	switch {
	case failure == nil:
		a.accepted.Store(row.ID, true)
		row.State, row.Sent = candor.MessageSent, now
	case errors.Is(failure, candor.ErrDenied):
		row.State, row.Bounced = candor.MessageBounced, now
	case errors.Is(failure, candor.ErrInvalid):
		row.State = candor.MessageFailed
	case now.Sub(row.Created) >= a.GiveUp:
		row.State = candor.MessageFailed
	default:
		row.State = candor.MessageQueued
	}
	if failure != nil {
		row.Error = clean(failure.Error(), 400)
	}
	if err := a.change(ctx, row, candor.MessageSending); err != nil {
		// Stored it is still being sent. If it was taken, we know; if not, it
		// is sent again when the time for that is over.
		row.State = candor.MessageSending
		if errors.Is(err, candor.ErrChanged) { // or somebody else knows better
			a.accepted.Delete(row.ID)
		}
		return row, backoff(row.Attempts), err
	}
	a.accepted.Delete(row.ID)
	return row, backoff(row.Attempts), failure
}

func (a *attempt) giveUp(ctx context.Context, row candor.Message) (candor.Message, time.Duration, error) {
	from := row.State
	row.State = candor.MessageFailed
	if row.Error == "" {
		row.Error = "it could not be sent in time"
	}
	err := a.change(ctx, row, from)
	if err != nil {
		row.State = from
	}
	return row, backoff(row.Attempts), err
}

func (a *attempt) change(ctx context.Context, row candor.Message, from candor.MessageState) error {
	err := a.Messages.ChangeMessage(ctx, row, from)
	if err == nil {
		return nil
	}
	return respond.Temporary(fmt.Errorf("keep how far the mail to %s is: %w", row.To, err), 0)
}

// backoff is how long to wait after the n-th attempt: a minute, doubled up to
// four hours. Nineteen attempts fill two days.
func backoff(n int) time.Duration {
	return min(time.Minute<<min(max(n-1, 0), 8), 4*time.Hour)
}
