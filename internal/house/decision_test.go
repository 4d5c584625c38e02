package house_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"candor"
	"candor/internal/consent"
	"candor/internal/house"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// TestDecideTogether has many say things at the same time, some of which cannot
// be said, and holds that each is told of its own decision alone, and that what
// was acknowledged is there with its record, and nothing else.
func TestDecideTogether(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		v, draft := storetest.Terms("hosting", "1"), storetest.Terms("hosting", "2")
		draft.State = consent.Draft
		err := w.Store.Tx(ctx, func(tx *store.Tx) error { return errors.Join(tx.AddTerms(ctx, v, nil), tx.AddTerms(ctx, draft, nil)) })
		if err != nil {
			t.Fatal(err)
		}
		var parties []candor.ID
		for i := range 10 {
			p, _ := storetest.Sample(t, w.Store, fmt.Sprint("party", i))
			parties = append(parties, p.ID)
		}
		nobody := candor.NewID(w.now)
		gone, leave := context.WithCancel(ctx)
		leave()
		var lock sync.Mutex
		var group sync.WaitGroup
		kept := map[candor.ID][]consent.Event{}
		for g := range 40 {
			r := rand.New(rand.NewPCG(uint64(g), 9))
			group.Go(func() {
				for range 8 {
					d := house.Decision{Party: parties[r.IntN(len(parties))], Terms: v.ID, Act: consent.Agreed, Clauses: []string{"isolation"}, Language: "en"}
					want, in := error(nil), ctx
					switch r.IntN(8) {
					case 0:
						d.Act = consent.Refused
					case 1:
						d.Terms, want = draft.ID, candor.ErrInvalid
					case 2:
						d.Terms, want = nobody, candor.ErrNotFound
					case 3:
						d.Party, want = nobody, errAny
					case 4:
						in, want = gone, context.Canceled
					case 5:
						d.Act, want = consent.Withdrawn, errMaybe
					}
					e, err := w.Decide(in, candor.Principal{User: d.Party, Role: candor.RoleCustomer, Party: d.Party}, d)
					switch {
					case want == errMaybe && (err == nil || errors.Is(err, candor.ErrChanged)), want == errAny && err != nil && !errors.Is(err, candor.ErrInvalid):
					case want == errMaybe, want == errAny, !errors.Is(err, want):
						t.Errorf("%+v: %v, want %v", d, err, want)
					}
					if err != nil {
						continue
					}
					if e.Party != d.Party || e.Act != d.Act {
						t.Errorf("%+v was told of %+v", d, e)
					}
					if d.Act == consent.Agreed { // it holds at once, unless somebody else spoke for the party
						if a, err := w.Consents.Account(ctx, d.Party); err != nil || len(a.History) == 0 {
							t.Errorf("%+v, %v right after it agreed", a, err)
						}
					}
					lock.Lock()
					kept[e.Party] = append(kept[e.Party], e)
					lock.Unlock()
				}
			})
		}
		group.Wait()
		total := 0
		for _, party := range append(parties, nobody) {
			history, _, err := w.Store.History(ctx, party)
			if err != nil || len(history) != len(kept[party]) {
				t.Fatalf("%d things are kept of what %s said, and %d were acknowledged; %v", len(history), party, len(kept[party]), err)
			}
			for i, e := range history {
				if i > 0 && !e.At.After(history[i-1].At) {
					t.Errorf("%+v is not after %+v", e, history[i-1])
				}
				if r, err := w.Store.Record(ctx, e.Record); err != nil || r.Subject != e.ID {
					t.Errorf("%+v, %v is the record of %+v", r, err, e)
				}
			}
			for _, e := range kept[party] {
				if _, err := w.Store.Consent(ctx, candor.Everything, e.ID); err != nil {
					t.Errorf("%+v was acknowledged: %v", e, err)
				}
			}
			total += len(history)
		}
		if total < 100 {
			t.Errorf("%d things were said", total)
		}
	})
}

var (
	errAny   = errors.New("any")
	errMaybe = errors.New("perhaps none")
)
