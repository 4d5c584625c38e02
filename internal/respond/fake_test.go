package respond_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"candor"
	"candor/internal/respond"
	"candor/internal/respond/respondtest"
)

// lamp is a method that switches a light off, and on again.
type lamp struct {
	mu      sync.Mutex
	off     bool
	lasting bool
	calls   int
	err     error  // of the next calls
	before  func() // what happens before the save
	during  func() // what happens between the save and the act
}

func (l *lamp) Name() string       { return "lamp" }
func (l *lamp) TouchesAsset() bool { return true }

func (l *lamp) Plan(context.Context, respond.Request, respond.Target) (respond.Plan, error) {
	return respond.Plan{
		Effects: []respond.Line{{Key: "lamp.off", Text: "The light goes off."}},
		Undo:    respond.Line{Key: "lamp.undo", Text: "It goes on again."}, Lasting: l.lasting,
	}, nil
}

func (l *lamp) act(ctx context.Context, j respond.Journal, off bool, result string) (json.RawMessage, error) {
	if l.before != nil {
		l.before()
	}
	if err := j.Save(ctx, json.RawMessage(`"begun"`)); err != nil {
		return nil, err
	}
	if l.during != nil {
		l.during()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls++
	if l.err != nil {
		return nil, l.err
	}
	l.off = off
	return json.RawMessage(result), nil
}

func (l *lamp) Apply(ctx context.Context, _ candor.Response, j respond.Journal) (json.RawMessage, error) {
	return l.act(ctx, j, true, `"off"`)
}

func (l *lamp) Verify(context.Context, candor.Response) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil || l.off {
		return l.err
	}
	return errors.New("the light is on")
}

func (l *lamp) Revert(ctx context.Context, _ candor.Response, j respond.Journal) (json.RawMessage, error) {
	if l.lasting {
		return nil, errors.New("it cannot be undone")
	}
	return l.act(ctx, j, false, `"on"`)
}

func (l *lamp) Prove(candor.Response) (respond.Proof, error) {
	return respond.Proof{Body: json.RawMessage(`{"lamps":1}`), Blobs: []string{"aa"}, Personal: map[string]string{"who": "me"}}, nil
}

// TestSuite makes sure that a proper method passes the suite.
func TestSuite(t *testing.T) {
	for _, lasting := range []bool{false, true} {
		respondtest.Run(t, func(*testing.T) respondtest.Fixture {
			l := &lamp{lasting: lasting}
			return respondtest.Fixture{
				Method:      l,
				Snapshot:    func(*testing.T) any { return l.off },
				UndoOutside: func(*testing.T) { l.off = false },
			}
		})
	}
}

// desk is a runner with a clock, and all that it works on.
type desk struct {
	*respond.Runner
	now                      time.Time
	store                    *respondtest.Store
	lamp                     *lamp
	party                    candor.Party
	asset                    candor.Asset
	c                        candor.Case
	agreement                candor.Agreement
	analyst, policy, outside candor.Principal
	owner                    candor.Principal
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{now: time.Date(2025, 3, 30, 1, 0, 0, 0, time.UTC), store: respondtest.NewStore(), lamp: &lamp{}}
	id := func() candor.ID { return candor.NewID(d.now) }
	d.party = candor.Party{ID: id(), Name: "Example"}
	d.asset = candor.Asset{ID: id(), Owner: d.party.ID}
	d.c = candor.Case{ID: id(), Asset: d.asset.ID, Party: d.party.ID}
	d.agreement = candor.Agreement{ID: id(), Party: d.party.ID, Terms: "AUP", Version: "3",
		Allows: []string{"lamp"}, Accepted: d.now.Add(-24 * time.Hour)}
	d.store.Put(d.party, d.asset, d.c, d.agreement)
	d.analyst = candor.Principal{User: id(), Role: candor.RoleAnalyst}
	d.policy = candor.Principal{Name: "policy:night"}
	d.owner = candor.Principal{User: id(), Role: candor.RoleCustomer, Party: d.party.ID}
	d.outside = candor.Principal{User: id(), Role: candor.RoleCustomer, Party: id()}
	d.Runner = respond.New(respond.Config{Store: d.store, Methods: []respond.Method{d.lamp},
		Now: func() time.Time { return d.now }, Attempts: 3})
	return d
}

func (d *desk) request() respond.Request {
	return respond.Request{Case: d.c.ID, Method: "lamp", Reason: "it burns"}
}

func (d *desk) propose(t *testing.T, change func(*respond.Request)) candor.Response {
	t.Helper()
	req := d.request()
	if change != nil {
		change(&req)
	}
	r, err := d.Propose(t.Context(), d.analyst, req)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (d *desk) approved(t *testing.T) candor.ID {
	t.Helper()
	r, err := d.Approve(t.Context(), d.analyst, d.propose(t, nil).ID)
	if err != nil {
		t.Fatal(err)
	}
	d.store.TakeJobs()
	return r.ID
}

// do calls a step and checks the state that follows.
func (d *desk) do(t *testing.T, step func(context.Context, candor.ID) error, id candor.ID, want candor.ResponseState) {
	t.Helper()
	if err := step(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if got := d.store.Response(id); got.State != want {
		t.Fatalf("the response is %s (%s), want %s", got.State, got.Error, want)
	}
}
