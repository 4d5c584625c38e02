package quarantine

import (
	"strings"
	"testing"
)

func TestTransit(t *testing.T) {
	token := strings.Repeat("a1", tokenBytes)
	for name, want := range map[string]bool{".candor-" + token + ".old": true, ".candor-" + token + ".new": true, ".candor-" + token + ".stub": true,
		".candor-" + token + ".php": false, ".candor-" + token: false, ".candor-" + token + ".old.php": false, ".candor-" + token[2:] + ".old": false,
		".candor-" + strings.ToUpper(token) + ".old": false, "x.php": false} {
		if Transit(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
	r := Result{Places: []Place{{Root: "/srv/a", Path: "x.php"}, {Root: "/srv/a", Path: "sub/y.php", Token: token}}}
	for path, want := range map[string]bool{"/srv/a/sub/.candor-" + token + ".old": true, "/srv/a/.candor-" + token + ".old": false,
		"/srv/a/sub/.candor-" + strings.Repeat("b1", tokenBytes) + ".old": false, "/srv/a/sub/y.php": false} {
		if r.Transit(path) != want {
			t.Errorf("%s: %v", path, !want)
		}
	}
}
