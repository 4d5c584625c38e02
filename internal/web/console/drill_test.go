package console_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"candor/internal/drill"
	"candor/internal/house"
)

// TestDrillDue: Today reminds of a drill that is overdue, and of none that is
// not; whatever became of the reports, it is shown.
func TestDrillDue(t *testing.T) {
	w := newWorld(t)
	hasNot(t, w.get(t, "/today"), "A drill is overdue")
	w.House.Drills = house.Drills{Folder: drill.Folder(t.TempDir()), Every: 30 * 24 * time.Hour, Since: w.Clock().Add(-time.Minute)}
	has(t, w.get(t, "/today"), "A drill is overdue", `href="/drills"`)
	for _, ago := range []time.Duration{31 * 24 * time.Hour, 0} {
		held := drill.Report{Version: 1, Begun: w.Clock().Add(-ago).UTC().Truncate(time.Second), Method: drill.Nftables, Rounds: []drill.Round{}, Checks: []drill.Check{}, Faults: []drill.Fault{}, Missed: []string{}}
		held.Ended = held.Begun
		if _, err := w.House.Drills.Folder.Keep(held); err != nil {
			t.Fatal(err)
		}
		page := w.get(t, "/today")
		if ago > 0 {
			has(t, page, "A drill is overdue")
		} else {
			hasNot(t, page, "A drill is overdue")
		}
	}
	folder := string(w.House.Drills.Folder)
	if err := os.Remove(filepath.Join(folder, "key.json")); err != nil {
		t.Fatal(err)
	}
	has(t, w.get(t, "/today"), "A drill is overdue") // none is believed
	if err := errors.Join(os.RemoveAll(folder), os.WriteFile(folder, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	hasNot(t, w.get(t, "/today"), "A drill is overdue") // none can be read
}
