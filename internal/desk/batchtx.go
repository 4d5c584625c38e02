package desk

import (
	"context"
	"fmt"
	"time"

	"candor"
)

// What a batch knows, and what it gathers.

func (b *batch) Asset(ctx context.Context, scope candor.Scope, id candor.ID) (candor.Asset, error) {
	if a, ok := b.assets[id]; ok && scope.Sees(a.Owner) {
		return a, nil
	}
	return b.Tx.Asset(ctx, scope, id)
}

func (b *batch) FindingsLike(ctx context.Context, asset candor.ID, sames []candor.Same) (map[candor.Same]candor.FiledFinding, error) {
	if have := b.like[asset]; have != nil {
		return have, nil // what is filed now is added to it
	}
	if err := b.flush(ctx); err != nil {
		return nil, err
	}
	return b.Tx.FindingsLike(ctx, asset, sames)
}

func (b *batch) OpenCase(ctx context.Context, asset candor.ID, class candor.Class, good bool) (candor.Case, error) {
	key := candor.CaseKey{Asset: asset, Class: class, Good: good}
	if c := b.freshAt[key]; c != nil {
		return *c, nil
	}
	if c, ok := b.open[key]; ok {
		return c, nil
	}
	if b.asked[key] {
		return candor.Case{}, fmt.Errorf("open case of asset %s: %w", asset, candor.ErrNotFound)
	}
	return b.Tx.OpenCase(ctx, asset, class, good)
}

func (b *batch) AddCase(_ context.Context, c *candor.Case) error {
	b.cases = append(b.cases, c)
	b.fresh[c.ID], b.freshAt[keyOf(*c)] = c, c
	return nil
}

func (b *batch) ChangeCase(ctx context.Context, c *candor.Case) error {
	if fresh := b.fresh[c.ID]; fresh != nil {
		*fresh = *c
		return nil
	}
	if err := b.Tx.ChangeCase(ctx, c); err != nil {
		return err
	}
	b.keep(*c)
	return nil
}

func (b *batch) CountCase(_ context.Context, id candor.ID) error {
	if b.fresh[id] == nil {
		b.count[id] = true
	}
	return nil
}

func (b *batch) Standing(ctx context.Context, of candor.ID) (candor.Standing, error) {
	if err := b.flush(ctx); err != nil {
		return candor.Standing{}, err
	}
	return b.Tx.Standing(ctx, of)
}

func (b *batch) AddStanding(_ context.Context, s candor.Standing) error {
	b.standings = append(b.standings, s)
	return nil
}

func (b *batch) WakeLadder(_ context.Context, of candor.ID, now, at time.Time) error {
	if was, ok := b.wakes[of]; !ok || at.Before(was.Look) {
		b.wakes[of] = candor.Standing{Case: of, Since: now, Look: at}
	}
	return nil
}

func (b *batch) AddTask(_ context.Context, t candor.Task) error {
	b.tasks = append(b.tasks, t)
	return nil
}

func (b *batch) AddDeadline(_ context.Context, d candor.Deadline) error {
	b.deadlines = append(b.deadlines, d)
	return nil
}

func (b *batch) AddFindings(_ context.Context, all []candor.FiledFinding) error {
	b.findings = append(b.findings, all...)
	return nil
}

func (b *batch) AddPlaces(_ context.Context, asset, scan candor.ID, places []candor.Place) error {
	for _, p := range places {
		b.places = append(b.places, candor.SeenPlace{Asset: asset, Scan: scan, Place: p})
	}
	return nil
}

func (b *batch) SeeFindings(_ context.Context, ids []candor.ID, at time.Time, generation string) error {
	if len(ids) > 0 {
		b.seen[sight{at, generation}] = append(b.seen[sight{at, generation}], ids...)
	}
	return nil
}

func (b *batch) CountPlaces(_ context.Context, ids []candor.ID) error {
	for _, id := range ids {
		b.held[id] = true
	}
	return nil
}

func (b *batch) AddEvent(_ context.Context, e candor.Event) error {
	b.events = append(b.events, e)
	return nil
}

func (b *batch) AddRecords(_ context.Context, about candor.ID, all ...candor.Record) error {
	for _, r := range all {
		b.records = append(b.records, candor.AboutParty{Party: about, Record: r})
	}
	return nil
}

func (b *batch) Enqueue(_ context.Context, job candor.Job, o candor.JobOptions) error {
	b.jobs = append(b.jobs, candor.JobRequest{Job: job, Options: o})
	return nil
}

// What needs all to be written before.

func (b *batch) Case(ctx context.Context, scope candor.Scope, id candor.ID) (candor.Case, error) {
	if b.count[id] || b.fresh[id] != nil {
		if err := b.flush(ctx); err != nil {
			return candor.Case{}, err
		}
	}
	return b.Tx.Case(ctx, scope, id)
}

func (b *batch) Deadlines(ctx context.Context, id candor.ID) ([]candor.Deadline, error) {
	var all []candor.Deadline
	for _, d := range b.deadlines {
		if d.Case == id {
			all = append(all, d)
		}
	}
	if b.fresh[id] != nil {
		return all, nil
	}
	if len(all) > 0 {
		if err := b.flush(ctx); err != nil {
			return nil, err
		}
	}
	return b.Tx.Deadlines(ctx, id)
}

func (b *batch) Link(ctx context.Context, one, other candor.ID, at time.Time) error {
	if err := b.flush(ctx); err != nil {
		return err
	}
	return b.Tx.Link(ctx, one, other, at)
}

func (b *batch) Finding(ctx context.Context, scope candor.Scope, id candor.ID) (candor.FiledFinding, error) {
	if err := b.flush(ctx); err != nil {
		return candor.FiledFinding{}, err
	}
	return b.Tx.Finding(ctx, scope, id)
}

func (b *batch) FindingsOfCase(ctx context.Context, id candor.ID) ([]candor.FiledFinding, error) {
	if err := b.flush(ctx); err != nil {
		return nil, err
	}
	return b.Tx.FindingsOfCase(ctx, id)
}

func (b *batch) ChangeFinding(ctx context.Context, f candor.FiledFinding) error {
	if err := b.flush(ctx); err != nil {
		return err
	}
	return b.Tx.ChangeFinding(ctx, f)
}

func (b *batch) Places(ctx context.Context, finding candor.ID) ([]candor.Place, error) {
	if err := b.flush(ctx); err != nil {
		return nil, err
	}
	return b.Tx.Places(ctx, finding)
}

func (b *batch) SetPlace(ctx context.Context, finding candor.ID, path string, state candor.FindingState) error {
	if err := b.flush(ctx); err != nil {
		return err
	}
	return b.Tx.SetPlace(ctx, finding, path, state)
}

func (b *batch) Tasks(ctx context.Context, id candor.ID) ([]candor.Task, error) {
	if err := b.flush(ctx); err != nil {
		return nil, err
	}
	return b.Tx.Tasks(ctx, id)
}

func (b *batch) LastRelease(ctx context.Context, line candor.ID) (candor.Event, error) {
	if err := b.flush(ctx); err != nil {
		return candor.Event{}, err
	}
	return b.Tx.LastRelease(ctx, line)
}
