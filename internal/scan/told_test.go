package scan_test

import (
	"bytes"
	"compress/gzip"
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

// TestNamesInside scans one compressed content under several names: a rule that asks for the
// name of what is inside tells them apart, and each is told where it is.
func TestNamesInside(t *testing.T) {
	e := newEstate(t, 5)
	e.sources, e.inside = rulePool[:2], &unpack.Options{}
	e.rules = e.compile()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte("straw of gold, and a needle in the hay")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a/x.txt.gz", "b/x.php.gz", "c/y.php.gz", "d/x.php.gz"} {
		write(t, filepath.Join(e.root, name), b.String())
	}
	want, _ := e.scan(nil)
	if len(want) != 4+3 {
		t.Fatalf("%d findings without what is known, want 7: %v", len(want), want)
	}
	session := e.begin()
	e.threads = 1
	got, s := e.scan(session)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if s.Copies != 1 {
		t.Errorf("%d copies are told again, want 1", s.Copies)
	}
	if err := session.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestNamesInsideClean is TestNamesInside of a content that is clean under the first name.
func TestNamesInsideClean(t *testing.T) {
	e := newEstate(t, 6)
	e.sources, e.inside = rulePool[1:2], &unpack.Options{}
	e.rules = e.compile()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte("straw of gold")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a/x.txt.gz", "b/x.php.gz"} {
		write(t, filepath.Join(e.root, name), b.String())
	}
	session := e.begin()
	e.threads = 1
	if got, _ := e.scan(session); len(got) != 1 {
		t.Errorf("%d findings, want one, of the second: %v", len(got), got)
	}
	if err := session.Close(); err != nil {
		t.Fatal(err)
	}
}
