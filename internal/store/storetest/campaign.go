package storetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/consent/campaign"
	"candor/internal/store"
)

// testCampaigns plans whom to ask, and keeps how far it comes.
func testCampaigns(t *testing.T, s *store.Store) {
	ctx := t.Context()
	one, two := Terms("campaigned", "1"), Terms("campaigned", "2")
	two.Effective, two.Material = noon.Add(time.Hour), true
	parties := map[string]candor.ID{}
	for _, name := range []string{"bound", "refused before", "left", "agreed", "refused", "never", "erased", "partner"} {
		p := candor.Party{ID: candor.NewID(noon), Kind: candor.Customer, Name: name, Created: noon, Updated: noon, Erased: name == "erased"}
		if name == "partner" {
			p.Kind = candor.Partner
		}
		parties[name] = p.ID
		do(t, s, func(tx *store.Tx) error { return tx.AddParty(ctx, p) })
	}
	do(t, s, func(tx *store.Tx) error {
		if err := tx.AddTerms(ctx, one, nil); err != nil {
			return err
		}
		return tx.AddTerms(ctx, two, nil)
	})
	say := func(name string, act consent.Act, v consent.Terms, after time.Duration) {
		t.Helper()
		e := consent.Event{ID: candor.NewID(noon), Party: parties[name], Version: v.ID, Act: act, At: noon.Add(after), Recorded: noon.Add(after), How: consent.ByPaper, Behalf: consent.Self}
		do(t, s, func(tx *store.Tx) error { return tx.AddConsent(ctx, e, v.Version) })
	}
	for _, name := range []string{"bound", "left", "agreed", "refused"} {
		say(name, consent.Agreed, one, 0)
	}
	say("refused before", consent.Refused, one, 0)
	say("left", consent.Withdrawn, one, time.Minute)
	say("agreed", consent.Agreed, two, time.Minute)
	say("refused", consent.Refused, two, time.Minute)

	c := campaign.Campaign{ID: candor.NewID(noon), Terms: two.ID, Document: two.Document, State: campaign.Draft, Silence: campaign.Keep, Policy: map[string]string{"en": "It stays."},
		Reminders: []int{7}, By: "Ada", Created: noon, Starts: noon.Add(time.Hour), Deadline: noon.Add(30 * 24 * time.Hour)}
	do(t, s, func(tx *store.Tx) error { return tx.AddCampaign(ctx, c) })
	same(t, must(s.Campaign(ctx, c.ID))(t), c)
	c.State = campaign.Running
	do(t, s, func(tx *store.Tx) error { return tx.ChangeCampaign(ctx, c, campaign.Draft) })
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.ChangeCampaign(ctx, c, campaign.Draft) }), candor.ErrChanged)
	same(t, must(s.Campaigns(ctx, two.Document, campaign.Running))(t), []campaign.Campaign{c})
	same(t, len(must(s.Campaigns(ctx, two.Document, campaign.Ended))(t)), 0)
	same(t, must(s.Earlier(ctx, two, c.Deadline))(t), []consent.Terms{one})

	planned := func(c campaign.Campaign, kinds ...candor.PartyKind) (names []string) {
		t.Helper()
		do(t, s, func(tx *store.Tx) error { _, err := tx.Plan(ctx, c, two, kinds); return err })
		for _, a := range must(s.AskedOf(ctx, c.ID, store.AskedFilter{}, candor.Cut{Limit: 500}))(t).Items {
			for name, id := range parties {
				if a.Party == id {
					names = append(names, name)
				}
			}
		}
		slices.Sort(names)
		return names
	}
	same(t, planned(c), []string{"bound"})
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { _, err := tx.Plan(ctx, c, two, nil); return err }), candor.ErrExists)
	ends := c
	ends.ID, ends.Silence, ends.State = candor.NewID(noon), campaign.End, campaign.Ended
	do(t, s, func(tx *store.Tx) error { return tx.AddCampaign(ctx, ends) })
	same(t, planned(ends, candor.Customer), []string{"bound", "never", "refused"})

	due := func(at time.Time, most int) (all []campaign.Asked) {
		t.Helper()
		do(t, s, func(tx *store.Tx) (err error) { all, err = tx.DueAsked(ctx, ends.ID, at, most); return err })
		return all
	}
	same(t, len(due(noon, 10)), 0)
	page := must(s.AskedOf(ctx, ends.ID, store.AskedFilter{}, candor.Cut{Limit: 2}))(t)
	rest := must(s.AskedOf(ctx, ends.ID, store.AskedFilter{}, candor.Cut{Limit: 2, Cursor: page.Next}))(t)
	if len(page.Items) != 2 || page.Next == "" || rest.Next == page.Next || rest.Items[0].Party <= page.Items[1].Party {
		t.Errorf("pages %+v, %+v", page, rest)
	}
	same(t, rest.Count >= 3, true)
	_, err := s.AskedOf(ctx, ends.ID, store.AskedFilter{}, candor.Cut{Cursor: "x"})
	isKind(t, err, candor.ErrInvalid)

	a := must(s.Asked(ctx, ends.ID, parties["bound"]))(t)
	a.Sent, a.Last, a.Next = 1, noon.Add(time.Hour), noon.Add(48*time.Hour)
	b := must(s.Asked(ctx, ends.ID, parties["never"]))(t)
	b.Unreachable = true
	d := must(s.Asked(ctx, ends.ID, parties["refused"]))(t)
	d.State, d.Next, d.Answered = campaign.Refused, time.Time{}, noon.Add(time.Minute)
	do(t, s, func(tx *store.Tx) error {
		for _, x := range []campaign.Asked{a, b, d} {
			if ok, err := tx.ChangeAsked(ctx, x); err != nil || !ok {
				t.Errorf("changed %v, %v", ok, err)
			}
		}
		if ok, err := tx.ChangeAsked(ctx, d); err != nil || ok {
			t.Errorf("who had answered was changed: %v, %v", ok, err)
		}
		return tx.AddAsked(ctx, campaign.Asked{Campaign: ends.ID, Party: a.Party, State: campaign.Waiting})
	})
	same(t, must(s.Asked(ctx, ends.ID, a.Party))(t), a)
	yes := true
	for _, x := range must(s.AskedOf(ctx, ends.ID, store.AskedFilter{State: campaign.Waiting, Unreachable: &yes}, candor.Cut{}))(t).Items {
		same(t, x, b)
	}
	f := must(s.CampaignFigures(ctx, ends.ID, noon.Add(3*time.Hour)))(t)
	if f.Refused != 1 || f.Unreachable != 1 || f.Waiting < 2 || f.Overdue != f.Waiting-1 || f.Unsent != f.Waiting-1 || f.Asked != f.Waiting+1 {
		t.Errorf("figures %+v", f)
	}
	same(t, len(must(s.PartiesOf(ctx, []candor.ID{a.Party, b.Party}))(t)), 2)
	said := must(s.Said(ctx, two, []candor.ID{parties["agreed"], parties["refused"], parties["left"], parties["bound"]}, noon))(t)
	same(t, len(said), 3)
	same(t, []consent.Act{said[parties["agreed"]].Act, said[parties["refused"]].Act, said[parties["left"]].Act}, []consent.Act{consent.Agreed, consent.Refused, consent.Withdrawn})
	skips(t, s, ends.ID)

	for behind, more := candor.ID(""), true; more; more = behind != "" {
		do(t, s, func(tx *store.Tx) (err error) { behind, err = tx.Silence(ctx, ends.ID, behind, 2); return err })
	}
	same(t, len(due(noon.Add(90*24*time.Hour), 10)), 0)
	same(t, must(s.CampaignFigures(ctx, ends.ID, noon))(t).Silent, f.Waiting)
}

// skips holds that two workers at once are not given the same ones.
func skips(t *testing.T, s *store.Store, id candor.ID) {
	if s.Kind() == "SQLite" {
		return // it has one transaction that writes at a time
	}
	ctx, at := t.Context(), noon.Add(90*24*time.Hour)
	do(t, s, func(tx *store.Tx) error {
		first, err := tx.DueAsked(ctx, id, at, 1)
		if err != nil || len(first) != 1 {
			t.Fatalf("due: %v, %v", first, err)
		}
		return s.Tx(context.WithoutCancel(ctx), func(other *store.Tx) error {
			second, err := other.DueAsked(ctx, id, at, 500)
			if len(second) == 0 || slices.ContainsFunc(second, func(a campaign.Asked) bool { return a.Party == first[0].Party }) {
				t.Errorf("%v was given twice: %v", first, second)
			}
			return err
		})
	})
}
