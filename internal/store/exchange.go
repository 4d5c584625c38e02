package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"candor"
	"candor/internal/intel/taxii"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

// Grant gives the collections of a root that a principal may know of, with what it
// may do there; candor.ErrNotFound for a root that it may not.
type Grant func(ctx context.Context, principal, root string) ([]taxii.Collection, error)

// Bounds of collections. What passes the latter is candor.ErrUnavailable.
const (
	MostVersions = 100       // of an object in a collection
	MostShared   = 1_000_000 // objects of a collection
	statusLife   = 24 * time.Hour
	mostStatuses = 1000 // of one principal
	mostTold     = 100  // objects that a status names; of more that were taken it names none
)

// Exchange keeps collections of TAXII (taxii.Store). What is asked is found by the
// database: a page takes as much memory as it has entries.
type Exchange struct {
	store *Store
	grant Grant
	now   candor.Clock
	// Author bounds what is deleted to what it added itself; empty bounds nothing.
	Author string
	// Kept is told in the same transaction of what an Add brought that was not there
	// before; nil is told nothing.
	Kept func(ctx context.Context, tx *Tx, collection string, fresh []taxii.Object) error
	// Gone is told in the same transaction of a Delete, and whether nothing is left of
	// what Author added of the object; nil is told nothing.
	Gone func(ctx context.Context, tx *Tx, collection string, f taxii.Filter, whole bool) error
}

// Exchange gives it over the store.
func (s *Store) Exchange(grant Grant, now candor.Clock) *Exchange {
	return &Exchange{store: s, grant: grant, now: now}
}

func collectionKey(root, collection string) string { return root + "/" + collection }

// Collections is of taxii.Store.
func (e *Exchange) Collections(ctx context.Context, principal, root string) ([]taxii.Collection, error) {
	list, err := e.grant(ctx, principal, root)
	slices.SortFunc(list, func(a, b taxii.Collection) int {
		return cmp.Or(cmp.Compare(a.Title, b.Title), cmp.Compare(a.ID, b.ID))
	})
	return list, err
}

// Objects is of taxii.Store.
func (e *Exchange) Objects(ctx context.Context, root, collection string, f taxii.Filter, after string) (taxii.Page, error) {
	w := filtered(collectionKey(root, collection), f)
	if after != "" {
		from, err := strconv.ParseInt(after, 10, 64)
		if err != nil {
			return taxii.Page{}, fmt.Errorf("no place in a collection: %w", candor.ErrInvalid)
		}
		w.and("arrived > ?", from)
	}
	w.add(" ORDER BY arrived LIMIT ?", f.Limit+1)
	rows, err := choose[query.TaxiiObject](ctx, e.store.db, "taxii_objects", w.text.String(), w.args...)
	if err != nil {
		return taxii.Page{}, err
	}
	var p taxii.Page
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		p.Next = strconv.FormatInt(rows[f.Limit-1].Arrived, 10)
	}
	for _, row := range rows {
		o, err := taxii.ParseObject(json.RawMessage(row.Raw))
		if err != nil {
			return taxii.Page{}, err
		}
		p.Entries = append(p.Entries, taxii.Entry{Object: o, Added: time.UnixMicro(row.Arrived).UTC()})
	}
	return p, nil
}

// asked is the condition of a filter with its arguments.
type asked struct {
	text strings.Builder
	args []any
}

func (a *asked) add(text string, args ...any) {
	a.text.WriteString(text)
	a.args = append(a.args, args...)
}

func (a *asked) and(text string, args ...any) { a.add(" AND "+text, args...) }

// filtered gives the condition that a filter is: as taxii.Filter.Select, but by the
// database.
func filtered(key string, f taxii.Filter) *asked {
	a := &asked{}
	a.add("collection = ?", key)
	for _, one := range []struct {
		column string
		list   []string
	}{{"object", f.IDs}, {"type", f.Types}, {"spec", f.SpecVersions}} {
		if len(one.list) > 0 {
			marks, args := in(one.list)
			a.and(one.column+" IN "+marks, args...)
		}
	}
	const same = "FROM taxii_objects o WHERE o.collection = taxii_objects.collection AND o.object = taxii_objects.object"
	if len(f.SpecVersions) == 0 {
		a.and("spec = (SELECT MAX(o.spec) " + same + ")")
	}
	if !f.AddedAfter.IsZero() {
		a.and("arrived > ?", f.AddedAfter.UnixMicro())
	}
	a.versions(f, same)
	return a
}

