package store_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"candor"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// TestTogether has many transactions come at once: those that fail, or panic, or
// whose caller went away are undone, and nothing else is.
func TestTogether(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		now := time.Now()
		stop := errors.New("stop")
		set := func(ctx context.Context, n int, after error) error {
			return s.Tx(ctx, func(tx *store.Tx) error {
				return errors.Join(tx.SetSetting(ctx, fmt.Sprint("n", n), n+1, now, "test"), after)
			})
		}
		const most = 200
		got := make([]error, most)
		var all sync.WaitGroup
		for n := range most {
			all.Go(func() {
				switch n % 5 {
				case 0:
					got[n] = set(t.Context(), n, stop)
				case 1:
					ctx, cancel := context.WithCancel(t.Context())
					got[n] = s.Tx(ctx, func(tx *store.Tx) error {
						err := tx.SetSetting(ctx, fmt.Sprint("n", n), n+1, now, "test")
						cancel()
						return errors.Join(err, tx.SetSetting(ctx, fmt.Sprint("m", n), n+1, now, "test"))
					})
				case 2:
					defer func() { got[n] = fmt.Errorf("it said %v", recover()) }()
					_ = s.Tx(t.Context(), func(tx *store.Tx) error {
						panic(tx.SetSetting(t.Context(), fmt.Sprint("n", n), n+1, now, "test"))
					})
				default:
					got[n] = set(t.Context(), n, nil)
				}
			})
		}
		all.Wait()
		for n, err := range got {
			var value int
			read := s.Setting(t.Context(), fmt.Sprint("n", n), &value)
			switch kept := read == nil && value == n+1; {
			case n%5 > 2 && (err != nil || !kept):
				t.Errorf("%d was to be kept: %v; it is there: %v", n, err, kept)
			case n%5 <= 2 && (err == nil || kept):
				t.Errorf("%d was to fail: %v; it is there: %v", n, err, kept)
			case n%5 == 0 && !errors.Is(err, stop):
				t.Errorf("%d failed with %v", n, err)
			}
		}
	})
}

// TestTogetherLeft has a transaction be left halfway, as a test that fails within it
// does: nothing of it is kept.
func TestTogetherLeft(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ended := make(chan bool)
		go func() {
			defer close(ended)
			_ = s.Tx(t.Context(), func(tx *store.Tx) error {
				if err := tx.SetSetting(t.Context(), "left", 1, time.Now(), "test"); err != nil {
					t.Error(err)
				}
				runtime.Goexit()
				return nil
			})
		}()
		<-ended
		var n int
		if err := s.Setting(t.Context(), "left", &n); err != nil || n != 0 {
			t.Errorf("%d is kept: %v", n, err)
		}
		if err := s.Tx(t.Context(), func(tx *store.Tx) error { return tx.SetSetting(t.Context(), "next", 1, time.Now(), "test") }); err != nil {
			t.Error(err)
		}
	})
}

// TestTogetherSees has a transaction see what those before it did, though all
// share a commit, and nobody else before that.
func TestTogetherSees(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		now := time.Now()
		var all sync.WaitGroup
		const most = 100
		for range most {
			all.Go(func() {
				err := s.Tx(t.Context(), func(tx *store.Tx) error {
					var n int
					if err := tx.Turn(t.Context(), "count", "x"); err != nil {
						return err
					}
					if err := tx.Setting(t.Context(), "count", &n); err != nil && !errors.Is(err, candor.ErrNotFound) {
						return err
					}
					return tx.SetSetting(t.Context(), "count", n+1, now, "test")
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		var n int
		if err := s.Setting(t.Context(), "count", &n); err != nil || n != most {
			t.Errorf("%d of %d counted: %v", n, most, err)
		}
	})
}
