package house_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/desk"
	"candor/internal/house"
	"candor/internal/respond"
	"candor/internal/respond/quarantine"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// together is a method whose plans are made at the same moment, by so many.
type together struct {
	respond.Method
	all *sync.WaitGroup
}

func (m together) Plan(ctx context.Context, r respond.Request, t respond.Target) (respond.Plan, error) {
	p, err := m.Method.Plan(ctx, r, t)
	m.all.Done()
	m.all.Wait()
	return p, err
}

// TestOneProposal: of two nodes that follow the playbook of one case at the same
// moment one proposes, whatever else is done once.
func TestOneProposal(t *testing.T) {
	t.Run("one node", func(t *testing.T) {
		s := storetest.SQLite(t)
		oneProposal(t, s, s)
	})
	t.Run("two nodes", func(t *testing.T) {
		url := storetest.PostgresURL(t)
		var stores []*store.Store
		for range 2 {
			s, err := store.Open(t.Context(), store.Options{URL: url, Conceal: storetest.Conceal})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			stores = append(stores, s)
		}
		oneProposal(t, stores[0], stores[1])
	})
}

func oneProposal(t *testing.T, one, two *store.Store) {
	w := newWorld(t, one)
	w.agree(t)
	if err := w.SetPolicy(t.Context(), ada, desk.Policy{Rules: []desk.PolicyRule{{Method: "quarantine"}}}); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Add(2)
	errs := make(chan error, 2)
	for _, s := range []*store.Store{one, two} {
		h := &house.House{Store: s, Clock: w.Clock, Consents: consent.NewRegister(s, w.Clock), Methods: w.Methods, Vault: w.Vault}
		h.Desk = desk.New(desk.Config{Store: deskStore{s}, Clock: w.Clock, Calendar: w.Desk.Calendar, Plays: w.Desk.Plays})
		h.Runner = respond.New(respond.Config{Store: respondStore{s}, Now: w.Clock, Then: house.Follow(h.Desk),
			Methods: []respond.Method{together{quarantine.New(map[string]quarantine.Vault{"": vault{w.Vault}}), &all}}})
		go func() {
			errs <- house.Responder{House: h, Zone: time.UTC}.Follow(t.Context(), desk.PolicyJob{Case: w.kase})
		}()
	}
	if err := errors.Join(<-errs, <-errs); err != nil {
		t.Fatal(err)
	}
	page, err := one.Responses(t.Context(), candor.Everything, candor.ResponseFilter{Case: w.kase}, candor.Cut{})
	if err != nil || len(page.Items) != 1 || page.Items[0].State != candor.ResponseApproved {
		t.Errorf("the responses are %+v, %v", page.Items, err)
	}
	known := 0
	if _, err := w.ProposeFor(t.Context(), ada, house.Proposal{Case: w.kase, Method: "quarantine", Known: &known}); !errors.Is(err, candor.ErrExists) {
		t.Errorf("a proposal beside one that was not known: %v", err)
	}
}