// versions asks for versions of an object, among those of the specifications that
// are asked for.
func (a *asked) versions(f taxii.Filter, same string) {
	list := f.Versions
	if len(list) == 0 {
		list = []string{"last"}
	}
	if slices.Contains(list, "all") {
		return
	}
	among, specs := " AND o.spec = taxii_objects.spec", []any(nil)
	if len(f.SpecVersions) > 0 {
		marks, args := in(f.SpecVersions)
		among, specs = " AND o.spec IN "+marks, args
	}
	var each []string
	var args []any
	for _, word := range list {
		switch word {
		case "first":
			each, args = append(each, "moment = (SELECT MIN(o.moment) "+same+among+")"), append(args, specs...)
		case "last":
			each, args = append(each, "moment = (SELECT MAX(o.moment) "+same+among+")"), append(args, specs...)
		default:
			if t, err := time.Parse(time.RFC3339Nano, strings.ToUpper(word)); err == nil {
				each, args = append(each, "moment = ?"), append(args, t.UnixMicro())
			}
		}
	}
	if len(each) == 0 {
		each = []string{"1 = 0"}
	}
	a.and("("+strings.Join(each, " OR ")+")", args...)
}

// Add is of taxii.Store. What is added at the same time by others waits, so that
// nobody who reads in pages misses it.
func (e *Exchange) Add(ctx context.Context, principal, root, collection string, objects []taxii.Object, failures []taxii.Detail) (taxii.Status, error) {
	var st taxii.Status
	err := e.store.Tx(ctx, func(tx *Tx) (err error) {
		st, err = e.AddIn(ctx, tx, principal, root, collection, objects, failures)
		return err
	})
	return st, err
}

// AddIn is Add within a transaction.
func (e *Exchange) AddIn(ctx context.Context, tx *Tx, principal, root, collection string, objects []taxii.Object, failures []taxii.Detail) (taxii.Status, error) {
	now := e.now().UTC()
	st := taxii.Status{ID: string(candor.NewID(now)), Status: "complete", Requested: now, Failures: slices.Clone(failures)}
	key := collectionKey(root, collection)
	if err := tx.Turn(ctx, "taxii", candor.ID(key)); err != nil {
		return st, err
	}
	fresh, err := tx.addShared(ctx, key, principal, now, objects, &st)
	if err != nil {
		return st, err
	}
	if e.Kept != nil && len(fresh) > 0 {
		if err := e.Kept(ctx, tx, collection, fresh); err != nil {
			return st, err
		}
	}
	st.SuccessCount, st.FailureCount = len(st.Successes), len(st.Failures)
	st.Total = st.SuccessCount + st.FailureCount
	if st.Failures = st.Failures[:min(len(st.Failures), mostTold)]; len(st.Successes) > mostTold {
		st.Successes = nil
	}
	document, err := json.Marshal(st)
	if err != nil {
		return st, err
	}
	if _, err := tx.db.ExecContext(ctx, `DELETE FROM taxii_statuses WHERE asked < ? OR principal = ? AND asked <=
		(SELECT s.asked FROM taxii_statuses s WHERE s.principal = ? ORDER BY s.asked DESC LIMIT 1 OFFSET ?)`, now.Add(-statusLife).UnixMicro(), principal, principal, mostStatuses-1); err != nil {
		return st, kind(err, "forget statuses")
	}
	return st, add(ctx, tx.reader, "taxii_statuses", "", query.TaxiiStatus{ID: st.ID, Principal: principal, Root: root, Document: column.Raw(document), Asked: now.UnixMicro()})
}

// addShared adds what is not there, and gives it.
func (t *Tx) addShared(ctx context.Context, key, author string, now time.Time, objects []taxii.Object, st *taxii.Status) (fresh []taxii.Object, err error) {
	var last sql.NullInt64
	var count int64
	err = t.db.QueryRowContext(ctx, "SELECT (SELECT MAX(arrived) FROM taxii_objects WHERE collection = ?), (SELECT CAST(COALESCE(SUM(objects), 0) AS BIGINT) FROM taxii_sums WHERE collection = ?)", key, key).Scan(&last, &count)
	if err != nil {
		return nil, kind(err, "look into a collection")
	}
	if count+int64(len(objects)) > MostShared {
		return nil, fmt.Errorf("more than %d objects of a collection: %w", MostShared, candor.ErrUnavailable)
	}
	at := max(now.UnixMicro(), last.Int64+1)
	for _, o := range objects {
		d := taxii.Detail{ID: o.ID}
		if !o.Version.IsZero() {
			d.Version = o.Version.Format(time.RFC3339Nano)
		}
		row := query.TaxiiObject{Collection: key, Arrived: at, Object: o.ID, Type: o.Type, Spec: o.SpecVersion, Moment: at, Author: author, Raw: string(o.Raw)}
		if !o.Version.IsZero() {
			row.Version, row.Moment = o.Version.UnixMicro(), o.Version.UnixMicro()
		}
		var same, versions int64
		err := t.db.QueryRowContext(ctx, "SELECT COALESCE(SUM(CASE WHEN spec = ? AND version = ? THEN 1 ELSE 0 END), 0), COUNT(*) FROM taxii_objects WHERE collection = ? AND object = ?",
			row.Spec, row.Version, key, row.Object).Scan(&same, &versions)
		if err != nil {
			return nil, kind(err, "look for an object")
		}
		switch {
		case same > 0:
		case versions >= MostVersions:
			d.Message = fmt.Sprintf("more than %d versions", MostVersions)
			st.Failures = append(st.Failures, d)
			continue
		default:
			if err := add(ctx, t.reader, "taxii_objects", "", row); err != nil {
				return nil, err
			}
			fresh = append(fresh, o)
			at++
		}
		st.Successes = append(st.Successes, d)
	}
	return fresh, t.countShared(ctx, key, author, len(fresh))
}

