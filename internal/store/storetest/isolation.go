package storetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"candor"
	"candor/internal/store"
)

// testIsolations keeps which lines are isolated, and counts them so that no two
// transactions see the same count.
func testIsolations(t *testing.T, s *store.Store) {
	ctx := t.Context()
	p, site := Sample(t, s, "isolation")
	line := site
	line.ID, line.Kind, line.Reference, line.Vital = candor.NewID(noon), candor.Line, "line-isolation", candor.Medical
	retired := line
	retired.ID, retired.Reference, retired.Retired = candor.NewID(noon), "line-retired", true
	before := must(s.CountLines(ctx))(t)
	do(t, s, func(tx *store.Tx) error {
		if err := tx.AddAsset(ctx, line, time.Time{}); err != nil {
			return err
		}
		return tx.AddAsset(ctx, retired, time.Time{})
	})
	same(t, must(s.Asset(ctx, candor.Scope{Party: p.ID}, line.ID))(t), line)
	line.Vital = ""
	do(t, s, func(tx *store.Tx) error { return tx.ChangeAsset(ctx, line, time.Time{}) })
	same(t, must(s.Asset(ctx, candor.Everything, line.ID))(t), line)
	same(t, must(s.CountLines(ctx))(t), before+1)
	erasedBefore := must(s.ErasedLines(ctx))(t)
	gone := p
	gone.Erased = true
	do(t, s, func(tx *store.Tx) error { return tx.ChangeParty(ctx, gone) })
	all := slices.DeleteFunc(must(s.ErasedLines(ctx))(t), func(id candor.ID) bool { return slices.Contains(erasedBefore, id) })
	slices.Sort(all)
	ids := []candor.ID{line.ID, retired.ID} // and no site
	slices.Sort(ids)
	same(t, all, ids)
	do(t, s, func(tx *store.Tx) error { return tx.ChangeParty(ctx, p) })
	same(t, must(s.ErasedLines(ctx))(t), erasedBefore)

	one := candor.Isolation{Response: candor.NewID(noon), Case: candor.NewID(noon), Asset: line.ID, Level: "walled-garden",
		Session: json.RawMessage(`{"line":"L"}`), Begun: noon}
	two := one
	two.Response, two.Level, two.Begun = candor.NewID(noon.Add(time.Second)), "disconnect", noon.Add(time.Minute)
	_, err := s.Isolation(ctx, one.Response)
	isKind(t, err, candor.ErrNotFound)
	count := func(after time.Time, begun, going int) {
		t.Helper()
		b, g, err := s.CountIsolations(ctx, after)
		if err != nil || b != begun || g != going {
			t.Errorf("%d begun, %d go on, %v; want %d and %d", b, g, err, begun, going)
		}
	}
	do(t, s, func(tx *store.Tx) error {
		if err := tx.SetIsolation(ctx, one); err != nil {
			return err
		}
		return tx.SetIsolation(ctx, two)
	})
	same(t, must(s.Isolations(ctx, line.ID))(t), []candor.Isolation{one, two})
	same(t, must(s.Isolations(ctx, site.ID))(t), []candor.Isolation{})
	count(noon.Add(-time.Second), 1, 1) // one line
	count(noon, 1, 1)
	count(noon.Add(time.Minute), 0, 1)
	two.Ended, two.Session = noon.Add(time.Hour), nil
	do(t, s, func(tx *store.Tx) error { return tx.SetIsolation(ctx, two) })
	same(t, must(s.Isolation(ctx, two.Response))(t), two)
	same(t, must(s.Isolations(ctx, ""))(t), []candor.Isolation{one})
	one.Ended = noon.Add(time.Hour)
	do(t, s, func(tx *store.Tx) error { return tx.SetIsolation(ctx, one) })
	count(noon.Add(time.Minute), 0, 0)

	// Of ten at a time that each make sure that fewer than three go on, three do.
	var wait sync.WaitGroup
	for i := range 10 {
		wait.Go(func() {
			err := s.Tx(ctx, func(tx *store.Tx) error {
				if err := tx.Turn(ctx, "isolate", "lines"); err != nil {
					return err
				}
				_, going, err := tx.CountIsolations(ctx, noon)
				if err != nil || going >= 3 {
					return err
				}
				return tx.SetIsolation(ctx, candor.Isolation{Response: candor.NewID(noon), Asset: candor.ID(fmt.Sprint("line ", i)), Begun: noon})
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	count(noon.Add(time.Minute), 0, 3)
	for _, i := range must(s.Isolations(ctx, ""))(t) {
		i.Ended = noon
		do(t, s, func(tx *store.Tx) error { return tx.SetIsolation(ctx, i) })
	}
}
