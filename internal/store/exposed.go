package store

import (
	"context"
	"database/sql"
	"maps"
	"slices"

	"candor"
	"candor/internal/intel"
	"candor/internal/inventory"
	"candor/internal/store/query"
)

// Exposed is that a program has a vulnerability, or that nobody knows whether.
type Exposed struct {
	ID        string // of the vulnerability
	Program   string
	Affected  bool // otherwise nobody knows
	Exploited bool
	Mended    bool // a version is known that has it no more
}

// ExposureEpoch counts the changes of what feeds tell of vulnerabilities, from 1.
func (r reader) ExposureEpoch(ctx context.Context) (epoch int64, err error) {
	err = r.scan(ctx, "read the epoch of exposures", "SELECT coalesce(max(epoch), 1) FROM exposure_epoch", nil, func(row *sql.Rows) error { return row.Scan(&epoch) })
	return epoch, err
}

// NewEpoch says that feeds tell something else of vulnerabilities: all programs are
// held against it again. Call it last, since others wait for it.
func (t *Tx) NewEpoch(ctx context.Context) error {
	_, err := t.db.ExecContext(ctx, "INSERT INTO exposure_epoch (one, epoch) VALUES (1, 2) ON CONFLICT (one) DO UPDATE SET epoch = exposure_epoch.epoch + 1")
	return kind(err, "begin an epoch of exposures")
}

// NewEpochFor is NewEpoch where only some programs are concerned: the others are not
// held against it again, if they were against what was told before.
func (t *Tx) NewEpochFor(ctx context.Context, concerns func(inventory.Program) bool) error {
	if err := t.NewEpoch(ctx); err != nil {
		return err
	}
	epoch, err := t.ExposureEpoch(ctx)
	if err != nil {
		return err
	}
	var rest []string // by name: a program that comes meanwhile is none of them
	err = t.scan(ctx, "read programs", "SELECT id, kind, ecosystem, part_of, name, title, version FROM programs WHERE judged = ?", []any{epoch - 1}, func(row *sql.Rows) error {
		var id string
		var p inventory.Program
		err := row.Scan(&id, &p.Kind, &p.Ecosystem, &p.Of, &p.Name, &p.Title, &p.Version)
		if !concerns(p) {
			rest = append(rest, id)
		}
		return err
	})
	if err != nil {
		return err
	}
	slices.Sort(rest) // in one order, for whoever judges meanwhile
	for some := range slices.Chunk(rest, 5000) {
		which, ids := t.dialect.within("id", some)
		if _, err := t.db.ExecContext(ctx, "UPDATE programs SET judged = ? WHERE judged = ? AND "+which, epoch, epoch-1, ids); err != nil {
			return kind(err, "begin an epoch of exposures")
		}
	}
	return nil
}

func program(r query.Program) inventory.Program {
	return inventory.Program{Kind: r.Kind, Ecosystem: r.Ecosystem, Of: r.PartOf, Name: r.Name, Title: r.Title, Version: r.Version}
}

// Unjudged gives programs that are somewhere and were not held against what feeds
// tell since an epoch, those of one name together.
func (r reader) Unjudged(ctx context.Context, epoch int64, most int) ([]inventory.Program, error) {
	rows, err := choose[query.Program](ctx, r.db, "programs",
		"judged < ? AND EXISTS (SELECT 1 FROM inventory_items i WHERE i.program = programs.id AND i.last_seen = 0) ORDER BY judged, name, id LIMIT ?", epoch, most)
	return each(rows, program), err
}

