package consent

import (
	"container/list"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"candor"
)

// Store keeps histories.
type Store interface {
	// History gives a party's events in the order in which they were recorded,
	// and the versions that they are of.
	History(ctx context.Context, party candor.ID) ([]Event, map[candor.ID]*Version, error)
	// Changes gives what was recorded since a mark, at least. The zero mark
	// stands for now.
	Changes(ctx context.Context, since int64) (Changes, error)
}

// Changes are whose accounts may have changed.
type Changes struct {
	Parties []candor.ID
	All     bool  // all may have: a version ended, or there are too many
	Mark    int64 // for the next time
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

	lock      sync.RWMutex
	mark      int64
	refreshed time.Time
	accounts  map[candor.ID]*kept
	recent    *list.List // of *kept, in the order in which they were read or spared
	readings  map[candor.ID]*reading
}

// reading is of accounts that are being read. What is read may be of before a
// change that was told meanwhile: then it is not kept.
type reading struct {
	readers int
	stale   bool
}

type kept struct {
	first   answer      // of what holds when it was read, and
	more    []answer    // the rest: to follow no pointer is a tenth of the time
	used    atomic.Bool // since it was read or spared
	account *Account
	party   candor.ID
	at      *list.Element
}

const (
	staleAfter = time.Second
	mostKept   = 1 << 16
)

// NewRegister makes a Register. Refresh is to be called every quarter of a
// second or so.
func NewRegister(store Store, clock candor.Clock) *Register {
	return &Register{store: store, clock: clock, most: mostKept, accounts: map[candor.ID]*kept{}, recent: list.New(), readings: map[candor.ID]*reading{}}
}

// Basis gives what allows an action towards a party at a time; see
// Account.Basis.
func (r *Register) Basis(ctx context.Context, party candor.ID, action string, at time.Time) (candor.Basis, error) {
	k := r.have(party)
	if k != nil {
		now := at.UnixMicro()
		if k.first.holds(action, now) {
			return k.first.basis, nil
		}
		for i := range k.more {
			if k.more[i].holds(action, now) {
				return k.more[i].basis, nil
			}
		}
		return k.account.Basis(action, at)
	}
	a, err := r.read(ctx, party)
	if err != nil {
		return candor.Basis{}, err
	}
	return a.Basis(action, at)
}

// Account gives the account of a party.
func (r *Register) Account(ctx context.Context, party candor.ID) (*Account, error) {
	if k := r.have(party); k != nil {
		return k.account, nil
	}
	return r.read(ctx, party)
}

// read reads an account, and keeps it.
func (r *Register) read(ctx context.Context, party candor.ID) (*Account, error) {
	reading := r.begin(party)
	history, versions, err := r.store.History(ctx, party)
	if err != nil {
		r.keep(party, nil, reading)
		return nil, fmt.Errorf("what party %s agreed to: %w", party, err)
	}
	a := NewAccount(history, versions)
	r.keep(party, a, reading)
	return a, nil
}

// have gives what is kept of a party, if it may be believed.
func (r *Register) have(party candor.ID) *kept {
	now := r.clock()
	r.lock.RLock()
	k, age := r.accounts[party], now.Sub(r.refreshed)
	r.lock.RUnlock()
	if k != nil && age >= 0 && age <= staleAfter {
		if !k.used.Load() {
			k.used.Store(true)
		}
		return k
	}
	return nil
}

// begin notes that an account is being read, and gives what to give to keep.
func (r *Register) begin(party candor.ID) *reading {
	r.lock.Lock()
	defer r.lock.Unlock()
	of := r.readings[party]
	if of == nil {
		of = &reading{}
		r.readings[party] = of
	}
	of.readers++
	return of
}

// keep keeps an account that was read, if it is one and of now.
func (r *Register) keep(party candor.ID, a *Account, of *reading) {
	r.lock.Lock()
	defer r.lock.Unlock()
	if of.readers--; of.readers == 0 && !of.stale {
		delete(r.readings, party)
	}
	if a == nil || of.stale || r.accounts[party] != nil {
		return
	}
	k := &kept{party: party, account: a}
	if all := a.answers(r.clock()); len(all) > 0 {
		k.first, k.more = all[0], slices.Clone(all[1:])
	}
	k.at = r.recent.PushFront(k)
	r.accounts[party] = k
	for len(r.accounts) > r.most {
		switch last := r.recent.Back().Value.(*kept); {
		case last.used.Swap(false):
			r.recent.MoveToFront(last.at)
		default:
			r.drop(last)
		}
	}
}

// Forget has the account of a party read anew, as after a change of it.
func (r *Register) Forget(party candor.ID) {
	r.lock.Lock()
	defer r.lock.Unlock()
	r.forget(party)
}

func (r *Register) forget(party candor.ID) {
	if k := r.accounts[party]; k != nil {
		r.drop(k)
	}
	if of := r.readings[party]; of != nil {
		of.stale = true
		delete(r.readings, party)
	}
}

func (r *Register) drop(k *kept) {
	r.recent.Remove(k.at)
	delete(r.accounts, k.party)
}

// Refresh drops accounts of which something was recorded since it was last
// called. The time counts from before it asked.
func (r *Register) Refresh(ctx context.Context) error {
	began := r.clock()
	r.lock.RLock()
	mark, first := r.mark, r.refreshed.IsZero()
	r.lock.RUnlock()
	changes, err := r.store.Changes(ctx, mark)
	if err != nil {
		return fmt.Errorf("what was agreed to since: %w", err)
	}
	r.lock.Lock()
	defer r.lock.Unlock()
	r.mark, r.refreshed = changes.Mark, began
	if first || changes.All {
		for _, of := range r.readings {
			of.stale = true
		}
		clear(r.readings)
		clear(r.accounts)
		r.recent.Init()
	}
	for _, p := range changes.Parties {
		r.forget(p)
	}
	return nil
}
