package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/inventory"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

// Bounds of what is kept of an asset, whatever is told of it: what is there, seen in
// looks that did not see everything, and what is gone. What came first gives way.
const (
	mostThere = 2 * inventory.MostItems
	mostGone  = 2 * inventory.MostItems
)

// SeeInventory notes that the software of an asset is as it was; false if it is not
// known with this digest.
func (t *Tx) SeeInventory(ctx context.Context, asset candor.ID, digest string, at time.Time) (known bool, err error) {
	result, err := t.db.ExecContext(ctx, "UPDATE inventories SET seen = ? WHERE asset = ? AND digest = ?", column.Time(at), asset, digest)
	if err != nil {
		return false, kind(err, "note the software of %s", asset)
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// KeepInventory keeps the software of an asset. What is not in the list any more is
// gone, unless the list has a gap: then only what has another version now is.
func (t *Tx) KeepInventory(ctx context.Context, asset candor.ID, l inventory.List, at time.Time) error {
	l.Tidy()
	if err := t.Turn(ctx, "inventory", asset); err != nil {
		return err
	}
	was, err := one[query.Inventory](ctx, t.db, "inventories", "asset = ?", asset)
	if err != nil && !errors.Is(err, candor.ErrNotFound) {
		return err
	}
	now := query.Inventory{Asset: asset, System: l.System, Digest: l.Digest(), Gap: l.Gap, Applications: applicationsOf(l), FirstSeen: column.Time(at), Changed: column.Time(at), Seen: column.Time(at)}
	if known := err == nil; known {
		if now.FirstSeen = was.FirstSeen; was.Digest == now.Digest {
			now.Changed = was.Changed
		}
	}
	present, err := choose[query.InventoryItem](ctx, t.db, "inventory_items", "asset = ? AND last_seen = 0", asset)
	if err != nil {
		return err
	}
	var gone, stays []query.InventoryItem
	have := map[inventory.Key]bool{}
	seen, renewed := keysOf(l.Items)
	for _, row := range present {
		k := inventory.Key{Program: row.Program, Name: row.Name, Version: row.Version, Architecture: row.Architecture, Place: row.Place}
		have[k] = true
		switch {
		case seen[k]:
		case l.Gap == inventory.Complete, renewed[samePlace(k)]:
			gone = append(gone, row)
		default:
			stays = append(stays, row)
		}
	}
	slices.SortStableFunc(stays, func(a, b query.InventoryItem) int { return time.Time(b.FirstSeen).Compare(time.Time(a.FirstSeen)) })
	if n := max(mostThere-len(l.Items), 0); len(stays) > n {
		stays, gone = stays[:n], append(gone, stays[n:]...)
	}
	now.Items = int64(len(l.Items) + len(stays))
	if err := t.addItems(ctx, asset, l.Items, have, at); err != nil {
		return err
	}
	if err := t.endItems(ctx, asset, gone, time.Time(was.Seen)); err != nil {
		return err
	}
	return add(ctx, t.reader, "inventories", `ON CONFLICT (asset) DO UPDATE SET system = excluded.system, digest = excluded.digest, gap = excluded.gap, applications = excluded.applications, items = excluded.items,
	changed = excluded.changed, seen = excluded.seen`, now)
}

// applicationsOf names the applications of a list whose versions are known.
func applicationsOf(l inventory.List) string {
	text := ","
	for _, i := range l.Items {
		if i.Kind == inventory.Application && i.Version != "" && !strings.Contains(text, ","+i.Name+",") {
			text += i.Name + ","
		}
	}
	return text
}

// samePlace is a key without what changes with the version.
func samePlace(k inventory.Key) inventory.Key {
	k.Program, k.Version = "", ""
	return k
}

func keysOf(items []inventory.Item) (seen, places map[inventory.Key]bool) {
	seen, places = map[inventory.Key]bool{}, map[inventory.Key]bool{}
	for _, i := range items {
		seen[i.Key()], places[samePlace(i.Key())] = true, true
	}
	return seen, places
}

// addItems adds those that are not there. What was gone is there again.
func (t *Tx) addItems(ctx context.Context, asset candor.ID, items []inventory.Item, have map[inventory.Key]bool, at time.Time) error {
	var rows []query.InventoryItem
	var programs []query.Program
	named := map[string]bool{}
	for _, i := range items {
		k := i.Key()
		if have[k] {
			continue
		}
		rows = append(rows, query.InventoryItem{Asset: asset, Program: k.Program, Name: k.Name, Version: k.Version, Architecture: k.Architecture, Place: k.Place, FirstSeen: column.Time(at)})
		if p := i.Program(); !named[k.Program] {
			named[k.Program] = true
			programs = append(programs, query.Program{ID: candor.ID(k.Program), Kind: p.Kind, Ecosystem: p.Ecosystem, PartOf: p.Of, Name: p.Name, Title: p.Title, Version: p.Version})
		}
	}
	if err := add(ctx, t.reader, "programs", "ON CONFLICT (id) DO NOTHING", programs...); err != nil {
		return err
	}
	return add(ctx, t.reader, "inventory_items", "ON CONFLICT (asset, program, name, version, architecture, place) DO UPDATE SET last_seen = 0", rows...)
}

// endItems notes what is gone. Of what an asset had, so much is remembered.
func (t *Tx) endItems(ctx context.Context, asset candor.ID, gone []query.InventoryItem, last time.Time) error {
	if len(gone) == 0 {
		return nil
	}
	for i := range gone {
		gone[i].LastSeen = column.Time(last)
	}
	if err := add(ctx, t.reader, "inventory_items", "ON CONFLICT (asset, program, name, version, architecture, place) DO UPDATE SET last_seen = excluded.last_seen", gone...); err != nil {
		return err
	}
	_, err := t.db.ExecContext(ctx, `DELETE FROM inventory_items WHERE asset = ? AND last_seen > 0 AND last_seen <=
(SELECT last_seen FROM inventory_items WHERE asset = ? AND last_seen > 0 ORDER BY last_seen DESC LIMIT 1 OFFSET ?)`, asset, asset, mostGone)
	return kind(err, "forget software of %s", asset)
}

// InventoryOf tells how much is known of the software of an asset. It is
// candor.ErrNotFound if nothing is.
func (r reader) InventoryOf(ctx context.Context, asset candor.ID) (inventory.State, error) {
	row, err := one[query.Inventory](ctx, r.db, "inventories", "asset = ?", asset)
	return inventory.State{Asset: row.Asset, System: row.System, Gap: row.Gap, Items: int(row.Items), First: time.Time(row.FirstSeen), Changed: time.Time(row.Changed), Seen: time.Time(row.Seen)}, err
}

// InventoriesSeen tells when somebody last looked at the software of assets.
func (r reader) InventoriesSeen(ctx context.Context, assets []candor.ID) (map[candor.ID]time.Time, error) {
	all := map[candor.ID]time.Time{}
	for len(assets) > 0 {
		n := min(len(assets), 500)
		marks, args := in(assets[:n])
		rows, err := choose[query.Inventory](ctx, r.db, "inventories", "asset IN "+marks, args...)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			all[row.Asset] = time.Time(row.Seen)
		}
		assets = assets[n:]
	}
	return all, nil
}

// ItemFilter narrows a list of software. The zero value leaves all that is there.
type ItemFilter struct {
	Kind inventory.Kind
	Text string // in its name or title
	Gone bool   // what is gone, instead
	Most int
}

// kindOrder is that of inventory.Kinds.
const kindOrder = "CASE p.kind WHEN 'application' THEN 0 WHEN 'plugin' THEN 1 WHEN 'theme' THEN 2 WHEN 'library' THEN 3 ELSE 4 END"

// Items gives software of an asset: by kind and name, or what is gone, the latest
// first.
func (r reader) Items(ctx context.Context, asset candor.ID, f ItemFilter) (all []inventory.Observed, err error) {
	condition, args, order := "i.asset = ? AND i.last_seen = 0", []any{asset}, kindOrder+", i.name, i.place, i.version, i.architecture, p.id"
	if f.Gone {
		condition, order = "i.asset = ? AND i.last_seen > 0", "i.last_seen DESC, "+order
	}
	if f.Kind != "" {
		condition, args = condition+" AND p.kind = ?", append(args, f.Kind)
	}
	for _, word := range strings.Fields(strings.ToLower(f.Text)) {
		like := "%" + likeText(word) + "%"
		condition, args = condition+" AND (LOWER(i.name) LIKE ? OR LOWER(p.title) LIKE ? OR LOWER(p.name) LIKE ?)", append(args, like, like, like)
	}
	statement := "SELECT p.kind, p.ecosystem, p.part_of, p.name, p.title, p.version, i.name, i.version, i.architecture, i.place, i.first_seen, i.last_seen FROM inventory_items i JOIN programs p ON p.id = i.program WHERE " +
		condition + " ORDER BY " + order + " LIMIT ?"
	err = r.scan(ctx, "read software", statement, append(args, f.Most), func(row *sql.Rows) error {
		var o inventory.Observed
		var source, version string
		var first, last column.Time
		err := row.Scan(&o.Kind, &o.Ecosystem, &o.Of, &source, &o.Title, &version, &o.Name, &o.Version, &o.Architecture, &o.Place, &first, &last)
		if o.Kind == inventory.Package {
			o.Source, o.SourceVersion = unlike(source, o.Name), unlike(version, o.Version)
		}
		o.First, o.Last = time.Time(first), time.Time(last)
		all = append(all, o)
		return err
	})
	return all, err
}

// unlike is a word that is not the other one.
func unlike(word, other string) string {
	if word == other {
		return ""
	}
	return word
}

// ForgetSoftware removes what is gone since before a moment, and programs that nobody
// has had since.
func (t *Tx) ForgetSoftware(ctx context.Context, before time.Time) error {
	if _, err := t.db.ExecContext(ctx, "DELETE FROM inventory_items WHERE last_seen > 0 AND last_seen < ?", column.Time(before)); err != nil {
		return kind(err, "forget software")
	}
	const unused = "NOT EXISTS (SELECT 1 FROM inventory_items i WHERE i.program = "
	// In this order: what comes back in between is judged again.
	if _, err := t.db.ExecContext(ctx, "UPDATE programs SET judged = 0 WHERE judged > 0 AND "+unused+"programs.id AND i.last_seen = 0)"); err != nil {
		return kind(err, "forget exposures")
	}
	if _, err := t.db.ExecContext(ctx, "DELETE FROM exposed WHERE program IN (SELECT id FROM programs WHERE judged = 0)"); err != nil {
		return kind(err, "forget exposures")
	}
	_, err := t.db.ExecContext(ctx, "DELETE FROM programs WHERE "+unused+"programs.id)")
	return kind(err, "forget programs")
}
