package scan_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"candor/internal/scan/unpack"
)

// TestToldAgain scans copies of an infected content, some of them where another rule
// matches too: each situation is looked at once, and all is as without what is known.
func TestToldAgain(t *testing.T) {
	e := newEstate(t, 4)
	e.sources, e.inside = rulePool[:3], &unpack.Options{}
	e.rules = e.compile()
	const flat, deep = 5, 4
	for i := range flat {
		write(t, filepath.Join(e.root, fmt.Sprint("site", i), "index.html"), "a needle in the hay")
	}
	for i := range deep {
		write(t, filepath.Join(e.root, fmt.Sprint("site", i), "deep", "index.html"), "a needle in the hay")
	}
	want, _ := e.scan(nil)
	if len(want) != flat+2*deep {
		t.Fatalf("%d findings without what is known, want %d", len(want), flat+2*deep)
	}
	session := e.begin()
	e.threads = 1
	got, s := e.scan(session)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if s.Copies != flat+deep-2 {
		t.Errorf("%d copies are told again, want %d", s.Copies, flat+deep-2)
	}
	if err := session.Close(); err != nil {
		t.Fatal(err)
	}
}
