package respondtest

import (
	"errors"
	"testing"
	"time"

	"candor"
)

func noBasis(t *testing.T, w *world) {
	before := w.Snapshot(t)
	w.agreement.Withdrawn = now
	w.store.Put(w.agreement)
	_, err := w.runner.Propose(t.Context(), w.analyst, w.request())
	if !errors.Is(err, candor.ErrDenied) || candor.Hint(err) == "" {
		t.Errorf("propose without a basis: %v, hint %q", err, candor.Hint(err))
	}
	w.same(t, "without a basis", before)
}

func basisWithdrawn(t *testing.T, w *world) {
	before := w.Snapshot(t)
	resp := w.approved(t)
	w.agreement.Withdrawn = now.Add(-time.Minute)
	w.store.Put(w.agreement)
	w.refused(t, resp.ID)
	w.same(t, "after the basis was withdrawn", before)
}

func observeOnly(t *testing.T, w *world) {
	if !w.Method.TouchesAsset() {
		return
	}
	before := w.Snapshot(t)
	waiting, approved := w.propose(t), w.approved(t)
	w.Target.Asset.ObserveOnly = true
	w.store.Put(w.Target.Asset)
	if _, err := w.runner.Propose(t.Context(), w.analyst, w.request()); !errors.Is(err, candor.ErrDenied) {
		t.Errorf("propose for an asset only observed: %v", err)
	}
	if _, err := w.runner.Approve(t.Context(), w.analyst, waiting.ID); !errors.Is(err, candor.ErrDenied) {
		t.Errorf("approve for an asset only observed: %v", err)
	}
	w.refused(t, approved.ID)
	w.same(t, "the asset is only observed", before)
}

// refused has a response applied that may not be.
func (w *world) refused(t *testing.T, id candor.ID) {
	t.Helper()
	if err := w.runner.Apply(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if got := w.store.Response(id); got.State != candor.ResponseRefused || got.Error == "" {
		t.Errorf("the response is %s, error %q; want it refused", got.State, got.Error)
	}
}

func wholeWay(t *testing.T, w *world) {
	before := w.Snapshot(t)
	id := w.approved(t).ID
	for _, do := range []struct {
		what func() error
		want candor.ResponseState
	}{
		{func() error { return w.runner.Apply(t.Context(), id) }, candor.ResponseApplied},
		{func() error { return w.runner.Verify(t.Context(), id) }, candor.ResponseVerified},
	} {
		if err := do.what(); err != nil {
			t.Fatal(err)
		}
		if got := w.store.Response(id); got.State != do.want {
			t.Fatalf("the response is %s (%s), want %s", got.State, got.Error, do.want)
		}
	}
	_, err := w.runner.Undo(t.Context(), w.analyst, id, "enough")
	if w.lasting(t, w.store.Response(id)) {
		if !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("undo of what cannot be undone: %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := w.runner.Revert(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if got := w.store.Response(id); got.State != candor.ResponseUndone {
		t.Fatalf("the response is %s (%s), want it undone", got.State, got.Error)
	}
	w.same(t, "after the whole way", before)
}
