package store

import (
	"context"
	"time"

	"candor"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

var scanList = list{table: "scans", own: "queued", sorts: []string{"id"}, then: []string{"state", "party", "asset"}, weak: []string{"state"}}

// Scan gives a scan that the scope sees.
func (r reader) Scan(ctx context.Context, scope candor.Scope, id candor.ID) (candor.Scan, error) {
	row, err := one[query.Scan](ctx, r.db, "scans", "id = ?", id)
	if err == nil && !scope.Sees(row.Party) {
		return candor.Scan{}, notThere("scan", id)
	}
	return scan(row), err
}

// Scans lists scans.
func (r reader) Scans(ctx context.Context, scope candor.Scope, f candor.ScanFilter, cut candor.Cut) (candor.Page[candor.Scan], error) {
	var w where
	w.scope(scope, "party")
	anyOf(&w, "state", f.States)
	equal(&w, "asset", f.Asset)
	page, err := part[query.Scan](ctx, r, scanList, w, cut)
	return turn(page, scan), err
}

// AddScan adds a scan. It is candor.ErrExists if one of that asset waits already.
func (t *Tx) AddScan(ctx context.Context, s candor.Scan) error {
	return add(ctx, t.reader, "scans", "", scanRow(s))
}

// ChangeScan replaces a scan. It is candor.ErrChanged if it is no longer in
// the state from.
func (t *Tx) ChangeScan(ctx context.Context, s candor.Scan, from candor.ScanState) error {
	ok, err := change(ctx, t.db, "scans", scanRow(s), "state = ?", from)
	if err == nil && !ok {
		err = changed("scan", s.ID)
	}
	return err
}

func scan(r query.Scan) candor.Scan {
	return candor.Scan{ID: r.ID, Asset: r.Asset, Party: r.Party, State: r.State, Cause: r.Cause, By: r.By, Generation: r.Generation, Files: r.Files,
		Bytes: r.Bytes, Total: r.TotalBytes, Findings: r.Findings, Errors: r.Errors, Error: r.Error, Queued: time.Time(r.Queued),
		Started: time.Time(r.Started), Ended: time.Time(r.Ended)}
}

func scanRow(s candor.Scan) query.Scan {
	return query.Scan{ID: s.ID, Asset: s.Asset, Party: s.Party, State: s.State, Cause: s.Cause, By: s.By, Generation: s.Generation, Files: s.Files,
		Bytes: s.Bytes, TotalBytes: s.Total, Findings: s.Findings, Errors: s.Errors, Error: s.Error, Queued: column.Time(s.Queued),
		Started: column.Time(s.Started), Ended: column.Time(s.Ended)}
}

// Generations gives the latest generations of the definitions, the newest first.
func (r reader) Generations(ctx context.Context, most int) ([]candor.Generation, error) {
	rows, err := choose[query.Generation](ctx, r.db, "generations", "1 = 1 ORDER BY made DESC, id LIMIT ?", most)
	return each(rows, generation), err
}

// Generation gives one generation.
func (r reader) Generation(ctx context.Context, id string) (candor.Generation, error) {
	row, err := one[query.Generation](ctx, r.db, "generations", "id = ?", id)
	return generation(row), err
}

// SetGeneration adds a generation, or replaces it.
func (t *Tx) SetGeneration(ctx context.Context, g candor.Generation) error {
	return add(ctx, t.reader, "generations", `ON CONFLICT (id) DO UPDATE SET state = excluded.state, rules = excluded.rules,
		problems = excluded.problems, sources = excluded.sources, error = excluded.error, used = excluded.used`,
		query.Generation{ID: candor.ID(g.ID), State: g.State, Rules: int64(g.Rules), Problems: int64(g.Problems), Sources: column.Of(g.Sources),
			Error: g.Error, Made: column.Time(g.Made), Used: column.Time(g.Used)})
}

func generation(r query.Generation) candor.Generation {
	return candor.Generation{ID: string(r.ID), State: r.State, Rules: int(r.Rules), Problems: int(r.Problems), Sources: r.Sources.V,
		Error: r.Error, Made: time.Time(r.Made), Used: time.Time(r.Used)}
}
