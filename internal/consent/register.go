package consent

import (
	"container/list"
	"context"
	"fmt"
	"sync"
	"time"

	"candor"
)

// Store keeps histories.
type Store interface {
	// History gives a party's events in the order in which they were recorded,
	// and the versions that they are of.
	History(ctx context.Context, party candor.ID) ([]Event, map[candor.ID]*Version, error)
	// Changes gives the parties of which something was recorded after a mark, and
	// the mark that holds then. The parties are nil where that is not known: then
	// all may have changed. The zero mark stands for now.
	Changes(ctx context.Context, after int64) (parties []candor.ID, now int64, err error)
}

// Register answers for what parties agreed to, from memory where it may. It is
// safe for concurrent use.
//
// An answer is never older than the last Refresh. While Refresh fails, or was
// not called for longer than staleAfter, everything is read anew.
type Register struct {
	store Store
	clock candor.Clock
	most  int

	lock      sync.Mutex
	mark      int64
	refreshed time.Time
	epoch     uint64 // goes up when accounts are dropped
	accounts  map[candor.ID]*list.Element
	recent    *list.List // of *kept, the one used last in front
}

type kept struct {
	party   candor.ID
	account *Account
}

const (
	staleAfter = time.Second
	mostKept   = 1 << 16
)

// NewRegister makes a Register. Refresh is to be called every quarter of a
// second or so.
func NewRegister(store Store, clock candor.Clock) *Register {
	return &Register{store: store, clock: clock, most: mostKept, accounts: map[candor.ID]*list.Element{}, recent: list.New()}
}

// Basis gives what allows an action towards a party at a time; see
// Account.Basis.
func (r *Register) Basis(ctx context.Context, party candor.ID, action string, at time.Time) (candor.Basis, error) {
	a, err := r.Account(ctx, party)
	if err != nil {
		return candor.Basis{}, err
	}
	return a.Basis(action, at)
}

// Account gives the account of a party.
func (r *Register) Account(ctx context.Context, party candor.ID) (*Account, error) {
	a, epoch := r.have(party)
	if a != nil {
		return a, nil
	}
	history, versions, err := r.store.History(ctx, party)
	if err != nil {
		return nil, fmt.Errorf("what party %s agreed to: %w", party, err)
	}
	a = NewAccount(history, versions)
	r.keep(party, a, epoch)
	return a, nil
}

// have gives an account that is kept, if what is kept may be believed.
func (r *Register) have(party candor.ID) (*Account, uint64) {
	r.lock.Lock()
	defer r.lock.Unlock()
	if age := r.clock().Sub(r.refreshed); age < 0 || age > staleAfter {
		return nil, r.epoch
	}
	at := r.accounts[party]
	if at == nil {
		return nil, r.epoch
	}
	r.recent.MoveToFront(at)
	return at.Value.(*kept).account, r.epoch
}

// keep keeps an account that was read since epoch, unless some were dropped
// meanwhile: it may be of before.
func (r *Register) keep(party candor.ID, a *Account, epoch uint64) {
	r.lock.Lock()
	defer r.lock.Unlock()
	if r.epoch != epoch || r.accounts[party] != nil {
		return
	}
	r.accounts[party] = r.recent.PushFront(&kept{party, a})
	for len(r.accounts) > r.most {
		r.drop(r.recent.Back())
	}
}

func (r *Register) drop(at *list.Element) {
	delete(r.accounts, r.recent.Remove(at).(*kept).party)
}

// Refresh drops accounts of which something was recorded since it was last
// called. The time counts from before it asked.
func (r *Register) Refresh(ctx context.Context) error {
	began := r.clock()
	r.lock.Lock()
	mark, first := r.mark, r.refreshed.IsZero()
	r.lock.Unlock()
	parties, now, err := r.store.Changes(ctx, mark)
	if err != nil {
		return fmt.Errorf("what was agreed to since: %w", err)
	}
	r.lock.Lock()
	defer r.lock.Unlock()
	r.mark, r.refreshed = now, began
	switch {
	case first || parties == nil && now != mark:
		r.epoch++
		clear(r.accounts)
		r.recent.Init()
	case len(parties) > 0:
		r.epoch++
		for _, p := range parties {
			if at := r.accounts[p]; at != nil {
				r.drop(at)
			}
		}
	}
	return nil
}
