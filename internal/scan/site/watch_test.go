package site_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"candor"
	"candor/internal/scan"
	"candor/internal/scan/site"
	"candor/internal/scan/watch"
)

// TestWatch holds that what changes is filed without a scan being asked for,
// and that one is asked for of what was there before.
func TestWatch(t *testing.T) {
	w := newWorld(t)
	w.desk.filed = make(chan candor.Finding, 100)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Watch(ctx, watch.Options{}) }()
	await := func(want string, again func(n int)) candor.Finding {
		t.Helper()
		deadline := time.After(time.Minute)
		for n := 0; ; n++ {
			again(n)
			select {
			case f := <-w.desk.filed:
				if matched, _ := filepath.Match(want, f.Path); matched {
					return f
				}
			case <-time.After(100 * time.Millisecond):
			case <-deadline:
				t.Fatalf("nobody files %s", want)
			}
		}
	}
	// When the watch begins is not told; what is written from then on is seen.
	f := await(filepath.Join(w.root, "new*.php"), func(n int) { w.write(t, fmt.Sprintf("new%d.php", n), "bad") })
	if f.Rule != "bad" || len(f.SHA256) != 64 {
		t.Errorf("filed as %+v", f)
	}
	elsewhere := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(elsewhere, []byte("bad"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(elsewhere, filepath.Join(w.root, "moved.php")); err != nil {
		t.Fatal(err)
	}
	await(filepath.Join(w.root, "moved.php"), func(int) {})
	// A folder is swapped for a link to elsewhere: nothing there is looked at.
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret.php"), []byte("bad"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(w.root, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(outside, "secret.php"), []byte("bad again"), 0o644); err != nil {
		t.Fatal(err)
	}
	w.write(t, "last.php", "bad")
	await(filepath.Join(w.root, "last.php"), func(int) {})

	cancel()
	if err := <-ended; err == nil {
		t.Error("Watch gives no error when it is ended")
	}
	for len(w.desk.filed) > 0 {
		if f := <-w.desk.filed; !scan.Within(f.Path, []string{w.root}) || filepath.Base(f.Path) == "secret.php" {
			t.Errorf("%s was filed, which lies elsewhere", f.Path)
		}
	}
	page, err := w.s.Scans(t.Context(), candor.Everything, candor.ScanFilter{Asset: w.asset.ID}, candor.Cut{Limit: 10})
	if err != nil || len(page.Items) != 1 || page.Items[0].Cause != site.Watched {
		t.Errorf("scans: %+v, %v", page.Items, err)
	}
}
