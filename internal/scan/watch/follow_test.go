package watch

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// TestFollower has roots come while others are watched, and looks that fail.
func TestFollower(t *testing.T) {
	dir := tmpfs(t)
	one, two := makeDir(t, dir, "one"), makeDir(t, dir, "two")
	var mu sync.Mutex
	roots, fails := []string{one}, 0
	looked := make(chan Change, 1000)
	ask := make(chan struct{})
	f := Follower{Options: Options{check: 10 * time.Millisecond}, Ask: ask,
		List: func(context.Context) ([]string, error) {
			mu.Lock()
			defer mu.Unlock()
			return append([]string(nil), roots...), nil
		},
		Look: func(_ context.Context, changes []Change) error {
			mu.Lock()
			defer mu.Unlock()
			if fails > 0 {
				fails--
				return errors.New("a test")
			}
			for _, c := range changes {
				looked <- c
			}
			return nil
		}}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	await := func(path string, tree Cause) {
		t.Helper()
		for deadline := time.After(limit); ; {
			select {
			case c := <-looked:
				if c.Tree == Started && c.Path != path {
					t.Errorf("%s was watched before, and is told as %s", c.Path, c.Tree)
				}
				if c.Path == path && c.Tree == tree {
					return
				}
			case <-deadline:
				t.Fatalf("%s is not looked at", path)
			}
		}
	}
	await(one, Started)
	mu.Lock()
	fails = 1
	mu.Unlock()
	write(t, filepath.Join(one, "a"), "1")
	await(filepath.Join(one, "a"), "")

	mu.Lock()
	roots = []string{one, two}
	mu.Unlock()
	ask <- struct{}{}
	await(two, Started)
	write(t, filepath.Join(one, "b"), "1")
	await(filepath.Join(one, "b"), "")
	write(t, filepath.Join(two, "c"), "1")
	await(filepath.Join(two, "c"), "")

	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
