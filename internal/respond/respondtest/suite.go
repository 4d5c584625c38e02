package respondtest

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/respond"
)

// Fixture is a method, and a small world that it is used on.
type Fixture struct {
	Method  respond.Method
	Target  respond.Target  // the suite gives what is named here IDs and an owner
	Options json.RawMessage // of the request

	// Snapshot gives all that the method could change, so that two worlds in
	// the same state give equal snapshots, also those of two fixtures.
	Snapshot func(t *testing.T) any

	// UndoOutside undoes what was applied by other means than the method.
	// Nil if nobody can.
	UndoOutside func(t *testing.T)
}

// Run holds a method against what respond.Method promises. New makes a fresh
// world at each call.
func Run(t *testing.T, fresh func(t *testing.T) Fixture) {
	for _, part := range []struct {
		name string
		test func(*testing.T, *world)
	}{
		{"plan changes nothing", planChangesNothing},
		{"apply twice is apply once", applyTwice},
		{"verify tells", verifyTells},
		{"verify sees what is undone outside", verifySeesOutside},
		{"revert restores, twice too", revertRestores},
		{"apply after revert", applyAfterRevert},
		{"refused save", refusedSave},
		{"no basis", noBasis},
		{"basis withdrawn", basisWithdrawn},
		{"observe only", observeOnly},
		{"whole way", wholeWay},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, newWorld(t, fresh(t))) })
	}
	t.Run("crash while applying", func(t *testing.T) { crashApplying(t, fresh) })
	t.Run("crash while reverting", func(t *testing.T) { crashReverting(t, fresh) })
}

// now is when all of the suite happens.
var now = time.Date(2025, 11, 3, 9, 0, 0, 0, time.UTC)

// world is a fixture with a store and a runner around it.
type world struct {
	Fixture
	store     *Store
	runner    *respond.Runner
	agreement candor.Agreement
	analyst   candor.Principal
}

func newWorld(t *testing.T, f Fixture) *world {
	t.Helper()
	clock := func() time.Time { return now }
	f.Target.Party.ID = candor.NewID(now)
	f.Target.Asset.ID, f.Target.Asset.Owner = candor.NewID(now), f.Target.Party.ID
	c := &f.Target.Case
	c.ID, c.Asset, c.Party = candor.NewID(now), f.Target.Asset.ID, f.Target.Party.ID
	w := &world{Fixture: f, store: NewStore()}
	w.agreement = candor.Agreement{ID: candor.NewID(now), Party: f.Target.Party.ID, Terms: "terms", Version: "1",
		Allows: []string{f.Method.Name()}, Accepted: now.Add(-time.Hour)}
	w.analyst = candor.Principal{User: candor.NewID(now), Role: candor.RoleAnalyst}
	w.store.Put(f.Target.Case, f.Target.Asset, f.Target.Party, w.agreement)
	w.runner = respond.New(respond.Config{Store: w.store, Methods: []respond.Method{f.Method}, Now: clock})
	return w
}

func (w *world) request() respond.Request {
	return respond.Request{Case: w.Target.Case.ID, Method: w.Method.Name(), Reason: "a test", Options: w.Options}
}

func (w *world) propose(t *testing.T) candor.Response {
	t.Helper()
	resp, err := w.runner.Propose(t.Context(), w.analyst, w.request())
	if err != nil {
		t.Fatalf("propose: %v (%s)", err, candor.Hint(err))
	}
	return resp
}

// approved gives an approved response that was not applied.
func (w *world) approved(t *testing.T) candor.Response {
	t.Helper()
	resp, err := w.runner.Approve(t.Context(), w.analyst, w.propose(t).ID)
	if err != nil {
		t.Fatalf("approve: %v", err)
	}
	return resp
}

