package consent

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"candor"
	"candor/internal/consent"
)

// hot is how many parties are asked about where the answers are in memory.
const hot = 10_000

// asks measures how long it takes to ask for a basis, while others write: from
// the database each time, and from memory.
func (r *run) asks(ctx context.Context, report *Report) error {
	for i := range min(hot, r.parties) {
		if _, err := r.one.Consents.Basis(ctx, party(i), "isolate", time.Now()); err != nil && !errors.Is(err, candor.ErrDenied) {
			return err
		}
	}
	for _, x := range []struct {
		name string
		goal time.Duration
		of   int
		ask  func(context.Context, candor.ID) error
	}{
		{"Basis, from the database", UncachedGoal, r.parties, func(ctx context.Context, id candor.ID) error {
			_, err := r.one.Store.Basis(ctx, id, "", "isolate", time.Now())
			return err
		}},
		{"Basis, from memory", CachedGoal, min(hot, r.parties), func(ctx context.Context, id candor.ID) error {
			_, err := r.one.Consents.Basis(ctx, id, "isolate", time.Now())
			return err
		}},
	} {
		r.calm(ctx)
		work := r.work()
		all, wrote, err := r.ask(ctx, x.of, x.ask)
		if err != nil {
			return err
		}
		t := measured(x.name, x.goal, all, false)
		t.Work = r.work().since(work).share()
		t.Asks, t.Writes = float64(len(all))/float64(r.Seconds), float64(wrote)/float64(r.Seconds)
		report.Times = append(report.Times, t)
		fmt.Fprintf(r.Log, "  %s: %s, p99 %s (%s)\n", t.Name, short(t.P50), short(t.P99), t.Work)
	}
	return nil
}

// ask asks at the rate about random ones of the first parties, while random ones
// of all agree at their rate.
func (r *run) ask(ctx context.Context, of int, ask func(context.Context, candor.ID) error) (all []time.Duration, wrote int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(r.Seconds)*time.Second)
	defer cancel()
	var group sync.WaitGroup
	var lock sync.Mutex
	var failed atomic.Pointer[error]
	fail := func(err error) {
		if err != nil && !errors.Is(err, candor.ErrDenied) && ctx.Err() == nil {
			failed.Store(&err)
			cancel()
		}
	}
	const askers, writers = 8, 8
	for w := range writers {
		random := rand.New(rand.NewPCG(uint64(w), 3))
		group.Go(func() {
			pace(ctx, time.Second*writers/time.Duration(r.Writes), w, writers, func() {
				_, err := r.decide(ctx, r.two, party(random.IntN(r.parties)), consent.Agreed, "isolation")
				if err == nil {
					atomic.AddInt64(&wrote, 1)
				}
				fail(err)
			})
		})
	}
	for a := range askers {
		random := rand.New(rand.NewPCG(uint64(a), 4))
		group.Go(func() {
			var own []time.Duration
			pace(ctx, time.Second*askers/time.Duration(r.Asks), a, askers, func() {
				id := party(random.IntN(of))
				begin := time.Now()
				err := ask(ctx, id)
				took := time.Since(begin)
				if ctx.Err() == nil {
					own = append(own, took)
				}
				fail(err)
			})
			lock.Lock()
			defer lock.Unlock()
			all = append(all, own...)
		})
	}
	group.Wait()
	if e := failed.Load(); e != nil {
		return nil, 0, *e
	}
	return all, wrote, nil
}

// pace does something at every period, as the number n of several that take
// turns, until ctx ends. What is late is done at once.
func pace(ctx context.Context, every time.Duration, n, of int, do func()) {
	for at := time.Now().Add(every * time.Duration(n) / time.Duration(of)); ctx.Err() == nil; at = at.Add(every) {
		time.Sleep(time.Until(at))
		if ctx.Err() == nil {
			do()
		}
	}
}

// figures measures how long the console's figures of consents take: counted, and as
// they are kept.
func (r *run) figures(ctx context.Context, report *Report) error {
	r.calm(ctx)
	who := candor.Principal{User: "bench", Role: candor.RoleAuditor}
	for _, x := range []struct {
		name  string
		times int
	}{{"figures of consents, counted", 1}, {"figures of consents, kept", 100}} {
		var all []time.Duration
		work := r.work()
		for range x.times {
			begin := time.Now()
			if _, err := r.one.ConsentFigures(ctx, who); err != nil {
				return err
			}
			all = append(all, time.Since(begin))
		}
		t := measured(x.name, 0, all, false)
		t.Work = r.work().since(work).each(int64(x.times))
		report.Times = append(report.Times, t)
		fmt.Fprintf(r.Log, "  %s: %s (%s)\n", t.Name, short(t.P50), t.Work)
	}
	return nil
}

// writes measures how many acceptances are kept a second.
func (r *run) writes(ctx context.Context, report *Report) error {
	r.calm(ctx)
	ctx, cancel := context.WithTimeout(ctx, time.Duration(r.Seconds)*time.Second)
	defer cancel()
	var group sync.WaitGroup
	var wrote atomic.Int64
	var failed atomic.Pointer[error]
	begin, work := time.Now(), r.work()
	const writers = 64
	for w := range writers {
		group.Go(func() {
			for i := w; ctx.Err() == nil; i += writers {
				_, err := r.decide(ctx, r.one, party(i%r.parties), consent.Agreed, "isolation")
				switch {
				case err == nil:
					wrote.Add(1)
				case ctx.Err() == nil:
					failed.Store(&err)
					cancel()
				}
			}
		})
	}
	group.Wait()
	if e := failed.Load(); e != nil {
		return *e
	}
	report.Rate = float64(wrote.Load()) / time.Since(begin).Seconds()
	report.Work = r.work().since(work).each(wrote.Load())
	return nil
}
