package candor_test

import (
	"testing"

	"candor"
)

func TestRelative(t *testing.T) {
	a := candor.Asset{Roots: []string{"/srv/a", "/srv/a/htdocs/", "/"}}
	for place, want := range map[string]string{
		"/srv/a/htdocs/x/y.php": "x/y.php", "/srv/a/logs/z": "logs/z", "/srv/ab/c": "srv/ab/c", "/srv/a/htdocs": "htdocs", "": ".",
	} {
		if got := a.Relative(place); got != want {
			t.Errorf("%q is %q, want %q", place, got, want)
		}
	}
	if got := (candor.Asset{Roots: []string{"/srv/a"}}).Relative("/srv/b/c/d.php"); got != "d.php" {
		t.Errorf("a place outside is %q", got)
	}
}
