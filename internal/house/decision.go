package house

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"candor"
	"candor/internal/consent"
	"candor/internal/store"
)

// decisions keeps decisions that come at the same time in one transaction: they
// share its reads, its statements and the wait for the disk. One that comes
// alone is kept at once. Each is told of only after all of it is kept. What a
// party says is kept in the order in which it came. Its zero value is ready, and
// it is safe for concurrent use.
type decisions struct {
	lock    sync.Mutex
	running int                // transactions
	parties map[candor.ID]bool // that those are about
	waiting []*waiting         // in the order in which they came
}

// waiting is a decision that is not kept yet.
type waiting struct {
	Decision
	who   candor.Principal
	event consent.Event
	err   error
	ended context.Context
	turn  chan []*waiting // those to keep, with itself; none if it is done
}

const (
	mostTogether = 64 // decisions in a transaction
	// manyWait is how many must wait for another transaction to begin beside
	// those that run: small ones take longer in all.
	manyWait = 24
	mostRun  = 3 // transactions beside each other
)

// keep keeps a decision that its party may make.
func (q *decisions) keep(ctx context.Context, h *House, who candor.Principal, d Decision) (consent.Event, error) {
	w := &waiting{Decision: d, who: who, ended: ctx, turn: make(chan []*waiting, 1)}
	q.lock.Lock()
	q.waiting = append(q.waiting, w)
	q.call()
	q.lock.Unlock()
	if batch := <-w.turn; batch != nil {
		q.lead(ctx, h, w, batch)
	}
	return w.event, w.err
}

// call has somebody who waits keep a transaction, if it is time for another one.
func (q *decisions) call() {
	if q.running == mostRun || q.running > 0 && len(q.waiting) < manyWait {
		return
	}
	if batch := q.take(); len(batch) > 0 {
		q.running++
		batch[0].turn <- batch
	}
}

// take gives those that go into one transaction. A party says one thing in each,
// and has one at a time: what follows depends on what came before.
func (q *decisions) take() (batch []*waiting) {
	passed := map[candor.ID]bool{}
	rest := q.waiting[:0]
	for _, w := range q.waiting {
		if len(batch) == mostTogether || q.parties[w.Party] || passed[w.Party] {
			rest = append(rest, w)
			passed[w.Party] = true
			continue
		}
		if q.parties == nil {
			q.parties = map[candor.ID]bool{}
		}
		batch, q.parties[w.Party] = append(batch, w), true
	}
	clear(q.waiting[len(rest):])
	q.waiting = rest
	return batch
}

// lead keeps a decision with others that wait.
func (q *decisions) lead(ctx context.Context, h *House, leader *waiting, batch []*waiting) {
	done := false
	defer func() {
		q.lock.Lock()
		defer q.lock.Unlock()
		for _, w := range batch {
			if !done { // it panicked
				w.err = errors.New("keep what was said: it failed")
			}
			if delete(q.parties, w.Party); w != leader {
				close(w.turn)
			}
		}
		q.running--
		q.call()
	}()
	// Whoever leads may go away: the others did not.
	h.keepTogether(context.WithoutCancel(ctx), batch)
	done = true
}

// keepTogether keeps decisions of different parties, and says of each what came of it. If
// they cannot be kept together each is kept by itself.
func (h *House) keepTogether(ctx context.Context, batch []*waiting) {
	// In one order everywhere, so that transactions do not wait for each other in
	// a circle.
	slices.SortFunc(batch, func(a, b *waiting) int { return cmp.Compare(a.Party, b.Party) })
	err := h.tx(ctx, func(tx *store.Tx) error { return h.decideAll(ctx, tx, batch) })
	if err != nil && len(batch) > 1 {
		for _, w := range batch {
			h.keepTogether(ctx, []*waiting{w})
		}
		return
	}
	for _, w := range batch {
		if w.err == nil {
			w.err = err
		}
		if w.err == nil {
			h.Consents.Forget(w.Party)
		}
	}
}

// decideAll decides in a transaction. What cannot be said is told to whoever said
// it; any other error is one of all.
func (h *House) decideAll(ctx context.Context, tx *store.Tx, batch []*waiting) error {
	var ids, parties []candor.ID
	for _, w := range batch {
		w.event, w.err = consent.Event{}, w.ended.Err()
		if parties = append(parties, w.Party); !slices.Contains(ids, w.Terms) {
			ids = append(ids, w.Terms)
		}
	}
	known, err := tx.Deciding(ctx, ids, parties)
	if err != nil {
		return err
	}
	var all []said
	for _, w := range batch {
		v := known.Terms[w.Terms]
		switch {
		case w.err != nil:
			continue
		case v == nil:
			w.err = fmt.Errorf("look for one of the terms: %w", candor.ErrNotFound)
			continue
		}
		if w.err = w.check(*v, h.Clock()); w.err != nil {
			continue
		}
		if w.event, w.err = h.event(ctx, tx, w.who, w.Decision, *v, known.Last[w.Party]); w.err != nil {
			if !own(w.err) {
				return w.err
			}
			continue
		}
		all = append(all, said{w.who, w.event, *v, known.Asked[v.ID], w.paper})
	}
	if len(all) == 0 {
		return nil
	}
	return h.keepSaid(ctx, tx, all...)
}

// own tells whether an error is of the decision, rather than of the database.
func own(err error) bool {
	return errors.Is(err, candor.ErrInvalid) || errors.Is(err, candor.ErrNotFound) || errors.Is(err, candor.ErrChanged) || errors.Is(err, candor.ErrDenied)
}
