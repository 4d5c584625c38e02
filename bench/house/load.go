package house

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/house"
	"candor/internal/store"
)

// pages measures the console's pages: each by itself, and then while many
// people use all of them.
func pages(ctx context.Context, s *store.Store, c Config, r *Report) error {
	x, err := draw(ctx, s)
	if err != nil {
		return err
	}
	a := &asker{&house.House{Store: s, Clock: c.Clock, Consents: consent.NewRegister(s, c.Clock)}, x, candor.Principal{User: x.users[0], Name: "Ada", Role: candor.RoleAnalyst}}
	all := a.pages()
	times := make([][]time.Duration, len(all))
	random := rand.New(rand.NewPCG(3, 4))
	for i, p := range all {
		// What was never asked for comes from the disk: some first ones warm up.
		for range 3 {
			if err := p.ask(ctx, random); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
		}
		busy := cpu()
		for range c.Alone {
			start := time.Now()
			if err := p.ask(ctx, random); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			times[i] = append(times[i], time.Since(start))
		}
		alone := measured(p.name, p.goal, times[i])
		alone.CPU = (cpu() - busy) / time.Duration(max(1, c.Alone))
		r.Alone = append(r.Alone, alone)
	}
	r.AloneLoad = loadAverage()
	together, err := load(ctx, all, c.Users, time.Duration(c.Seconds)*time.Second)
	if err != nil {
		return err
	}
	r.PagesLoad = loadAverage()
	var ordinary, searches []time.Duration
	for i, p := range all {
		r.Together = append(r.Together, measured(p.name, p.goal, together[i]))
		if p.goal == SearchGoal {
			searches = append(searches, together[i]...)
		} else {
			ordinary = append(ordinary, together[i]...)
		}
	}
	r.Pages, r.Searches = measured("pages", PageGoal, ordinary), measured("searches", SearchGoal, searches)
	return nil
}

// load lets users ask for a page every second, whether or not the last one
// has come. A page's time begins when it was to be asked for.
func load(ctx context.Context, all []page, users int, lasts time.Duration) ([][]time.Duration, error) {
	var total float64
	for _, p := range all {
		total += p.weight
	}
	times := make([][]time.Duration, len(all))
	var lock sync.Mutex
	var failed error
	var group sync.WaitGroup
	begin := time.Now()
	for u := range users {
		random := rand.New(rand.NewPCG(uint64(u), 5))
		group.Go(func() {
			for at := begin.Add(time.Duration(random.Float64() * float64(time.Second))); at.Before(begin.Add(lasts)); at = at.Add(time.Second) {
				time.Sleep(time.Until(at))
				i := chooseWeighted(random, all, total)
				err := all[i].ask(ctx, random)
				took := time.Since(at)
				lock.Lock()
				times[i] = append(times[i], took)
				if err != nil && failed == nil {
					failed = fmt.Errorf("%s: %w", all[i].name, err)
				}
				lock.Unlock()
			}
		})
	}
	group.Wait()
	return times, failed
}

func chooseWeighted(r *rand.Rand, all []page, total float64) int {
	at := r.Float64() * total
	for i, p := range all {
		if at -= p.weight; at < 0 {
			return i
		}
	}
	return len(all) - 1
}

// Times are the times of one kind of page.
type Times struct {
	Name          string
	Count         int
	P50, P95, P99 time.Duration
	Longest       time.Duration
	Goal          time.Duration // of P99
	CPU           time.Duration // of this program, on average; 0 where others ran beside it
}

// Missed tells whether it took longer than it may.
func (t Times) Missed() bool { return t.P99 > t.Goal }

func measured(name string, goal time.Duration, all []time.Duration) Times {
	t := Times{Name: name, Count: len(all), Goal: goal}
	if len(all) == 0 {
		return t
	}
	slices.Sort(all)
	at := func(share float64) time.Duration { return all[min(len(all)-1, int(share*float64(len(all))))] }
	t.P50, t.P95, t.P99, t.Longest = at(0.5), at(0.95), at(0.99), all[len(all)-1]
	return t
}

// cpu is how long this program has had a processor. It says what a page costs
// on a machine that has other things to do.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// loadAverage is what the machine has to do besides, over the last minute.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	word, _, _ := strings.Cut(string(text), " ")
	return word
}
