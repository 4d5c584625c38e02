package synthetic

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"candor"
	"candor/internal/flow"
	"candor/internal/flow/lease"
	"candor/internal/house"
	"candor/internal/intake/attribute"
	"candor/internal/intake/format/readers"
	"candor/internal/intake/freetext"
	mailkind "candor/internal/intake/kind"
	"candor/internal/intake/reading"
	"candor/internal/intake/wrap"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// player has a desk live through a world: it is told of leases as they arrive, its
// records change as the world does, and it judges reports as they come.
type player struct {
	*world
	now      atomic.Int64 // microseconds
	desk     *house.House
	table    *lease.Table
	reports  []time.Time // when each comes
	from     []reporter
	seed     uint64
	mu       sync.Mutex // guards what is below
	waiting  map[int64][]int
	tally    Tally
	examples []string
}

// Play makes a world and lives through it.
func Play(ctx context.Context, c Config) (*Tally, error) {
	w := newWorld(c.Seed, c.Subscribers)
	fmt.Fprintf(c.Log, "%d parties, %d assets, %d things that change hands %d times (%d times two have one at once), %d changes of records, %d records of leases\n",
		len(w.parties), len(w.assets), w.size(), w.tenancies(), w.double, len(w.changes), len(w.events))
	p := &player{world: w, seed: c.Seed, waiting: map[int64][]int{}}
	p.now.Store(begin.UnixMicro())
	var err error
	if p.from, err = newReporters(w.r, 200); err != nil {
		return nil, err
	}
	for range c.Mails {
		p.reports = append(p.reports, anyTime(w.r, begin.Add(12*time.Hour), end.Add(-time.Hour)))
	}
	slices.SortFunc(p.reports, time.Time.Compare)
	s, err := store.Open(ctx, store.Options{URL: filepath.Join(c.Folder, "candor.db"), Log: slog.New(slog.DiscardHandler), Conceal: storetest.Conceal})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	if err := w.fill(ctx, s); err != nil {
		return nil, err
	}
	p.table, err = lease.Open(lease.Options{Dir: filepath.Join(c.Folder, "leases"), Lines: lines{}, Most: 20_000_000, Keep: keep, Now: p.clock, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	defer p.table.Close()
	p.open(s)
	err = p.live(ctx, s, c)
	p.tally.Reports, p.tally.Examples = len(p.reports), p.examples
	return &p.tally, err
}

func (p *player) clock() time.Time { return time.UnixMicro(p.now.Load()).UTC() }

// lines have the numbers of assets, and one more.
type lines struct{}

func (lines) Line(_, key string) (flow.Line, bool) {
	n, err := strconv.Atoi(strings.TrimPrefix(key, "r"))
	return flow.Line(n + 1), err == nil
}

// open sets the desk up as the program does.
func (p *player) open(s *store.Store) {
	p.desk = &house.House{Store: s, Clock: p.clock}
	p.desk.Reports = house.Reports{Reader: &reading.Reader{Formats: readers.All(nil), Text: freetext.New(), Opener: wrap.New(wrap.Options{Now: p.clock}), Ours: mailkind.Ours{Domains: []string{"desk.provider.example"}}}}
	leases := attribute.Table{Table: p.table, Lines: func(l flow.Line) (candor.ID, bool) { return p.assets[l-1].ID, true }}
	p.desk.Reports.Whose = p.desk.Whose(leases, nil, attribute.Options{Networks: networks, Margin: margin, Settle: settle})
}

// fill keeps the world as it is at its beginning.
func (w *world) fill(ctx context.Context, s *store.Store) error {
	return s.Tx(ctx, func(tx *store.Tx) error {
		for _, p := range w.parties {
			if p.Created, p.Updated = begin, begin; tx.AddParty(ctx, p) != nil {
				return fmt.Errorf("party %s is not kept", p.ID)
			}
		}
		for _, a := range w.servers {
			if err := tx.AddAsset(ctx, a, time.Time{}); err != nil {
				return err
			}
		}
		for _, a := range w.assets {
			if err := tx.AddAsset(ctx, a.Asset, time.Time{}); err != nil {
				return err
			}
		}
		return nil
	})
}

// step is how far the world moves on at a time.
const step = time.Minute

// live goes through the world in steps: records first, then reports.
func (p *player) live(ctx context.Context, s *store.Store, c Config) error {
	work := make(chan func())
	defer close(work)
	for range max(c.Workers, 1) {
		go func() {
			for f := range work {
				f()
			}
		}()
	}
	next, swept := 0, begin
	for now := begin; next < len(p.reports) || len(p.waiting) > 0; now = now.Add(step) {
		p.now.Store(now.UnixMicro())
		if err := p.news(ctx, s, now); err != nil {
			return err
		}
		if now.Sub(swept) >= 6*time.Hour {
			p.table.Sweep()
			swept = now
		}
		due := p.waiting[now.Unix()]
		delete(p.waiting, now.Unix())
		for ; next < len(p.reports) && !p.reports[next].After(now); next++ {
			due = append(due, next)
		}
		if err := p.judgeAll(ctx, work, due, now); err != nil {
			return err
		}
		if now.Hour() == 0 && now.Minute() == 0 && next > 0 {
			fmt.Fprintf(c.Log, "%s: %d reports came, %d wrong\n", now.Format(time.DateOnly), next, p.tally.Wrong())
		}
	}
	return nil
}

// news brings what arrived by now.
func (p *player) news(ctx context.Context, s *store.Store, now time.Time) error {
	n := 0
	for n < len(p.changes) && !p.changes[n].at.After(now) {
		n++
	}
	if n > 0 {
		err := s.Tx(ctx, func(tx *store.Tx) error {
			for _, c := range p.changes[:n] {
				a := &p.assets[c.asset]
				c.what(&a.Asset)
				a.Updated = c.at
				if err := tx.ChangeAsset(ctx, a.Asset, time.Time{}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		p.changes = p.changes[n:]
	}
	var events []lease.Event
	for len(p.events) > 0 && !p.events[0].at.After(now) {
		events = append(events, p.events[0].Event)
		p.events = p.events[1:]
	}
	if len(events) == 0 {
		return nil
	}
	return p.table.Apply(ctx, events...)
}

func (p *player) judgeAll(ctx context.Context, work chan<- func(), due []int, now time.Time) error {
	errs := make([]error, len(due))
	var all sync.WaitGroup
	for i, n := range due {
		all.Add(1)
		work <- func() {
			defer all.Done()
			errs[i] = p.judge(ctx, n, now)
		}
	}
	all.Wait()
	return errors.Join(errs...)
}

// judge has the desk read a report; again later, if that is what it says.
func (p *player) judge(ctx context.Context, n int, now time.Time) error {
	r := rand.New(rand.NewPCG(p.seed, uint64(n)+1000))
	rep := p.newReport(r, n, &p.from[r.IntN(len(p.from))], p.reports[n])
	got, read, err := p.desk.JudgeReport(ctx, reading.Source{Body: strings.NewReader(rep.mail)}, rep.received)
	var later *candor.LaterError
	p.mu.Lock()
	defer p.mu.Unlock()
	if errors.As(err, &later) {
		at := now.Add(later.After).Add(step - 1).Truncate(step)
		if !at.After(now) {
			at = now.Add(step)
		}
		p.waiting[at.Unix()] = append(p.waiting[at.Unix()], n)
		p.tally.Waited++
		return nil
	}
	if err != nil {
		return fmt.Errorf("report %d: %w\n%s", n, err, rep.mail)
	}
	p.count(&rep, got, read)
	return nil
}
