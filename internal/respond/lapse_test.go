package respond_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"candor"
	"candor/internal/respond"
)

// done is a response that acts, and the numbers of lapsed ones that were told.
func (d *desk) done(t *testing.T) (candor.ID, *[]int) {
	t.Helper()
	var told []int
	d.Lapsed = func(_ context.Context, _ respond.Tx, r candor.Response, open int) error {
		told = append(told, open)
		return nil
	}
	id := d.approved(t)
	d.do(t, d.Apply, id, candor.ResponseApplied)
	d.do(t, d.Verify, id, candor.ResponseVerified)
	return id, &told
}

func (d *desk) review(t *testing.T, want int) {
	t.Helper()
	if n, err := d.Review(t.Context()); err != nil || n != want {
		t.Fatalf("%d responses changed, not %d: %v", n, want, err)
	}
}

func (d *desk) response(t *testing.T, id candor.ID) (r candor.Response) {
	t.Helper()
	err := d.store.Tx(t.Context(), func(tx respond.Tx) (err error) {
		r, err = tx.Response(t.Context(), candor.Everything, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (d *desk) leave() {
	d.agreement.Withdrawn = d.now
	d.store.Put(d.agreement)
}

// TestLapse: what rests on nothing any more goes on, is marked, and told once;
// a person puts it on another basis, with a reason.
func TestLapse(t *testing.T) {
	d := newDesk(t)
	id, told := d.done(t)
	d.review(t, 0)
	if _, err := d.Rest(t.Context(), d.analyst, id, candor.Basis{Kind: candor.ByLaw, Terms: "NIS2"}, "why"); !errors.Is(err, candor.ErrChanged) {
		t.Errorf("what stands was put on another basis: %v", err)
	}
	d.now = d.now.Add(time.Hour)
	d.leave()
	d.review(t, 1)
	d.review(t, 0)
	r := d.response(t, id)
	if !d.lamp.off || r.State != candor.ResponseVerified || !r.Lapsed.Equal(d.now) {
		t.Errorf("the light is off: %v; the response is %s, lapsed %v", d.lamp.off, r.State, r.Lapsed)
	}
	for name, bad := range map[string]func() error{
		"no reason": func() error {
			_, err := d.Rest(t.Context(), d.analyst, id, candor.Basis{Kind: candor.ByLaw, Terms: "NIS2"}, " ")
			return err
		},
		"no basis": func() error { _, err := d.Rest(t.Context(), d.analyst, id, candor.Basis{}, "it must"); return err },
		"a stranger": func() error {
			_, err := d.Rest(t.Context(), d.outside, id, candor.Basis{Kind: candor.ByLaw, Terms: "NIS2"}, "it must")
			return err
		},
		"the owner": func() error {
			_, err := d.Rest(t.Context(), d.owner, id, candor.Basis{Kind: candor.ByLaw, Terms: "NIS2"}, "it must")
			return err
		},
	} {
		if bad() == nil {
			t.Errorf("%s: it was put on another basis", name)
		}
	}
	if _, err := d.Rest(t.Context(), d.analyst, id, candor.Basis{Kind: candor.ByLaw, Terms: "NIS2", Clause: "21"}, "it must"); err != nil {
		t.Fatal(err)
	}
	if r := d.response(t, id); !r.Lapsed.IsZero() || r.Basis.Terms != "NIS2" || r.State != candor.ResponseVerified {
		t.Errorf("%+v", r)
	}
	d.review(t, 0) // a law is not withdrawn
	records := d.store.Records()
	if last := records[len(records)-1]; last.Kind != candor.RecordDecision || last.Personal["text"] != "it must" {
		t.Errorf("evidence %+v", last)
	}
	if len(*told) != 2 || (*told)[0] != 1 || (*told)[1] != 0 {
		t.Errorf("told of %v", *told)
	}
}

// TestLapseUndone: undoing is the other way.
func TestLapseUndone(t *testing.T) {
	d := newDesk(t)
	id, told := d.done(t)
	d.leave()
	d.review(t, 1)
	if _, err := d.Undo(t.Context(), d.analyst, id, "withdrawn"); err != nil {
		t.Fatal(err)
	}
	if r := d.response(t, id); !r.Lapsed.IsZero() {
		t.Errorf("lapsed %v", r.Lapsed)
	}
	d.do(t, d.Revert, id, candor.ResponseUndone)
	d.review(t, 0)
	if d.lamp.off || len(*told) != 2 || (*told)[1] != 0 {
		t.Errorf("the light is off: %v, told of %v", d.lamp.off, *told)
	}
}

// TestLapseOver: a party that agrees again lets it stand.
func TestLapseOver(t *testing.T) {
	d := newDesk(t)
	id, told := d.done(t)
	d.leave()
	d.review(t, 1)
	again := d.agreement
	d.now = d.now.Add(time.Hour)
	again.ID, again.Version, again.Accepted, again.Withdrawn = candor.NewID(d.now), "4", d.now, time.Time{}
	d.store.Put(again)
	d.review(t, 1)
	if r := d.response(t, id); !r.Lapsed.IsZero() || r.Basis.Version != "4" || r.State != candor.ResponseVerified {
		t.Errorf("%+v", r)
	}
	if len(*told) != 2 || (*told)[1] != 0 {
		t.Errorf("told of %v", *told)
	}
}

// TestLapseOfOthers: nothing is marked that rests on a law, cannot be undone, or
// does not act.
func TestLapseOfOthers(t *testing.T) {
	d := newDesk(t)
	r := d.propose(t, func(req *respond.Request) { req.Basis = candor.Basis{Kind: candor.ByLaw, Terms: "NIS2"} })
	if _, err := d.Approve(t.Context(), d.analyst, r.ID); err != nil {
		t.Fatal(err)
	}
	d.do(t, d.Apply, r.ID, candor.ResponseApplied)
	d.lamp.lasting = true
	d.do(t, d.Apply, d.approved(t), candor.ResponseApplied)
	d.lamp.lasting = false
	d.propose(t, nil)
	d.leave()
	d.review(t, 0)
}

// TestLapseAsked: what is known from memory spares the look.
func TestLapseAsked(t *testing.T) {
	d := newDesk(t)
	d.done(t)
	d.leave()
	d.Allowed = func(context.Context, candor.ID, string) error { return nil }
	d.review(t, 0)
	d.Allowed = func(context.Context, candor.ID, string) error { return errors.New("no database") }
	if _, err := d.Review(t.Context()); err == nil {
		t.Error("nothing is said of what could not be asked")
	}
	d.Allowed = func(context.Context, candor.ID, string) error { return candor.ErrDenied }
	d.review(t, 1)
}