// countShared notes that an author has so many objects more in a collection. Whoever
// adds or deletes there has its turn.
func (t *Tx) countShared(ctx context.Context, key, author string, more int) error {
	if more == 0 {
		return nil
	}
	_, err := t.db.ExecContext(ctx, "INSERT INTO taxii_sums (collection, author, objects) VALUES (?, ?, ?) ON CONFLICT (collection, author) DO UPDATE SET objects = taxii_sums.objects + excluded.objects", key, author, more)
	return kind(err, "count shared objects")
}

// Delete is of taxii.Store. What others than Author added stays.
func (e *Exchange) Delete(ctx context.Context, root, collection string, f taxii.Filter) error {
	return e.store.Tx(ctx, func(tx *Tx) error {
		key := collectionKey(root, collection)
		if err := tx.Turn(ctx, "taxii", candor.ID(key)); err != nil {
			return err
		}
		w := filtered(key, f)
		if e.Author != "" {
			w.and("author = ?", e.Author)
		}
		gone := map[string]int{}
		err := tx.scan(ctx, "delete of a collection", "DELETE FROM taxii_objects WHERE arrived IN (SELECT arrived FROM taxii_objects WHERE "+w.text.String()+") AND collection = ? RETURNING author",
			append(w.args, key), func(row *sql.Rows) error {
				var author string
				err := row.Scan(&author)
				gone[author]++
				return err
			})
		if err != nil {
			return err
		}
		if len(gone) == 0 {
			return fmt.Errorf("no object of this name: %w", candor.ErrNotFound)
		}
		for _, author := range slices.Sorted(maps.Keys(gone)) {
			if err := tx.countShared(ctx, key, author, -gone[author]); err != nil {
				return err
			}
		}
		if e.Gone == nil {
			return nil
		}
		left := filtered(collectionKey(root, collection), taxii.Filter{IDs: f.IDs, Versions: []string{"all"}, SpecVersions: []string{"2.0", "2.1"}})
		left.and("author = ?", e.Author)
		var n int
		if err := tx.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM taxii_objects WHERE "+left.text.String(), left.args...).Scan(&n); err != nil {
			return kind(err, "look for what is left of an object")
		}
		return e.Gone(ctx, tx, collection, f, n == 0)
	})
}

// Status is of taxii.Store.
func (e *Exchange) Status(ctx context.Context, principal, root, id string) (st taxii.Status, err error) {
	row, err := one[query.TaxiiStatus](ctx, e.store.db, "taxii_statuses", "id = ? AND principal = ? AND root = ?", id, principal, root)
	if err != nil {
		return st, err
	}
	return st, json.Unmarshal(row.Document, &st)
}

// SharedCounts gives how many objects each collection of a root holds.
func (r reader) SharedCounts(ctx context.Context, root string) (map[string]int, error) {
	counts := map[string]int{}
	err := r.scan(ctx, "count shared objects", "SELECT collection, CAST(SUM(objects) AS BIGINT) FROM taxii_sums WHERE collection >= ? AND collection < ? GROUP BY collection", []any{root + "/", root + "0"}, func(row *sql.Rows) error {
		var key string
		var n int
		err := row.Scan(&key, &n)
		counts[strings.TrimPrefix(key, root+"/")] = n
		return err
	})
	return counts, err
}

// SharedBy gives how many objects one author has in a collection.
func (r reader) SharedBy(ctx context.Context, root, collection, author string) (n int, err error) {
	err = r.db.QueryRowContext(ctx, "SELECT CAST(COALESCE(SUM(objects), 0) AS BIGINT) FROM taxii_sums WHERE collection = ? AND author = ?", collectionKey(root, collection), author).Scan(&n)
	return n, kind(err, "count shared objects")
}
