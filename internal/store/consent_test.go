package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// TestChangesOverlap holds that no change is missed, in whatever order
// transactions that overlap end. SQLite has one that writes at a time.
func TestChangesOverlap(t *testing.T) {
	s, ctx := storetest.Postgres(t), t.Context()
	v := storetest.Terms("hosting", "1")
	tx := func(do func(*store.Tx) error) {
		t.Helper()
		if err := s.Tx(ctx, do); err != nil {
			t.Fatal(err)
		}
	}
	tx(func(tx *store.Tx) error { return tx.AddTerms(ctx, v, nil) })
	slow, _ := storetest.Sample(t, s, "slow")
	quick, _ := storetest.Sample(t, s, "quick")
	var mark int64
	seen := func() []candor.ID {
		t.Helper()
		c, err := s.Changes(ctx, mark)
		if err != nil || c.All {
			t.Fatalf("%+v, %v", c, err)
		}
		mark = c.Mark
		return c.Parties
	}
	seen()
	say := func(ctx context.Context, tx *store.Tx, party candor.ID) error {
		at := time.Unix(1, 0).UTC()
		return tx.AddConsent(ctx, consent.Event{ID: candor.NewID(at), Party: party, Version: v.ID, Act: consent.Agreed, At: at, Recorded: at}, v.Version)
	}
	tx(func(outer *store.Tx) error {
		if err := say(ctx, outer, slow.ID); err != nil {
			return err
		}
		tx(func(tx *store.Tx) error { return say(ctx, tx, quick.ID) })
		if got := seen(); slices.Contains(got, slow.ID) || !slices.Contains(got, quick.ID) {
			t.Errorf("%v changed, while %s was not kept yet", got, slow.ID)
		}
		return nil
	})
	if got := seen(); !slices.Contains(got, slow.ID) {
		t.Errorf("%v changed; %s, which began before and was kept after, was missed", got, slow.ID)
	}
}

// TestChangesFromNothing follows the first of all changes.
func TestChangesFromNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		first, err := s.Changes(ctx, 0)
		if err != nil || first.Mark == 0 {
			t.Fatalf("%+v, %v", first, err)
		}
		p, _ := storetest.Sample(t, s, "first")
		err = s.Tx(ctx, func(tx *store.Tx) error { return storetest.Agree(ctx, tx, p.ID, time.Unix(1, 0).UTC(), "notify") })
		if err != nil {
			t.Fatal(err)
		}
		if c, err := s.Changes(ctx, first.Mark); err != nil || !c.All && !slices.Contains(c.Parties, p.ID) {
			t.Errorf("%+v, %v; the first who ever agreed to something was missed", c, err)
		}
	})
}

// TestChangesOfTerms holds that a change of terms is seen each time, also if
// nothing else was recorded in between, and that histories go by it.
func TestChangesOfTerms(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, noon := t.Context(), time.Unix(43200, 0).UTC()
		v := storetest.Terms("hosting", "1")
		p, _ := storetest.Sample(t, s, "first")
		e := consent.Event{ID: candor.NewID(noon), Party: p.ID, Version: v.ID, Act: consent.Agreed, At: noon, Recorded: noon}
		tx := func(do func(*store.Tx) error) {
			t.Helper()
			if err := s.Tx(ctx, do); err != nil {
				t.Fatal(err)
			}
		}
		tx(func(tx *store.Tx) error {
			return errors.Join(tx.AddTerms(ctx, v, nil), tx.AddConsent(ctx, e, v.Version))
		})
		for n := range 3 {
			before, err := s.Changes(ctx, 0)
			if err != nil {
				t.Fatal(err)
			}
			v.Ended = noon.Add(time.Duration(n+1) * time.Hour)
			tx(func(tx *store.Tx) error { return tx.ChangeTerms(ctx, v, nil, v.State) })
			if c, err := s.Changes(ctx, before.Mark); err != nil || !c.All {
				t.Errorf("%+v, %v; change %d of terms was missed", c, err, n)
			}
			_, versions, err := s.History(ctx, p.ID)
			if err != nil || versions[v.ID] == nil || !versions[v.ID].Ended.Equal(v.Ended) {
				t.Errorf("%+v, %v after change %d", versions[v.ID], err, n)
			}
		}
	})
}
