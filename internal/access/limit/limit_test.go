package limit_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"candor/internal/access/limit"
)

func TestBuckets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := limit.NewBuckets(3, 10*time.Second, 100, time.Now)
		for range 3 {
			if wait := b.Take("a"); wait != 0 {
				t.Errorf("waits %v", wait)
			}
		}
		if wait := b.Take("a"); wait != 10*time.Second {
			t.Errorf("waits %v", wait)
		}
		if wait := b.Take("b"); wait != 0 {
			t.Errorf("another key waits %v", wait)
		}
		time.Sleep(4 * time.Second)
		if wait := b.Take("a"); wait.Round(time.Millisecond) != 6*time.Second {
			t.Errorf("waits %v", wait)
		}
		b.Return("a")
		if wait := b.Take("a"); wait != 0 {
			t.Errorf("waits %v after a return", wait)
		}
		time.Sleep(time.Hour)
		for range 3 {
			if b.Take("a") != 0 {
				t.Error("not full after an hour")
			}
		}
		if b.Take("a") == 0 {
			t.Error("overfull after an hour")
		}
	})
}

func TestDelays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := limit.NewDelays(2, time.Second, 5*time.Second, 100, time.Now)
		if d.Attempt("a") != 0 {
			t.Fatal("the first one waits")
		}
		var waits []time.Duration
		for range 5 {
			if d.Attempt("a") != 0 {
				t.Fatal("waits longer than it was told to")
			}
			wait := d.Attempt("a")
			waits = append(waits, wait)
			time.Sleep(wait)
		}
		if got, want := fmt.Sprint(waits), "[1s 2s 4s 5s 5s]"; got != want {
			t.Errorf("waits %s, want %s", got, want)
		}
		atOnce := func() (n int) {
			for ; d.Attempt("a") == 0; n++ {
			}
			return n
		}
		d.Passed("a")
		if n := atOnce(); n != 2 {
			t.Errorf("%d at once after it passed", n)
		}
		time.Sleep(time.Minute)
		if n := atOnce(); n != 2 {
			t.Errorf("%d at once after a minute", n)
		}
	})
}

func TestAttemptsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := limit.NewDelays(5, time.Second, time.Minute, 100, time.Now)
		var all sync.WaitGroup
		var mu sync.Mutex
		through := 0
		for range 1000 {
			all.Go(func() {
				if d.Attempt("a") == 0 {
					mu.Lock()
					through++
					mu.Unlock()
				}
			})
		}
		all.Wait()
		if through != 5 {
			t.Errorf("%d at once got through", through)
		}
	})
}

func TestMemoryIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := limit.NewBuckets(1, time.Hour, 10, time.Now)
		if b.Take("kept") != 0 {
			t.Fatal("first")
		}
		for i := range 1000 {
			b.Take(fmt.Sprint(i))
			if b.Take("kept") == 0 {
				t.Fatalf("a key in use was forgotten after %d others", i)
			}
		}
		for i := range 25 {
			b.Take(fmt.Sprint("new", i))
		}
		if b.Take("kept") != 0 {
			t.Error("25 others, and still remembered: nothing is ever forgotten")
		}
	})
}
