package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

var assetList = list{table: "assets", own: "id", sorts: []string{"name", "scanned"}}

// Asset gives an asset that the scope sees.
func (r reader) Asset(ctx context.Context, scope candor.Scope, id candor.ID) (candor.Asset, error) {
	row, err := one[query.Asset](ctx, r.db, "assets", "id = ?", id)
	if err == nil && !scope.Sees(row.Owner) {
		return candor.Asset{}, notThere("asset", id)
	}
	return asset(row), err
}

// AssetsByID gives those of assets that are there.
func (r reader) AssetsByID(ctx context.Context, ids []candor.ID) (map[candor.ID]candor.Asset, error) {
	rows, err := among[query.Asset](ctx, r, "assets", "(id)", "(?)", "", ids, func(id candor.ID) []any { return []any{id} })
	all := make(map[candor.ID]candor.Asset, len(rows))
	for _, row := range rows {
		all[row.ID] = asset(row)
	}
	return all, err
}

// AssetByReference looks for the provider's own number.
func (r reader) AssetByReference(ctx context.Context, kind candor.AssetKind, reference string) (candor.Asset, error) {
	row, err := one[query.Asset](ctx, r.db, "assets", "kind = ? AND reference = ?", kind, reference)
	return asset(row), err
}

// Assets lists assets.
func (r reader) Assets(ctx context.Context, scope candor.Scope, f candor.AssetFilter, cut candor.Cut) (candor.Page[candor.Asset], error) {
	var w where
	w.scope(scope, "owner")
	equal(&w, "kind", f.Kind)
	equal(&w, "owner", f.Owner)
	if f.Retired != nil {
		w.and("retired = ?", *f.Retired)
	}
	if !f.ScannedBefore.IsZero() {
		w.compare("scanned", "<", column.Time(f.ScannedBefore))
	}
	if err := r.containing(ctx, &w, owner(scope, f.Owner), "asset", f.Text); err != nil {
		return candor.Page[candor.Asset]{}, err
	}
	page, err := part[query.Asset](ctx, r, assetList, w, cut)
	return turn(page, asset), err
}

// RootedAssets gives the assets in use that have roots on this machine, by id.
func (r reader) RootedAssets(ctx context.Context) ([]candor.Asset, error) {
	rows, err := r.q.AssetsInUse(ctx)
	all := each(rows, asset)
	return slices.DeleteFunc(all, func(a candor.Asset) bool { return len(a.Roots) == 0 || a.Server != "" }), kind(err, "look for sites to watch")
}

// Lines gives lines, retired ones too, in the order of their last change and
// ID: those behind the given ones, at most so many.
func (r reader) Lines(ctx context.Context, changed time.Time, after candor.ID, most int) ([]candor.Asset, error) {
	rows, err := choose[query.Asset](ctx, r.db, "assets", "kind = 'line' AND (updated, id) > (?, ?) ORDER BY updated, id LIMIT ?", column.Time(changed), after, most)
	return each(rows, asset), err
}

// ErasedLines gives the lines whose party was erased, by ID.
func (r reader) ErasedLines(ctx context.Context) ([]candor.ID, error) {
	rows, err := r.db.QueryContext(ctx, "SELECT a.id FROM parties p JOIN assets a ON a.owner = p.id WHERE p.erased AND a.kind = 'line' ORDER BY a.id")
	if err != nil {
		return nil, kind(err, "look for erased lines")
	}
	defer rows.Close()
	var all []candor.ID
	for rows.Next() {
		var id candor.ID
		if err := rows.Scan(&id); err != nil {
			return nil, kind(err, "look for erased lines")
		}
		all = append(all, id)
	}
	return all, kind(rows.Err(), "look for erased lines")
}

// HostedSites gives the sites in use that have a host name, which is written in
// lower case and without a dot at its end; by id.
func (r reader) HostedSites(ctx context.Context, host string) ([]candor.Asset, error) {
	rows, err := choose[query.Asset](ctx, r.db, "assets", "id IN (SELECT asset FROM hosts WHERE host = ?) AND kind = 'site' AND retired = FALSE ORDER BY id", host)
	return each(rows, asset), err
}

// DueAssets gives assets whose content is to be scanned, the longest due first.
func (r reader) DueAssets(ctx context.Context, now time.Time, most int) ([]candor.Asset, error) {
	rows, err := r.q.DueAssets(ctx, column.Time(now), int32(most))
	return each(rows, asset), kind(err, "look for sites to scan")
}

// coverage counts sites by the day of their last complete scan. It goes from one
// day that has any to the next along the index, and counts there: to group
// them all takes several times as long.
const coverage = `
WITH RECURSIVE days (day) AS (
    SELECT MIN(scanned) / 86400000000 FROM assets WHERE kind = 'site' AND retired = FALSE
    UNION ALL
    SELECT (SELECT MIN(scanned) FROM assets WHERE kind = 'site' AND retired = FALSE AND scanned >= (day + 1) * 86400000000) / 86400000000
    FROM days WHERE day IS NOT NULL
)
SELECT day, (SELECT COUNT(*) FROM assets WHERE kind = 'site' AND retired = FALSE AND scanned >= day * 86400000000 AND scanned < (day + 1) * 86400000000)
FROM days WHERE day IS NOT NULL`

