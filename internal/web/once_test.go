package web

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestSecondWaitsForFirst: of two that come at once the second gets what the
// first one's step led to, or, if that failed, is the first itself.
func TestSecondWaitsForFirst(t *testing.T) {
	for name, counts := range map[string]bool{"the first succeeds": true, "the first fails": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOnce(time.Now)
				_, done, err := o.begin(t.Context(), "k")
				if err != nil || done == nil {
					t.Fatal("the first is not the first", err)
				}
				var second View
				var again func(View, bool)
				go func() { second, again, err = o.begin(t.Context(), "k") }()
				synctest.Wait()
				done(See("/there"), counts)
				synctest.Wait()
				if err != nil || counts != (again == nil) || counts && second.To != "/there" {
					t.Errorf("the second gets %v, first: %v, %v", second.To, again != nil, err)
				}
			})
		})
	}
}

func TestWaitingEndsWithTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOnce(time.Now)
		if _, _, err := o.begin(t.Context(), "k"); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, _, err := o.begin(ctx, "k"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the second waits for ever: %v", err)
		}
	})
}

func TestFormsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOnce(time.Now)
		first := func() bool {
			_, done, err := o.begin(t.Context(), "k")
			if err != nil {
				t.Fatal(err)
			}
			if done != nil {
				done(See("/"), true)
			}
			return done != nil
		}
		if !first() || first() {
			t.Error("the same form is not known again")
		}
		time.Sleep(onceFor + time.Second) // of the bubble: no time goes by
		if !first() {
			t.Error("a form is remembered for ever")
		}
		for range mostOnce {
			_, done, err := o.begin(t.Context(), newKey())
			if err != nil {
				t.Fatal(err)
			}
			done(See("/"), true)
		}
		if len(o.taken) > mostOnce || len(o.order) > mostOnce {
			t.Errorf("%d forms are remembered", len(o.taken))
		}
	})
}
