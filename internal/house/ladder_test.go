package house_test

import (
	"errors"
	"testing"
	"time"

	"candor"
	"candor/internal/desk"
	"candor/internal/desk/calendar"
	"candor/internal/house"
)

// ladder gives the cases of a world a ladder that contains.
func (w *world) ladder() {
	plays := w.Desk.Plays
	w.Desk.Plays = func(c candor.Class, n candor.Nature, s candor.Severity) desk.Play {
		p := plays(c, n, s)
		p.Ladder = []desk.Rung{{Name: "told", Text: "First notice", Told: true}, {Name: "contain", Text: "Containment", After: calendar.Period{Days: 3}, Again: calendar.Period{Days: 30}, Cases: 3, Within: calendar.Period{Days: 90},
			Responses: []desk.PlayResponse{{Method: "quarantine"}}, Tasks: []desk.PlayTask{{Key: "escalate", Text: "Tell them"}}}}
		return p
	}
}

func (w *world) climb(t *testing.T) {
	t.Helper()
	for range 10 {
		if n, err := w.Desk.Climb(t.Context(), house.Responder{House: w.House, Zone: time.UTC}); err != nil {
			t.Fatal(err)
		} else if n == 0 {
			return
		}
	}
	t.Fatal("ladders are looked at for ever")
}

// TestLadder proposes what a rung says only with a basis, and never does it by
// itself; a party that mends has it taken back.
func TestLadder(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.ladder()
		see := func(step int) house.Ladder {
			t.Helper()
			l, err := w.CaseLadder(ctx, eve, w.kase)
			if err != nil || l.Step != step || len(l.Rungs) != 2 {
				t.Fatalf("%+v, %v", l, err)
			}
			return l
		}
		see(0) // the case was there before there were ladders
		if err := w.SetState(ctx, ada, w.kase, 0, candor.CaseNotified, ""); err != nil {
			t.Fatal(err)
		}
		w.climb(t)
		see(1)
		w.now = w.now.AddDate(0, 0, 3)
		w.climb(t)
		if l := see(2); l.Gap == "" || l.Rungs[1].After != "3d" || l.Rungs[1].Proposes[0] != "quarantine" || l.Rungs[1].Asks[0] != "Tell them" {
			t.Errorf("%+v", l)
		}
		responses := func() []candor.Response {
			t.Helper()
			v, err := w.Case(ctx, ada, w.kase)
			if err != nil {
				t.Fatal(err)
			}
			return v.Responses
		}
		if got := responses(); len(got) != 0 {
			t.Fatalf("without a basis there is %+v", got)
		}

		// It steps down, and is found again when the terms allow it.
		w.agree(t)
		owner := candor.Principal{User: ada.User, Role: candor.RoleCustomer, Party: w.party.ID}
		w.now = w.now.Add(time.Hour)
		if err := w.Fixed(ctx, owner, w.kase, "it is gone"); err != nil {
			t.Fatal(err)
		}
		w.climb(t)
		see(1)
		w.now = w.now.AddDate(0, 0, 3)
		w.climb(t)
		see(2)
		got := responses()
		if len(got) != 1 || got[0].State != candor.ResponseProposed || got[0].By != desk.LadderActor || got[0].Basis.Kind != candor.ByAgreement {
			t.Fatalf("%+v", got)
		}
		w.now = w.now.Add(time.Hour)
		if err := w.Fixed(ctx, owner, w.kase, "it is gone"); err != nil {
			t.Fatal(err)
		}
		w.climb(t)
		if got := responses(); got[0].State != candor.ResponseRefused {
			t.Errorf("what the party has mended is still %s", got[0].State)
		}
		if _, err := w.CaseLadder(ctx, owner, w.kase); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("a customer read it: %v", err)
		}
	})
}

// TestOffenders ranks for the staff alone, and refuses what is out of bounds.
func TestOffenders(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		all, err := w.Offenders(ctx, eve, house.Offending{Least: 1})
		if err != nil || len(all) != 1 || all[0].Name != w.party.Name || all[0].Cases != 1 || all[0].AssetName != "" {
			t.Fatalf("%+v, %v", all, err)
		}
		if all, err = w.Offenders(ctx, eve, house.Offending{Least: 1, ByAsset: true, Class: candor.ApplicationCompromise}); err != nil || len(all) != 1 || all[0].AssetName != w.site.Name {
			t.Errorf("%+v, %v", all, err)
		}
		if all, err = w.Offenders(ctx, eve, house.Offending{}); err != nil || len(all) != 0 {
			t.Errorf("one case is not again: %+v, %v", all, err)
		}
		for _, q := range []house.Offending{{Days: -1}, {Days: 401}, {Least: -2}, {Class: "fraud"}} {
			if _, err := w.Offenders(ctx, ada, q); !errors.Is(err, candor.ErrInvalid) || candor.Hint(err) == "" {
				t.Errorf("%+v: %v", q, err)
			}
		}
		owner := candor.Principal{User: ada.User, Role: candor.RoleCustomer, Party: w.party.ID}
		if _, err := w.Offenders(ctx, owner, house.Offending{}); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("a customer read it: %v", err)
		}
	})
}