// Judge keeps which vulnerabilities programs have by what feeds told in an epoch, and
// nothing else of these programs.
func (t *Tx) Judge(ctx context.Context, epoch int64, programs []string, all []Exposed) error {
	if len(programs) == 0 {
		return nil
	}
	marks, args := in(programs)
	was, err := choose[query.Exposed](ctx, t.db, "exposed", "program IN "+marks, args...)
	if err != nil {
		return err
	}
	same := map[query.Exposed]bool{} // as it was: it is not written again
	for _, e := range was {
		same[e] = true
	}
	var rows []query.Exposed
	stays := map[[2]string]bool{}
	for _, e := range all {
		row := query.Exposed{Cve: e.ID, Program: e.Program, Affected: e.Affected, Exploited: e.Exploited, Mended: e.Mended}
		if stays[[2]string{e.ID, e.Program}] = true; !same[row] {
			rows = append(rows, row)
		}
	}
	over := map[string][]string{}
	for _, e := range was {
		if !stays[[2]string{e.Cve, e.Program}] {
			over[e.Program] = append(over[e.Program], e.Cve)
		}
	}
	for _, p := range slices.Sorted(maps.Keys(over)) {
		which, ids := t.dialect.within("cve", over[p])
		if _, err := t.db.ExecContext(ctx, "DELETE FROM exposed WHERE program = ? AND "+which, p, ids); err != nil {
			return kind(err, "judge programs")
		}
	}
	if err := add(ctx, t.reader, "exposed", "ON CONFLICT (cve, program) DO UPDATE SET affected = excluded.affected, exploited = excluded.exploited, mended = excluded.mended", rows...); err != nil {
		return err
	}
	_, err = t.db.ExecContext(ctx, "UPDATE programs SET judged = ? WHERE id IN "+marks, append([]any{epoch}, args...)...)
	return kind(err, "judge programs")
}

