package house_test

import (
	"path/filepath"
	"sync"
	"testing"
	"time"

	"candor"
	"candor/internal/drill"
	"candor/internal/store/storetest"
)

// TestDrillsAreLogged: each drill is in the evidence log once, also after a
// restart, with the digest of its report.
func TestDrillsAreLogged(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	f := drill.Folder(filepath.Join(t.TempDir(), "drills"))
	w.Drills.Folder = f
	count := func() []candor.Logged {
		t.Helper()
		page, err := w.Store.Records(t.Context(), candor.RecordFilter{Kind: candor.RecordDrill}, candor.Cut{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		return page.Items
	}
	known := map[string]bool{}
	for n := range 3 {
		begun := time.Date(2026, 1, 2, 9, n, 0, 0, time.UTC)
		if _, err := f.Keep(drill.Report{Version: 1, Program: "v1", Method: drill.Nftables, Begun: begun, Ended: begun.Add(time.Minute), Rounds: []drill.Round{}, Checks: []drill.Check{}, Faults: []drill.Fault{}, Missed: []string{"this"}}); err != nil {
			t.Fatal(err)
		}
		if n == 2 {
			known = map[string]bool{} // as after a restart
		}
		for range 2 {
			if err := w.LogDrills(t.Context(), known); err != nil {
				t.Fatal(err)
			}
		}
		if got := len(count()); got != n+1 {
			t.Errorf("of %d drills %d are logged", n+1, got)
		}
	}
	all, err := f.All()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, r := range count() {
		if _, err := candor.ParseID(string(r.ID)); err != nil || r.Actor != "system" {
			t.Errorf("%s of %s: %v", r.ID, r.Actor, err)
		}
		seen[string(r.Body)] = true
	}
	if len(seen) != len(all) {
		t.Errorf("records tell of %d drills", len(seen))
	}
}

// TestDrillsAreLoggedAtOnce by several processes, of which none fails.
func TestDrillsAreLoggedAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		f := drill.Folder(filepath.Join(t.TempDir(), "drills"))
		w.Drills.Folder = f
		for n := range 10 {
			begun := time.Date(2026, 1, 2, 9, n, 0, 0, time.UTC)
			if _, err := f.Keep(drill.Report{Version: 1, Program: "v1", Method: drill.Nftables, Begun: begun, Ended: begun.Add(time.Minute), Rounds: []drill.Round{}, Checks: []drill.Check{}, Faults: []drill.Fault{}, Missed: []string{"this"}}); err != nil {
				t.Fatal(err)
			}
		}
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if err := w.LogDrills(t.Context(), map[string]bool{}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		page, err := w.Store.Records(t.Context(), candor.RecordFilter{Kind: candor.RecordDrill}, candor.Cut{Limit: 100})
		if err != nil || len(page.Items) != 10 {
			t.Errorf("%d are logged, %v", len(page.Items), err)
		}
	})
}
