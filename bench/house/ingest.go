package house

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"candor"
	"candor/internal/desk"
	"candor/internal/desk/calendar"
	"candor/internal/store"
)

// deskStore gives the desk its store.
type deskStore struct{ s *store.Store }

func (d deskStore) Tx(ctx context.Context, f func(desk.Tx) error) error {
	return d.s.Tx(ctx, func(tx *store.Tx) error { return f(tx) })
}

func newDesk(s *store.Store, clock candor.Clock) *desk.Desk {
	return desk.New(desk.Config{Store: deskStore{s}, Clock: clock, Calendar: calendar.Always(time.UTC), Rules: calendar.Rules(),
		Plays: func(c candor.Class, _ candor.Nature, _ candor.Severity) desk.Play {
			return desk.Play{Title: string(c), Tasks: []desk.PlayTask{
				{Key: "look", Text: "Look at what was found", Due: calendar.Hours(4)},
				{Key: "tell", Text: "Tell the customer", Due: calendar.Hours(8)},
				{Key: "cause", Text: "See how it came in", Due: calendar.Hours(48)}}}
		}})
}

// ingest measures how fast findings are filed: in large parts, as a scan of an
// infected site gives them, in small ones, as uploads do, and seen again.
func ingest(ctx context.Context, s *store.Store, c Config, r *Report) error {
	x, err := draw(ctx, s)
	if err != nil {
		return err
	}
	d := newDesk(s, c.Clock)
	goal := FileGoal(s.Kind())
	for _, m := range []struct {
		name  string
		size  int
		again bool
		goal  float64
	}{{"findings filed, 500 at a time", 500, false, goal}, {"findings filed, 10 at a time", 10, false, 0}, {"findings seen again, 500 at a time", 500, true, goal}} {
		busy, begin := cpu(), time.Now()
		rate, err := file(ctx, d, x.sites, m.size, m.again, time.Duration(c.Seconds)*time.Second)
		if err != nil {
			return err
		}
		r.Rates = append(r.Rates, Rate{m.name, rate, m.goal, loadAverage(), share(busy, begin)})
	}
	return nil
}

// share is how many processors the program has had since then.
func share(busy time.Duration, begin time.Time) float64 {
	return (cpu() - busy).Seconds() / time.Since(begin).Seconds()
}

const writers = 4

// file files findings from some writers, and tells how many a second.
func file(ctx context.Context, d *desk.Desk, sites []candor.ID, size int, again bool, lasts time.Duration) (float64, error) {
	var filed atomic.Int64
	var lock sync.Mutex
	var failed error
	var group sync.WaitGroup
	begin := time.Now()
	for w := range writers {
		random := rand.New(rand.NewPCG(uint64(begin.UnixNano()), uint64(w)))
		group.Go(func() {
			var f desk.Filing
			for i := 0; time.Since(begin) < lasts; i++ {
				if !again || i%8 == 0 {
					f = filing(random, sites[(w+writers*i)%len(sites)], size)
				}
				f.Scan = candor.NewID(time.Now())
				if _, err := d.File(ctx, f); err != nil {
					lock.Lock()
					failed = err
					lock.Unlock()
					return
				}
				filed.Add(int64(size))
			}
		})
	}
	group.Wait()
	return float64(filed.Load()) / time.Since(begin).Seconds(), failed
}

// filing makes a part of what a scan of a site found: mostly of one class.
func filing(r *rand.Rand, site candor.ID, size int) desk.Filing {
	f := desk.Filing{Asset: site, Sensor: "scan", Generation: "g1"}
	class := pick(r, classes)
	for i := range size {
		if i%100 == 99 {
			class = pick(r, classes)
		}
		f.Findings = append(f.Findings, candor.Finding{Path: fmt.Sprintf("/srv/www/site/public_html/%s/%s%d.php", pick(r, folders), words[r.IntN(len(words))], r.IntN(1e6)),
			Rule: ruleName(r), Class: class, Nature: candor.Malware, Severity: pick(r, severities), SHA256: digest(r), Bytes: 1234, Language: "yara",
			Definitions: "own/php.yar", Description: "Code that runs what a request brings", Line: 12, Tags: []string{"shell"},
			Strings: []candor.Occurrence{{Name: "$a", Offset: 311, Length: 14, Data: []byte("eval($_POST")}}})
	}
	return f
}
