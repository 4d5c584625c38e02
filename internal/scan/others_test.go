package scan_test

import (
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"candor"
	"candor/engine"
	"candor/internal/scan"
	"candor/internal/scan/known"
)

// others knows some contents, and keeps what it is told.
type others struct {
	lock  sync.Mutex
	clean map[known.Sum]bool
	told  []known.Sum
}

func (o *others) Clean(s known.Sum) bool { return o.clean[s] }

func (o *others) Tell(s known.Sum) {
	o.lock.Lock()
	defer o.lock.Unlock()
	o.told = append(o.told, s)
}

// paths keeps where something was found.
type paths []string

func (p *paths) Finding(f candor.Finding) error {
	*p = append(*p, filepath.Base(f.Path))
	return nil
}

func (p *paths) Failure(f scan.Failure) error { return f.Err }

// TestOthers makes sure that others are told of what is clean by its content
// alone, are believed about what is new here, and that what they said is
// remembered, and asked of rules that are new.
func TestOthers(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{"clean.txt": "nothing to see", "matches.txt": "needle in the hay", "named.txt": "straw of gold", "timed.txt": "never mind", "vouched.txt": "haystack and straw of gold"} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rules, report := engine.Compile([]engine.Source{rulePool[0], rulePool[1], rulePool[3], rulePool[9]}, engine.Options{Externals: scan.BuiltinExternals()})
	if len(report.Problems) > 0 {
		t.Fatal(report.Problems)
	}
	store, err := known.Open(filepath.Join(t.TempDir(), "known.db"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	look := func(o *others) (found paths, s scan.Summary) {
		session, err := store.Begin(rules, scan.Opening(nil))
		if err != nil {
			t.Fatal(err)
		}
		if o != nil {
			session.Others = o
		}
		targets := func(yield func(scan.Target, error) bool) { yield(scan.Target{Path: root}, nil) }
		s, err = scan.Scan(t.Context(), targets, &found, scan.Options{NewMatcher: func() scan.Matcher { return rules.NewScanner(engine.ScanOptions{}) }, Threads: 1, Known: session, Clock: later})
		if err != nil {
			t.Fatal(err)
		}
		if err := session.Close(); err != nil {
			t.Fatal(err)
		}
		slices.Sort(found)
		return slices.Compact(found), s
	}
	o := &others{clean: map[known.Sum]bool{known.SumOf([]byte("haystack and straw of gold")): true}}
	found, s := look(o)
	if want := []string{"matches.txt", "timed.txt"}; !slices.Equal(found, want) || s.Copies != 1 {
		t.Errorf("found at %v, want %v; %d were not matched", found, want, s.Copies)
	}
	if want := []known.Sum{known.SumOf([]byte("nothing to see"))}; !slices.Equal(o.told, want) {
		t.Errorf("%d contents were told, want 1", len(o.told))
	}
	if found, s = look(nil); slices.Contains(found, "vouched.txt") || s.Known < 2 {
		t.Errorf("what others said is not remembered: %v, %d known", found, s.Known)
	}
}