// ExposedIDs gives vulnerabilities that programs here have or may have, the latest
// first, from below one on, or from the latest if that is empty: those that are
// exploited; or of all others those for which there is something to install, or not.
// It costs what it gives, however many there are.
func (r reader) ExposedIDs(ctx context.Context, exploited, mended bool, below string, most int) (all []string, err error) {
	if !exploited {
		return r.exposedWalk(ctx, exploited, mended, below, most)
	}
	for _, m := range []bool{true, false} {
		some, err := r.exposedWalk(ctx, exploited, m, below, most)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	slices.Reverse(all)
	return all[:min(len(all), most)], nil
}

// exposedWalk goes from one vulnerability to the next by the index, since each may be
// there for thousands of programs. What is exploited at one of them is not among the
// others, nor is what is mended at one.
func (r reader) exposedWalk(ctx context.Context, exploited, mended bool, below string, most int) (all []string, err error) {
	where, args := "exploited = ? AND mended = ?", []any{exploited, mended}
	from, begin := where, args
	if below != "" {
		from, begin = where+" AND cve < ?", append(slices.Clip(args), below)
	}
	but := ""
	if !exploited {
		but = " AND NOT EXISTS (SELECT 1 FROM exposed e WHERE e.exploited = TRUE AND e.mended = TRUE AND e.cve = walk.cve) AND NOT EXISTS (SELECT 1 FROM exposed e WHERE e.exploited = TRUE AND e.mended = FALSE AND e.cve = walk.cve)"
		if !mended {
			but += " AND NOT EXISTS (SELECT 1 FROM exposed e WHERE e.exploited = FALSE AND e.mended = TRUE AND e.cve = walk.cve)"
		}
	}
	statement := "WITH RECURSIVE walk (cve) AS (SELECT (SELECT MAX(cve) FROM exposed WHERE " + from + ") UNION ALL SELECT (SELECT MAX(e.cve) FROM exposed e WHERE e.exploited = ? AND e.mended = ? AND e.cve < walk.cve) FROM walk WHERE walk.cve IS NOT NULL) " +
		"SELECT cve FROM walk WHERE cve IS NOT NULL" + but + " LIMIT ?"
	err = r.scan(ctx, "read exposures", statement, append(append(slices.Clip(begin), args...), most), func(row *sql.Rows) error {
		var id string
		err := row.Scan(&id)
		all = append(all, id)
		return err
	})
	return all, err
}

// ProgramsExposed gives the programs that have some vulnerabilities or may have them,
// by vulnerability.
func (r reader) ProgramsExposed(ctx context.Context, ids []string) (map[string][]inventory.Program, error) {
	all := map[string][]inventory.Program{}
	for len(ids) > 0 {
		n := min(len(ids), 500)
		marks, args := in(ids[:n])
		err := r.scan(ctx, "read programs", "SELECT e.cve, p.kind, p.ecosystem, p.part_of, p.name, p.title, p.version FROM exposed e JOIN programs p ON p.id = e.program WHERE e.cve IN "+marks+" ORDER BY e.cve, p.id", args, func(row *sql.Rows) error {
			var id string
			var p inventory.Program
			err := row.Scan(&id, &p.Kind, &p.Ecosystem, &p.Of, &p.Name, &p.Title, &p.Version)
			all[id] = append(all[id], p)
			return err
		})
		if err != nil {
			return nil, err
		}
		ids = ids[n:]
	}
	return all, nil
}

// ProgramsAt gives which of some programs are at which of some assets.
func (r reader) ProgramsAt(ctx context.Context, assets []candor.ID, programs []string) (map[candor.ID][]string, error) {
	all := map[candor.ID][]string{}
	if len(programs) == 0 {
		return all, nil
	}
	which, names := r.dialect.within("program", programs)
	for len(assets) > 0 {
		n := min(len(assets), 500)
		marks, args := in(assets[:n])
		err := r.scan(ctx, "read programs", "SELECT DISTINCT asset, program FROM inventory_items WHERE last_seen = 0 AND asset IN "+marks+" AND "+which+" ORDER BY asset, program", append(args, names), func(row *sql.Rows) error {
			var asset candor.ID
			var id string
			err := row.Scan(&asset, &id)
			all[asset] = append(all[asset], id)
			return err
		})
		if err != nil {
			return nil, err
		}
		assets = assets[n:]
	}
	return all, nil
}

// ExposuresOf gives the vulnerabilities that programs of an asset have or may have:
// those that are exploited first, then those that it is known to have, then those for
// which there is something to install.
func (r reader) ExposuresOf(ctx context.Context, asset candor.ID, most int) (all []Exposed, err error) {
	const statement = `SELECT e.cve, e.program, e.affected, e.exploited, e.mended FROM exposed e
WHERE e.program IN (SELECT program FROM inventory_items WHERE asset = ? AND last_seen = 0) ORDER BY e.exploited DESC, e.affected DESC, e.mended DESC, e.cve DESC, e.program LIMIT ?`
	err = r.scan(ctx, "read exposures", statement, []any{asset, most}, func(row *sql.Rows) error {
		var e Exposed
		err := row.Scan(&e.ID, &e.Program, &e.Affected, &e.Exploited, &e.Mended)
		all = append(all, e)
		return err
	})
	return all, err
}

// VulnerabilitiesWithin gives what is said of products, by their names in lower case,
// within some ecosystems or none: not more than most.
func (r reader) VulnerabilitiesWithin(ctx context.Context, products, ecosystems []string, most int) (all []intel.Vulnerability, err error) {
	where, of := in(append([]string{""}, ecosystems...))
	for len(products) > 0 && len(all) < most {
		n := min(len(products), 500)
		marks, args := in(products[:n])
		some, err := r.vulnerabilities(ctx, "product <> '' AND product IN "+marks+" AND ecosystem IN "+where+" LIMIT ?", append(append(args, of...), most-len(all))...)
		if err != nil {
			return nil, err
		}
		all, products = append(all, some...), products[n:]
	}
	return all, nil
}

// ProgramsThere gives the programs of an asset that are there.
func (r reader) ProgramsThere(ctx context.Context, asset candor.ID) ([]inventory.Program, error) {
	rows, err := choose[query.Program](ctx, r.db, "programs", "id IN (SELECT program FROM inventory_items WHERE asset = ? AND last_seen = 0) ORDER BY id", asset)
	return each(rows, program), err
}

// SoftwareCounts gives how many programs are known, and how many vulnerabilities they
// have or may have, each program for itself.
func (r reader) SoftwareCounts(ctx context.Context) (programs, exposed int, err error) {
	err = r.scan(ctx, "count software", "SELECT (SELECT COUNT(*) FROM programs), (SELECT COUNT(*) FROM exposed)", nil, func(row *sql.Rows) error { return row.Scan(&programs, &exposed) })
	return programs, exposed, err
}
