package desk

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"candor"
)

// batch is a transaction that knows what filings will ask for, and gathers what they
// add, so that many are read and written by few statements. Whatever reads or
// changes something that may be gathered has it written first.
type batch struct {
	Tx
	assets map[candor.ID]candor.Asset
	like   map[candor.ID]map[candor.Same]candor.FiledFinding
	open   map[candor.CaseKey]candor.Case // that were open, as they are now
	asked  map[candor.CaseKey]bool        // whether open knows of it

	cases     []*candor.Case // new ones
	fresh     map[candor.ID]*candor.Case
	freshAt   map[candor.CaseKey]*candor.Case
	standings []candor.Standing
	wakes     map[candor.ID]candor.Standing // ladders to be looked at, by case
	tasks     []candor.Task
	deadlines []candor.Deadline
	findings  []candor.FiledFinding
	places    []candor.SeenPlace
	seen      map[sight][]candor.ID
	held      map[candor.ID]bool // findings whose places are to be counted
	events    []candor.Event
	records   []candor.AboutParty
	count     map[candor.ID]bool // cases whose findings are to be counted
	jobs      []candor.JobRequest
}

// sight is when findings were seen again, and by what.
type sight struct {
	at         time.Time
	generation string
}

// gather makes a batch of filings.
func (d *Desk) gather(ctx context.Context, tx Tx, all []Filing) (*batch, error) {
	b := &batch{Tx: tx, like: map[candor.ID]map[candor.Same]candor.FiledFinding{}, asked: map[candor.CaseKey]bool{}}
	b.empty()
	var ids []candor.ID
	var sames []candor.SameAt
	for _, f := range all {
		if b.like[f.Asset] == nil {
			b.like[f.Asset] = map[candor.Same]candor.FiledFinding{}
			ids = append(ids, f.Asset)
		}
		for _, x := range f.Findings {
			x.Path = candor.TextPath(x.Path)
			sames = append(sames, candor.SameAt{Asset: f.Asset, Same: Same(x)})
			as, _ := d.known(x)
			b.asked[candor.CaseKey{Asset: f.Asset, Class: x.Class, Good: as != ""}] = true
		}
	}
	var err error
	if b.assets, err = tx.AssetsByID(ctx, ids); err != nil {
		return nil, err
	}
	have, err := tx.FindingsLikeAt(ctx, unique(sames))
	if err != nil {
		return nil, err
	}
	for at, f := range have {
		b.like[at.Asset][at.Same] = f
	}
	b.open, err = tx.OpenCases(ctx, slices.SortedFunc(maps.Keys(b.asked), compareKeys))
	return b, err
}

// compareKeys orders cases, so that batches that run at once lock them in one order.
func compareKeys(a, b candor.CaseKey) int {
	order := func(k candor.CaseKey) string { return fmt.Sprint(k.Asset, " ", k.Class, " ", k.Good) }
	x, y := order(a), order(b)
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

func byCase(a, b candor.Standing) int { return cmp.Compare(a.Case, b.Case) }

func unique(all []candor.SameAt) []candor.SameAt {
	have := make(map[candor.SameAt]bool, len(all))
	return slices.DeleteFunc(all, func(s candor.SameAt) bool {
		was := have[s]
		have[s] = true
		return was
	})
}

func (b *batch) empty() {
	b.cases, b.tasks, b.deadlines, b.findings, b.places, b.events, b.records, b.jobs = nil, nil, nil, nil, nil, nil, nil, nil
	b.fresh, b.freshAt = map[candor.ID]*candor.Case{}, map[candor.CaseKey]*candor.Case{}
	b.standings, b.wakes = nil, map[candor.ID]candor.Standing{}
	b.seen, b.held, b.count = map[sight][]candor.ID{}, map[candor.ID]bool{}, map[candor.ID]bool{}
}

// flush writes what was gathered.
func (b *batch) flush(ctx context.Context) error {
	b.tally()
	for _, write := range []func() error{
		func() error { return b.addCases(ctx) },
		func() error { return b.Tx.AddStandings(ctx, b.standings) },
		func() error { return b.Tx.WakeLadders(ctx, slices.SortedFunc(maps.Values(b.wakes), byCase)) },
		func() error { return b.Tx.AddTasks(ctx, b.tasks) },
		func() error { return b.Tx.AddDeadlines(ctx, b.deadlines) },
		func() error { return b.Tx.AddFindings(ctx, b.findings) },
		func() error {
			return b.Tx.AddSeenPlaces(ctx, once(b.places, func(p candor.SeenPlace) candor.Place { return p.Place }))
		},
		func() error { return b.see(ctx) },
		func() error { return b.Tx.CountPlaces(ctx, slices.Sorted(maps.Keys(b.held))) },
		func() error { return b.Tx.AddEvents(ctx, b.events) },
		func() error { return b.Tx.AddRecordsAbout(ctx, b.records) },
		func() error { return b.recount(ctx) },
		func() error { return b.Tx.EnqueueAll(ctx, b.together()) },
	} {
		if err := write(); err != nil {
			return err
		}
	}
	b.empty()
	return nil
}

// tally counts what new cases have.
func (b *batch) tally() {
	for _, c := range b.cases {
		c.Open, c.Findings, c.Due = 0, 0, time.Time{}
	}
	for _, f := range b.findings {
		if c := b.fresh[f.Case]; c != nil {
			c.Findings++
			if f.State == candor.FindingOpen {
				c.Open++
			}
		}
	}
	for _, d := range b.deadlines {
		if c := b.fresh[d.Case]; c != nil && d.Outstanding() && (c.Due.IsZero() || d.Due.Before(c.Due)) {
			c.Due = d.Due
		}
	}
}

func (b *batch) addCases(ctx context.Context) error {
	if err := b.Tx.AddCases(ctx, b.cases); err != nil {
		return err
	}
	for _, c := range b.cases {
		b.keep(*c)
	}
	return nil
}

// keep notes how a case stands that has just been written.
func (b *batch) keep(c candor.Case) {
	key := keyOf(c)
	if c.State.Open() {
		b.open[key], b.asked[key] = c, true
	} else if b.open[key].ID == c.ID {
		delete(b.open, key)
	}
}

func keyOf(c candor.Case) candor.CaseKey {
	return candor.CaseKey{Asset: c.Asset, Class: c.Class, Good: c.Good}
}

func (b *batch) see(ctx context.Context) error {
	for at, ids := range b.seen {
		slices.Sort(ids)
		if err := b.Tx.SeeFindings(ctx, slices.Compact(ids), at.at, at.generation); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) recount(ctx context.Context) error {
	for _, id := range slices.Sorted(maps.Keys(b.count)) {
		if err := b.Tx.CountCase(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// together makes one job of those that ask for the same of cases of one party.
func (b *batch) together() []candor.JobRequest {
	type group struct {
		party candor.ID
		again bool
	}
	owner := map[candor.ID]candor.ID{}
	for _, c := range b.open {
		owner[c.ID] = c.Party
	}
	at := map[group]int{}
	var all []candor.JobRequest
	for _, r := range b.jobs {
		job, ok := r.Job.(PolicyJob)
		of := group{owner[job.Case], job.Again}
		if !ok || job.Returned != "" || of.party == "" {
			all = append(all, r)
			continue
		}
		i, there := at[of]
		if !there {
			at[of] = len(all)
			all = append(all, r)
			continue
		}
		first := all[i].Job.(PolicyJob) //nolint:forcetypeassert // it was put there
		if job.Case != first.Case && !slices.Contains(first.More, job.Case) {
			first.More = append(first.More, job.Case)
			all[i].Job = first
		}
	}
	return all
}
