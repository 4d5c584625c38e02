package house_test

import (
	"path/filepath"
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
