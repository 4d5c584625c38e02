package scan_test

import (
	"os"
	"path/filepath"
	"testing"

	"candor/engine"
	"candor/internal/scan"
)

// TestWithin holds that a target in a root is reached through no link, and not
// at all from outside, and that what is excluded above it holds.
func TestWithin(t *testing.T) {
	root, outside := t.TempDir(), t.TempDir()
	write(t, filepath.Join(root, "a/b/needle.php"), "needle in the hay")
	write(t, filepath.Join(root, "skip/b/needle.php"), "needle in the hay")
	write(t, filepath.Join(outside, "needle.php"), "needle in the hay")
	for from, to := range map[string]string{"link": outside, "a/link.php": filepath.Join(outside, "needle.php")} {
		if err := os.Symlink(to, filepath.Join(root, from)); err != nil {
			t.Fatal(err)
		}
	}
	rules, _ := engine.Compile(rulePool[:1], engine.Options{})
	exclude, err := scan.ParseExclude([]string{"skip"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path                     string
		findings, fails, skipped int
	}{
		{root, 1, 0, 3},
		{root + "/a", 1, 0, 1},
		{root + "/a/b/needle.php", 1, 0, 0},
		{root + "/a/link.php", 0, 0, 1},
		{root + "/link/needle.php", 0, 1, 0},
		{root + "/../" + filepath.Base(outside) + "/needle.php", 0, 1, 0},
		{outside + "/needle.php", 0, 1, 0},
		{root + "/skip/b/needle.php", 0, 0, 1},
		{root + "/gone/needle.php", 0, 1, 0},
	} {
		var got collected
		s, err := scan.Scan(t.Context(), func(yield func(scan.Target, error) bool) { yield(scan.Target{Path: c.path, Root: root}, nil) }, &got,
			scan.Options{NewMatcher: func() scan.Matcher { return rules.NewScanner(engine.ScanOptions{}) }, Exclude: exclude})
		if err != nil || len(got.findings) != c.findings || len(got.failures) != c.fails || s.Skipped.Total() != int64(c.skipped) {
			t.Errorf("%s: %d findings, failures %v, %d passed over, %v", c.path, len(got.findings), got.failures, s.Skipped.Total(), err)
		}
	}
}
