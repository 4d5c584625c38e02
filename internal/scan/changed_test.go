package scan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"candor/internal/scan"
	"candor/internal/scan/watch"
)

func TestFolders(t *testing.T) {
	for path, want := range map[string]bool{"/srv/www": true, "/srv/www/a": true, "/srv/wwwx": false, "/srv": false, "/srv/www/../x": false} {
		if scan.Within(path, []string{"/srv/www"}) != want {
			t.Errorf("%s: %v", path, !want)
		}
	}
}

func TestChanged(t *testing.T) {
	got := scan.Changed([]watch.Change{{Path: "/a", Tree: watch.Started}, {Path: "/a/x"}, {Path: "/b/y", Tree: watch.Overflow}, {Path: "/c"}, {Path: "/ab"}}, []string{"/a", "/b"})
	want := []scan.Target{{Path: "/a/x", Root: "/a"}, {Path: "/b/y", Root: "/b"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
