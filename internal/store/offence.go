package store

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"candor"
	"candor/internal/store/column"
)

// mostClasses is how many classes of a row of Offences are told.
const mostClasses = 3

// Offences ranks parties, or assets, by their cases, most first. False alarms, and
// cases about what is known to be good, do not count.
func (r reader) Offences(ctx context.Context, f candor.OffenceFilter) ([]candor.Offences, error) {
	w := where{}
	w.and("opened >= ?", column.Time(f.Since))
	w.and("state <> 'false-alarm'")
	w.and("good = FALSE")
	w.and("asset <> ''") // what a party asks is no offence
	if f.Class != "" {
		w.and("class = ?", f.Class)
	}
	from := r.dialect.led("cases", "cases_window")
	if f.Party != "" {
		w.and("party = ?", f.Party)
		from = "cases"
	}
	of, group := "party, ''", "party"
	if f.ByAsset {
		of, group = "party, asset", "party, asset"
	}
	statement := "SELECT " + of + `, COUNT(*), SUM(CASE WHEN closed = 0 THEN 1 ELSE 0 END), COUNT(*) - COUNT(DISTINCT asset || ' ' || class), SUM(CASE WHEN closed > 0 THEN 1 ELSE 0 END),
		CAST(COALESCE(SUM(CASE WHEN closed > 0 THEN closed - opened ELSE 0 END), 0) AS BIGINT), MAX(opened) FROM ` + from + " WHERE " + w.String() +
		" GROUP BY " + group + " HAVING COUNT(*) >= ? ORDER BY 3 DESC, 8 DESC, " + group + " LIMIT ?"
	var all []candor.Offences
	err := r.scan(ctx, "rank offences", statement, append(w.args(), max(f.Least, 1), f.Most), func(row *sql.Rows) error {
		var o candor.Offences
		var took int64
		var last column.Time
		if err := row.Scan(&o.Party, &o.Asset, &o.Cases, &o.Open, &o.Returned, &o.Mended, &took, &last); err != nil {
			return err
		}
		if o.Last = time.Time(last); o.Mended > 0 {
			o.Mean = time.Duration(took/o.Mended) * time.Microsecond
		}
		all = append(all, o)
		return nil
	})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return all, r.tellOffences(ctx, f, all)
}

// tellOffences adds to rows what other tables and groups tell of them.
func (r reader) tellOffences(ctx context.Context, f candor.OffenceFilter, all []candor.Offences) error {
	at := map[candor.ID][]int{}
	var ids []candor.ID
	key := func(o candor.Offences) candor.ID {
		if f.ByAsset {
			return o.Asset
		}
		return o.Party
	}
	for i, o := range all {
		if len(at[key(o)]) == 0 {
			ids = append(ids, key(o))
		}
		at[key(o)] = append(at[key(o)], i)
	}
	name := "party"
	if f.ByAsset {
		name = "asset"
	}
	own, args := r.dialect.list("cases."+name, ids)
	recent := append(slices.Clone(args), column.Time(f.Since))
	class := ""
	if f.Class != "" {
		class = " AND cases.class = ?"
		args, recent = append(slices.Clone(args), f.Class), append(recent, f.Class)
	}
	owner := func(id, party candor.ID, tell func(o *candor.Offences)) {
		for _, i := range at[id] {
			if all[i].Party == party {
				tell(&all[i])
			}
		}
	}
	err := r.scan(ctx, "read ladders", "SELECT cases."+name+", cases.party, MAX(ladders.step) FROM cases JOIN ladders ON ladders.case_id = cases.id WHERE "+own+class+" AND cases.closed = 0 GROUP BY 1, 2", args, func(row *sql.Rows) error {
		var id, party candor.ID
		var step int64
		err := row.Scan(&id, &party, &step)
		owner(id, party, func(o *candor.Offences) { o.Step = step })
		return err
	})
	if err != nil {
		return err
	}
	err = r.scan(ctx, "count cases of classes", "SELECT cases."+name+", cases.party, cases.class, COUNT(*) FROM cases WHERE "+own+" AND cases.opened >= ?"+class+
		" AND cases.state <> 'false-alarm' AND cases.good = FALSE AND cases.asset <> '' GROUP BY 1, 2, 3 ORDER BY 4 DESC, 3", recent, func(row *sql.Rows) error {
		var id, party candor.ID
		var c candor.ClassCount
		err := row.Scan(&id, &party, &c.Class, &c.Cases)
		owner(id, party, func(o *candor.Offences) {
			if len(o.Classes) < mostClasses {
				o.Classes = append(o.Classes, c)
			}
		})
		return err
	})
	if err != nil {
		return err
	}
	return r.countReporters(ctx, f, name, ids, owner)
}

// countReporters counts who complained of those of the rows in the window.
func (r reader) countReporters(ctx context.Context, f candor.OffenceFilter, name string, ids []candor.ID, owner func(id, party candor.ID, tell func(*candor.Offences))) error {
	own, args := r.dialect.list("complaints."+name, ids)
	args = append(args, column.Time(f.Since))
	class := ""
	if f.Class != "" {
		class, args = " AND complaints.class = ?", append(args, f.Class)
	}
	return r.scan(ctx, "count reporters", "SELECT complaints."+name+", complaints.party, COUNT(DISTINCT reports.reporter) FROM complaints JOIN reports ON reports.id = complaints.report WHERE "+own+
		" AND complaints."+name+" <> '' AND complaints.updated >= ?"+class+" AND complaints.state = 'filed' AND reports.reporter <> '' GROUP BY 1, 2", args, func(row *sql.Rows) error {
		var id, party candor.ID
		var n int64
		err := row.Scan(&id, &party, &n)
		owner(id, party, func(o *candor.Offences) { o.Reporters = n })
		return err
	})
}