// Coverage counts sites by the day of their last complete scan; the zero day
// stands for those that had none.
func (r reader) Coverage(ctx context.Context) (map[time.Time]int64, error) {
	rows, err := r.db.QueryContext(ctx, coverage)
	if err != nil {
		return nil, kind(err, "count sites")
	}
	defer rows.Close()
	days := map[time.Time]int64{}
	for rows.Next() {
		var on, sites int64
		if err := rows.Scan(&on, &sites); err != nil {
			return nil, kind(err, "count sites")
		}
		days[day(on)] = sites
	}
	return days, kind(rows.Err(), "count sites")
}

// AddAsset adds an asset. It is candor.ErrExists if its kind and reference are
// taken.
func (t *Tx) AddAsset(ctx context.Context, a candor.Asset, due time.Time) error {
	if err := add(ctx, t.reader, "assets", "", assetRow(a, due)); err != nil {
		return err
	}
	if err := t.addHosts(ctx, a); err != nil {
		return err
	}
	if err := t.keepHistory(ctx, a, true); err != nil {
		return err
	}
	return t.index(ctx, assetDocument(a))
}

// ChangeAsset replaces an asset, and says when it is to be scanned next.
func (t *Tx) ChangeAsset(ctx context.Context, a candor.Asset, due time.Time) error {
	ok, err := change(ctx, t.db, "assets", assetRow(a, due), "")
	if err == nil && !ok {
		err = notThere("asset", a.ID)
	}
	if err != nil {
		return err
	}
	if _, err := t.db.ExecContext(ctx, "DELETE FROM hosts WHERE asset = ?", a.ID); err != nil {
		return kind(err, "change host names")
	}
	if err := t.addHosts(ctx, a); err != nil {
		return err
	}
	if err := t.keepHistory(ctx, a, false); err != nil {
		return err
	}
	return t.index(ctx, assetDocument(a))
}

// addHosts keeps the host names of an asset, by which it is looked for.
func (t *Tx) addHosts(ctx context.Context, a candor.Asset) error {
	rows := make([]query.Host, len(a.Hosts))
	for i, h := range a.Hosts {
		rows[i] = query.Host{Host: hostName(h), Asset: a.ID}
	}
	return add(ctx, t.reader, "hosts", "ON CONFLICT (host, asset) DO NOTHING", rows...)
}

// hostName is a host name as it is looked for.
func hostName(h string) string { return strings.TrimSuffix(strings.ToLower(strings.TrimSpace(h)), ".") }

// fillHosts keeps the host names of assets that an earlier version added.
func (s *Store) fillHosts(ctx context.Context) error {
	return s.Tx(ctx, func(tx *Tx) error {
		if n, err := tx.rows(ctx, "hosts", 1, nil); err != nil || n > 0 {
			return err
		}
		rows, err := choose[query.Asset](ctx, tx.db, "assets", "hosts <> '' AND hosts <> '[]' AND hosts <> 'null'")
		if err != nil {
			return err
		}
		for _, row := range rows {
			a := asset(row)
			if err := tx.addHosts(ctx, a); err != nil {
				return err
			}
			a.Updated = a.Created // of before nothing was kept
			if err := tx.keepHistory(ctx, a, false); err != nil {
				return err
			}
		}
		return nil
	})
}

// SetScanDue says when an asset is to be scanned next; never if due is zero.
// Nothing else of it is written: somebody may be changing it.
func (t *Tx) SetScanDue(ctx context.Context, asset candor.ID, due time.Time) error {
	return kind(t.q.SetScanDue(ctx, column.Time(due), asset), "change an asset")
}

// SetScanned says when an asset was last scanned as a whole.
func (t *Tx) SetScanned(ctx context.Context, asset candor.ID, at time.Time) error {
	return kind(t.q.SetScanned(ctx, column.Time(at), asset), "change an asset")
}

func assetDocument(a candor.Asset) document {
	words := append([]string{a.Name, a.Reference, a.Software}, a.Hosts...)
	return document{"asset", a.ID, a.Owner, a.Name, strings.Join(append(words, a.Roots...), " ")}
}

func asset(r query.Asset) candor.Asset {
	return candor.Asset{ID: r.ID, Kind: r.Kind, Owner: r.Owner, Name: r.Name, Reference: r.Reference, Roots: r.Roots.V, Hosts: r.Hosts.V,
		Software: r.Software, ObserveOnly: r.ObserveOnly, Vital: r.Vital, Every: r.Every, Created: time.Time(r.Created), Updated: time.Time(r.Updated),
		Scanned: time.Time(r.Scanned), Retired: r.Retired, Server: r.Server, Access: r.Access.V}
}

func assetRow(a candor.Asset, due time.Time) query.Asset {
	return query.Asset{ID: a.ID, Kind: a.Kind, Owner: a.Owner, Name: a.Name, Reference: a.Reference, Roots: column.Of(a.Roots), Hosts: column.Of(a.Hosts),
		Software: a.Software, ObserveOnly: a.ObserveOnly, Vital: a.Vital, Every: a.Every, Created: column.Time(a.Created), Updated: column.Time(a.Updated),
		Scanned: column.Time(a.Scanned), ScanDue: column.Time(due), Retired: a.Retired, Server: a.Server, Access: column.Of(a.Access)}
}
