package console_test

import (
	"net/http"
	"testing"

	"candor"
	"candor/internal/house"
	"candor/internal/web/webtest"
)

// TestLapsed decides about a response that rests on nothing any more.
func TestLapsed(t *testing.T) {
	w := newWorld(t)
	c := w.File(t, w.PartyAsset, webtest.Shell(w.PartyAsset, "a.php"))
	w.agree(t, w.Party.ID)
	x, err := w.House.ProposeFor(t.Context(), w.Who(candor.RoleAnalyst), house.Proposal{Case: c.ID, Method: "quarantine"})
	if err != nil {
		t.Fatal(err)
	}
	href := "/responses/" + string(x.ID)
	w.post(t, href+"/approve")
	for _, step := range []func() error{
		func() error { return w.House.Runner.Apply(t.Context(), x.ID) },
		func() error { return w.House.Runner.Verify(t.Context(), x.ID) },
		func() error {
			return w.House.WithdrawAgreement(t.Context(), w.Who(candor.RoleAdmin), w.Party.ID, x.Basis.Agreement)
		},
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	hasNot(t, w.get(t, href), href+"/rest")
	if n, err := w.House.Runner.Review(t.Context()); err != nil || n != 1 {
		t.Fatalf("%d responses changed: %v", n, err)
	}
	has(t, w.get(t, "/today"), "Done to a party, and not allowed any more", href)
	has(t, w.get(t, "/responses?lapsed=yes"), href)
	has(t, w.get(t, href), href+"/rest", href+"/undo", "Rests on nothing any more, since")
	has(t, w.get(t, href+"/undo"), "allows it no longer since")
	has(t, w.get(t, "/cases/"+string(c.ID)), "rests on nothing any more", "The party took back its agreement")
	for name, bad := range map[string][]string{"no law": {"basis", "law", "rest-reason", "harm"}, "no reason": {"basis", "law", "terms", "NIS2"}, "what was withdrawn": {"basis", "agreement", "rest-reason", "harm"}} {
		if a := w.Post(t, w.As(candor.RoleAnalyst), href+"/rest", form(bad...)); a.Status != http.StatusUnprocessableEntity && a.Status != http.StatusForbidden {
			t.Errorf("%s: %d", name, a.Status)
		}
	}
	has(t, w.post(t, href+"/rest", "basis", "law", "terms", "NIS2", "clause", "21", "rest-reason", "others are at risk"), "It rests on something else now", "NIS2")
	has(t, w.get(t, "/cases/"+string(c.ID)), "on another basis", "others are at risk")
	hasNot(t, w.get(t, "/today"), "not allowed any more")
}
