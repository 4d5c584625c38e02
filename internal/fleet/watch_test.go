package fleet_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"candor"
	"candor/internal/scan/site"
)

// TestWatch has what changes on a server filed without a scan being asked for,
// once one has looked at what was there.
func TestWatch(t *testing.T) {
	w := newWorld(t)
	w.Settings.Watch = true
	server, on := w.server(t, "web1")
	before := w.write(t, on, "before.php", "bad content before")
	c := w.config(t, t.TempDir(), w.token(t, server))
	c.Watch = true
	stop := w.agent(t, c)
	eventually(t, "what was there is scanned", func() bool {
		page, err := w.s.Scans(t.Context(), candor.Everything, candor.ScanFilter{Asset: on.ID, States: []candor.ScanState{candor.ScanComplete}}, candor.Cut{Limit: 10})
		return err == nil && len(page.Items) == 1 && page.Items[0].Cause == site.Watched && slices.Contains(w.desk.paths(), before)
	})
	w.write(t, on, "fine.php", "good content")
	after := w.write(t, on, "after\xff.php", "bad content after")
	eventually(t, "what changed is filed", func() bool { return slices.Contains(w.desk.paths(), after) })

	elsewhere := filepath.Join(t.TempDir(), "tree")
	moved := filepath.Join(on.Roots[0], "tree")
	if err := os.Mkdir(elsewhere, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(elsewhere, "x.php"), []byte("bad content moved"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(elsewhere, moved); err != nil {
		t.Fatal(err)
	}
	eventually(t, "what was moved in is filed", func() bool { return slices.Contains(w.desk.paths(), filepath.Join(moved, "x.php")) })
	stop()
	page, err := w.s.Scans(t.Context(), candor.Everything, candor.ScanFilter{Asset: on.ID}, candor.Cut{Limit: 10})
	if err != nil || len(page.Items) != 1 || w.desk.finished != 1 {
		t.Errorf("there are scans of single files: %+v, %v", page.Items, err)
	}
}
