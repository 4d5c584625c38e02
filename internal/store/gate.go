package store

import (
	"context"
	"time"

	"candor"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

// gateList lists all sites in use; one without a gate is a draft since it is
// there.
var gateList = list{table: `(SELECT assets.id AS id, assets.owner AS owner, assets.name AS name, COALESCE(gates.state, 'draft') AS state,
    COALESCE(gates.since, assets.created) AS since, COALESCE(gates.asked, 0) AS asked, COALESCE(gates.deadline, 0) AS deadline,
    COALESCE(gates.looked, 0) AS looked, COALESCE(gates.checks, '') AS checks
    FROM assets LEFT JOIN gates ON gates.id = assets.id WHERE assets.kind = 'site' AND assets.retired = FALSE) AS sites`, own: "since", sorts: []string{"id", "name", "deadline"}}

// gateRow is a row of gateList.
type gateRow struct {
	ID       candor.ID         `db:"id"`
	Name     string            `db:"name"`
	State    candor.GateState  `db:"state"`
	Since    column.Time       `db:"since"`
	Asked    column.Time       `db:"asked"`
	Deadline column.Time       `db:"deadline"`
	Looked   column.Time       `db:"looked"`
	Checks   column.GateChecks `db:"checks"`
}

// Gates lists sites in use with their gates, the one that changed last first.
func (r reader) Gates(ctx context.Context, scope candor.Scope, f candor.GateFilter, cut candor.Cut) (candor.Page[candor.SiteGate], error) {
	var w where
	w.scope(scope, "owner")
	equal(&w, "owner", f.Owner)
	equal(&w, "id", f.Asset)
	anyOf(&w, "state", f.States)
	page, err := part[gateRow](ctx, r, gateList, w, cut)
	if err != nil || len(page.Items) == 0 {
		return candor.Page[candor.SiteGate]{Count: page.Count}, err
	}
	marks, args := in(each(page.Items, func(g gateRow) candor.ID { return g.ID }))
	rows, err := choose[query.Asset](ctx, r.db, "assets", "id IN "+marks, args...)
	sites := map[candor.ID]candor.Asset{}
	for _, row := range rows {
		sites[row.ID] = asset(row)
	}
	return turn(page, func(g gateRow) candor.SiteGate {
		return candor.SiteGate{Site: sites[g.ID], Gate: candor.Gate{Asset: g.ID, State: g.State, Since: time.Time(g.Since), Asked: time.Time(g.Asked),
			Deadline: time.Time(g.Deadline), Looked: time.Time(g.Looked), Checks: g.Checks.V}}
	}), err
}

// GateCounts counts sites in use by how they stand.
func (r reader) GateCounts(ctx context.Context) (map[candor.GateState]int64, error) {
	rows, err := r.db.QueryContext(ctx, "SELECT state, COUNT(*) FROM "+gateList.table+" GROUP BY state")
	if err != nil {
		return nil, kind(err, "count gates")
	}
	defer rows.Close()
	all := map[candor.GateState]int64{}
	for rows.Next() {
		var state candor.GateState
		var n int64
		if err := rows.Scan(&state, &n); err != nil {
			return nil, kind(err, "count gates")
		}
		all[state] = n
	}
	return all, kind(rows.Err(), "count gates")
}

// Gate gives the gate of a site. It is candor.ErrNotFound where nothing was ever
// asked or decided.
func (r reader) Gate(ctx context.Context, site candor.ID) (candor.Gate, error) {
	row, err := one[query.Gate](ctx, r.db, "gates", "id = ?", site)
	return theGate(row), err
}

// DueGates gives the sites whose gates have to be looked at, the longest due
// first.
func (r reader) DueGates(ctx context.Context, now time.Time, most int) ([]candor.ID, error) {
	rows, err := choose[query.Gate](ctx, r.db, "gates", "due > 0 AND due <= ? ORDER BY due, id LIMIT ?", column.Time(now), most)
	return each(rows, func(g query.Gate) candor.ID { return g.ID }), err
}

// SetGate keeps how a site stands, and when it is to be looked at next; never
// if due is zero. The site must have been looked at last when was says, which is
// zero for never; otherwise it is candor.ErrChanged.
func (t *Tx) SetGate(ctx context.Context, g candor.Gate, due, was time.Time) error {
	row := query.Gate{ID: g.Asset, State: g.State, Since: column.Time(g.Since), Asked: column.Time(g.Asked), Deadline: column.Time(g.Deadline),
		Looked: column.Time(was), Due: column.Time(due), Checks: column.GateChecks{V: g.Checks}}
	if err := add(ctx, t.reader, "gates", "ON CONFLICT (id) DO NOTHING", row); err != nil {
		return err
	}
	row.Looked = column.Time(g.Looked)
	ok, err := change(ctx, t.db, "gates", row, "looked = ?", column.Time(was))
	if err == nil && !ok {
		err = changed("gate", g.Asset)
	}
	return err
}

// HurryGate has the gate of a site be looked at by a time, unless it is a draft.
func (t *Tx) HurryGate(ctx context.Context, site candor.ID, by time.Time) error {
	_, err := t.db.ExecContext(ctx, "UPDATE gates SET due = ? WHERE id = ? AND due > ?", column.Time(by), site, column.Time(by))
	return kind(err, "hurry a gate")
}

// GateWaivers gives the waivers of a site, the latest first.
func (r reader) GateWaivers(ctx context.Context, site candor.ID) ([]candor.GateWaiver, error) {
	rows, err := choose[query.GateWaiver](ctx, r.db, "gate_waivers", "asset = ? ORDER BY id DESC LIMIT 1000", site)
	return each(rows, gateWaiver), err
}

// GateWaiversInForce gives waivers that hold at a moment, those that end first
// before the others.
func (r reader) GateWaiversInForce(ctx context.Context, at time.Time, most int) ([]candor.GateWaiver, error) {
	rows, err := choose[query.GateWaiver](ctx, r.db, "gate_waivers", "ended = 0 AND expires > ? AND created <= ? ORDER BY expires, id LIMIT ?", column.Time(at), column.Time(at), most)
	return each(rows, gateWaiver), err
}

// AddGateWaiver adds a waiver.
func (t *Tx) AddGateWaiver(ctx context.Context, w candor.GateWaiver) error {
	return add(ctx, t.reader, "gate_waivers", "", query.GateWaiver{ID: w.ID, Asset: w.Asset, CheckID: w.Check, By: w.By, Reason: w.Reason,
		Created: column.Time(w.Created), Expires: column.Time(w.Until), Ended: column.Time(w.Ended), EndedBy: w.EndedBy})
}

// EndGateWaiver ends a waiver of a site. One that ended before is
// candor.ErrChanged.
func (t *Tx) EndGateWaiver(ctx context.Context, site, id candor.ID, at time.Time, by string) error {
	result, err := t.db.ExecContext(ctx, "UPDATE gate_waivers SET ended = ?, ended_by = ? WHERE id = ? AND asset = ? AND ended = 0", column.Time(at), by, id, site)
	if err != nil {
		return kind(err, "end a waiver")
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		return kind(err, "end a waiver")
	}
	return changed("waiver", id)
}

// GateMoves gives how a site's state changed, the latest first.
func (r reader) GateMoves(ctx context.Context, site candor.ID, most int) ([]candor.GateMove, error) {
	rows, err := choose[query.GateMove](ctx, r.db, "gate_moves", "asset = ? ORDER BY number DESC LIMIT ?", site, most)
	return each(rows, gateMove), err
}

// GateMove gives one decision.
func (r reader) GateMove(ctx context.Context, id candor.ID) (candor.GateMove, error) {
	row, err := one[query.GateMove](ctx, r.db, "gate_moves", "id = ?", id)
	return gateMove(row), err
}

// AddGateMove adds a decision behind those of the site before: clocks may stand
// still. The gate must have been set in the same transaction.
func (t *Tx) AddGateMove(ctx context.Context, m candor.GateMove) error {
	row := query.GateMove{ID: m.ID, Asset: m.Asset, Before: m.From, State: m.To, At: column.Time(m.At), By: m.By, Deadline: column.Time(m.Deadline), Unmet: column.GateChecks{V: m.Unmet}}
	if err := t.db.QueryRowContext(ctx, "SELECT COALESCE(MAX(number), 0) + 1 FROM gate_moves WHERE asset = ?", m.Asset).Scan(&row.Number); err != nil {
		return kind(err, "number a decision")
	}
	return add(ctx, t.reader, "gate_moves", "", row)
}

// LastScan gives the scan of an asset that ended last. It is candor.ErrNotFound
// if none has.
func (r reader) LastScan(ctx context.Context, asset candor.ID) (candor.Scan, error) {
	row, err := one[query.Scan](ctx, r.db, "scans", "asset = ? AND state IN ('complete', 'partial', 'failed') ORDER BY queued DESC, id DESC", asset)
	return scan(row), err
}

// CountGrave counts the open findings of an asset of high or critical severity. An
// asset has few, and all findings of a severity are many: the sum keeps planners
// from those.
func (r reader) CountGrave(ctx context.Context, asset candor.ID) (int64, error) {
	n, err := r.rows(ctx, "findings WHERE asset = ? AND state = 'open' AND severity + 0 >= ?", counted, []any{asset, candor.High})
	return int64(n), err
}

func theGate(r query.Gate) candor.Gate {
	return candor.Gate{Asset: r.ID, State: r.State, Since: time.Time(r.Since), Asked: time.Time(r.Asked), Deadline: time.Time(r.Deadline), Looked: time.Time(r.Looked), Checks: r.Checks.V}
}

func gateWaiver(r query.GateWaiver) candor.GateWaiver {
	return candor.GateWaiver{ID: r.ID, Asset: r.Asset, Check: r.CheckID, By: r.By, Reason: r.Reason, Created: time.Time(r.Created), Until: time.Time(r.Expires), Ended: time.Time(r.Ended), EndedBy: r.EndedBy}
}

func gateMove(r query.GateMove) candor.GateMove {
	return candor.GateMove{ID: r.ID, Asset: r.Asset, From: r.Before, To: r.State, At: time.Time(r.At), By: r.By, Deadline: time.Time(r.Deadline), Unmet: r.Unmet.V}
}
