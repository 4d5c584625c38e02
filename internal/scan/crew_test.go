package scan_test

import (
	"path/filepath"
	"testing"
	"time"

	"candor/engine"
	"candor/internal/scan"
	"candor/internal/scan/known"
)

// TestCrew has scans share their workers, whether they remember or not.
func TestCrew(t *testing.T) {
	rules, _ := engine.Compile(rulePool[:1], engine.Options{})
	root := t.TempDir()
	write(t, filepath.Join(root, "a.php"), "needle in the hay")
	write(t, filepath.Join(root, "b.php"), "only hay")
	store, err := known.Open(filepath.Join(t.TempDir(), "known.db"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	made := 0
	o := scan.Options{NewMatcher: func() scan.Matcher { made++; return rules.NewScanner(engine.ScanOptions{}) }, Threads: 1, Crew: new(scan.Crew), Clock: later}
	for i, remember := range []bool{false, true, false, true} {
		o.Known = nil
		if remember {
			if o.Known, err = store.Begin(rules, scan.Opening(nil)); err != nil {
				t.Fatal(err)
			}
		}
		var got collected
		s, err := scan.Scan(t.Context(), scan.Paths(root), &got, o)
		if err != nil || len(got.findings) != 1 || s.Files != 2 {
			t.Errorf("scan %d: %+v, %v, %v", i, s, got.findings, err)
		}
		if remember {
			if err := o.Known.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if i == 3 && s.Known != 1 {
			t.Errorf("%d files were known", s.Known)
		}
	}
	if made != 1 {
		t.Errorf("%d matchers were made", made)
	}
}