// apply calls the method itself and gives the response with its result.
func (w *world) apply(t *testing.T, resp candor.Response) candor.Response {
	t.Helper()
	j := &Journal{Result: resp.Result}
	result, err := w.Method.Apply(t.Context(), resp, j)
	if err != nil {
		t.Fatalf("apply: %v (%s)", err, candor.Hint(err))
	}
	resp.Result = result
	return resp
}

func (w *world) revert(t *testing.T, resp candor.Response) candor.Response {
	t.Helper()
	result, err := w.Method.Revert(t.Context(), resp, &Journal{Result: resp.Result})
	if err != nil {
		t.Fatalf("revert: %v (%s)", err, candor.Hint(err))
	}
	resp.Result = result
	return resp
}

func (w *world) lasting(t *testing.T, resp candor.Response) bool {
	t.Helper()
	p, err := respond.ReadPlan(resp, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p.Lasting
}

func (w *world) same(t *testing.T, what string, want any) {
	t.Helper()
	if diff := cmp.Diff(want, w.Snapshot(t)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func planChangesNothing(t *testing.T, w *world) {
	before := w.Snapshot(t)
	resp := w.propose(t)
	w.same(t, "planning changed something", before)
	p, err := respond.ReadPlan(resp, nil)
	if err != nil {
		t.Fatal(err)
	}
	lines := append(append([]respond.Line{p.Undo}, p.Effects...), p.Warnings...)
	if len(p.Effects) == 0 {
		t.Error("the plan has no effects")
	}
	for _, l := range lines {
		if l.Key == "" || l.Text == "" {
			t.Errorf("the plan's line %+v lacks its key or its text", l)
		}
	}
}

func applyTwice(t *testing.T, w *world) {
	before := w.Snapshot(t)
	first := w.approved(t)
	resp := w.apply(t, first)
	after := w.Snapshot(t)
	if cmp.Equal(before, after) {
		t.Fatal("applying changed nothing that the snapshot shows")
	}
	resp = w.apply(t, resp)
	w.same(t, "applying again changed something", after)
	if err := w.Method.Verify(t.Context(), resp); err != nil {
		t.Errorf("verify: %v", err)
	}
}

func verifyTells(t *testing.T, w *world) {
	resp := w.approved(t)
	if err := w.Method.Verify(t.Context(), resp); err == nil {
		t.Error("verified before it was applied")
	}
	resp = w.apply(t, resp)
	if err := w.Method.Verify(t.Context(), resp); err != nil {
		t.Errorf("not verified after it was applied: %v", err)
	}
}

func verifySeesOutside(t *testing.T, w *world) {
	if w.UndoOutside == nil {
		return
	}
	resp := w.apply(t, w.approved(t))
	w.UndoOutside(t)
	if err := w.Method.Verify(t.Context(), resp); err == nil {
		t.Error("verified though somebody undid it")
	}
}

func revertRestores(t *testing.T, w *world) {
	before := w.Snapshot(t)
	resp := w.apply(t, w.approved(t))
	if w.lasting(t, resp) {
		if _, err := w.Method.Revert(t.Context(), resp, &Journal{}); err == nil {
			t.Error("what cannot be undone was undone")
		}
		return
	}
	resp = w.revert(t, resp)
	w.same(t, "after reverting", before)
	w.revert(t, resp)
	w.same(t, "after reverting again", before)
}

func applyAfterRevert(t *testing.T, w *world) {
	resp := w.apply(t, w.approved(t))
	after := w.Snapshot(t)
	if w.lasting(t, resp) {
		return
	}
	w.apply(t, w.revert(t, resp))
	w.same(t, "applied, reverted, applied", after)
}

// refusedSave: whoever lost the response to another does nothing.
func refusedSave(t *testing.T, w *world) {
	before := w.Snapshot(t)
	resp := w.approved(t)
	_, err := w.Method.Apply(t.Context(), resp, &Journal{Refuse: true})
	if !errors.Is(err, candor.ErrChanged) {
		t.Errorf("apply with a journal that refuses: %v", err)
	}
	w.same(t, "something was done though nothing could be saved", before)
}
