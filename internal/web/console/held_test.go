package console_test

import (
	"net/http"
	"testing"
	"time"

	"candor"
	"candor/internal/house"
	"candor/internal/store"
	"candor/internal/web/webtest"
)

// TestHeld decides about files that stay in quarantine beyond their time.
func TestHeld(t *testing.T) {
	w := newWorld(t)
	c := w.File(t, w.PartyAsset, webtest.Shell(w.PartyAsset, "a.php"))
	w.agree(t, w.Party.ID)
	hasNot(t, w.get(t, "/today"), "In quarantine beyond their time")
	x, err := w.House.ProposeFor(t.Context(), w.Who(candor.RoleAnalyst), house.Proposal{Case: c.ID, Method: "quarantine"})
	if err != nil {
		t.Fatal(err)
	}
	href := "/responses/" + string(x.ID)
	w.post(t, href+"/approve")
	for _, step := range []func() error{func() error { return w.House.Runner.Apply(t.Context(), x.ID) }, func() error { return w.House.Runner.Verify(t.Context(), x.ID) }} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	page := w.get(t, href+"/undo")
	has(t, page, "without another look")
	hasNot(t, page, "some were still found")
	hasNot(t, w.get(t, href), href+"/keep")
	err = w.House.Store.Tx(t.Context(), func(tx *store.Tx) error {
		now, err := tx.Response(t.Context(), candor.Everything, x.ID)
		if err != nil {
			return err
		}
		now.Held = now.Updated.Add(time.Second)
		return tx.ChangeResponse(t.Context(), now, now.State)
	})
	if err != nil {
		t.Fatal(err)
	}
	has(t, w.get(t, "/today"), "In quarantine beyond their time", href)
	has(t, w.get(t, "/responses?held=yes"), href)
	has(t, w.get(t, href), href+"/keep", "Went on beyond its time")
	has(t, w.get(t, href+"/undo"), "without another look", "some were still found")
	if a := w.Post(t, w.As(candor.RoleAnalyst), href+"/undo", nil); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("put back without a reason: %d", a.Status)
	}
	if a := w.Post(t, w.As(candor.RoleAnalyst), href+"/keep", nil); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("kept without a reason: %d", a.Status)
	}
	has(t, w.post(t, href+"/keep", "keep-reason", "it is a shell"), "It is kept", "No end")
	has(t, w.get(t, "/cases/"+string(c.ID)), "decided to keep it without an end", "it is a shell")
	hasNot(t, w.get(t, "/today"), "In quarantine beyond their time")
}
