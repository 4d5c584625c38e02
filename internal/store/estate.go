package store

import (
	"context"
	"database/sql"
	"time"

	"candor"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

var lateList = list{table: "late", own: "found", sorts: []string{"since", "places"}}

// LateFindings lists contents that were there before there were rules that
// match them; of one content if sha256 is not empty.
func (r reader) LateFindings(ctx context.Context, sha256 string, cut candor.Cut) (candor.Page[candor.LateFinding], error) {
	var w where
	equal(&w, "sha256", sha256)
	page, err := part[query.Late](ctx, r, lateList, w, cut)
	return turn(page, late), err
}

// AddLate keeps a late finding. One of the same content and generation stays as
// it is: a revisit that is repeated tells it again.
func (t *Tx) AddLate(ctx context.Context, l candor.LateFinding) error {
	return add(ctx, t.reader, "late", "ON CONFLICT (sha256, generation) DO NOTHING", query.Late{ID: l.ID, SHA256: l.SHA256, Size: l.Size, Rules: column.Of(l.Rules), Path: l.Path,
		Places: l.Places, Since: column.Time(l.Since), Found: column.Time(l.Found), Clean: l.Clean, Before: l.Before, Generation: l.Generation})
}

func late(r query.Late) candor.LateFinding {
	return candor.LateFinding{ID: r.ID, SHA256: r.SHA256, Size: r.Size, Rules: r.Rules.V, Path: r.Path, Places: r.Places,
		Since: time.Time(r.Since), Found: time.Time(r.Found), Clean: r.Clean, Before: r.Before, Generation: r.Generation}
}

// isThere are the findings that say that something is there, and not only that
// something was not fully looked at (candor.Finding.IsUnread). hot are those of
// them that are open: the condition of the index findings_hot, word for word.
const (
	isThere = "(language <> 'candor' OR substr(rule, 1, 20) <> 'Candor.NotFullyRead.')"
	hot     = "state = 'open' AND sha256 <> '' AND " + isThere
)

// hotFindings are these, along their index.
func (d dialect) hotFindings() string { return d.led("findings", "findings_hot") + " WHERE " + hot }

// hotList is the list of contents. It groups all of them along the index.
func (d dialect) hotList() list {
	return list{own: "sites", sorts: []string{"severity", "first_seen"}, table: `(SELECT sha256 AS id, COUNT(DISTINCT asset) AS sites, COUNT(DISTINCT case_id) AS cases, COUNT(*) AS findings,
		CAST(MAX(severity) AS BIGINT) AS severity, MIN(first_seen) AS first_seen FROM ` + d.hotFindings() + ` GROUP BY sha256) AS hot`}
}

// hotRow is a row of it.
type hotRow struct {
	SHA256    string          `db:"id"`
	Sites     int64           `db:"sites"`
	Cases     int64           `db:"cases"`
	Findings  int64           `db:"findings"`
	Severity  candor.Severity `db:"severity"`
	FirstSeen column.Time     `db:"first_seen"`
}

func hotContent(r hotRow) candor.HotContent {
	return candor.HotContent{SHA256: r.SHA256, Sites: r.Sites, Cases: r.Cases, Findings: r.Findings, Severity: r.Severity, First: time.Time(r.FirstSeen)}
}

// HotContents lists the contents of open findings, those at most sites first.
// It is all parties': whoever asks must see them.
func (r reader) HotContents(ctx context.Context, cut candor.Cut) (candor.Page[candor.HotContent], error) {
	page, err := part[hotRow](ctx, r, r.dialect.hotList(), where{}, cut)
	if err != nil {
		return candor.Page[candor.HotContent]{}, err
	}
	out := turn(page, hotContent)
	return out, r.detail(ctx, out.Items)
}

// HotContent gives one content; candor.ErrNotFound if no open finding says that
// something is there.
func (r reader) HotContent(ctx context.Context, sha256 string) (candor.HotContent, error) {
	row, err := one[hotRow](ctx, r.db, r.dialect.hotList().table, "id = ?", sha256)
	if err != nil {
		return candor.HotContent{}, err
	}
	all := []candor.HotContent{hotContent(row)}
	err = r.detail(ctx, all)
	return all[0], err
}

// detail adds to contents what their findings say.
func (r reader) detail(ctx context.Context, all []candor.HotContent) error {
	if len(all) == 0 {
		return nil
	}
	at, sums := map[string]*candor.HotContent{}, make([]string, len(all))
	for i := range all {
		at[all[i].SHA256], sums[i] = &all[i], all[i].SHA256
	}
	marks, args := in(sums)
	return r.scan(ctx, "read the rules of contents", "SELECT sha256, rule, CAST(SUM(places) AS BIGINT), MAX(good) FROM "+r.dialect.hotFindings()+" AND sha256 IN "+marks+" GROUP BY sha256, rule ORDER BY sha256, rule", args, func(row *sql.Rows) error {
		var sum, rule, good string
		var places int64
		err := row.Scan(&sum, &rule, &places, &good)
		// Each rule sees the same places.
		if h := at[sum]; err == nil {
			h.Rules, h.Places, h.Good = append(h.Rules, rule), max(h.Places, places), max(h.Good, good)
		}
		return err
	})
}

// scan reads the rows of a statement.
func (r reader) scan(ctx context.Context, what, statement string, args []any, each func(*sql.Rows) error) error {
	rows, err := r.db.QueryContext(ctx, statement, args...)
	if err != nil {
		return kind(err, "%s", what)
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return kind(err, "%s", what)
		}
	}
	return kind(rows.Err(), "%s", what)
}

// hotCases are the cases with open findings of a content, from behind one on.
func (d dialect) hotCases() string {
	return "SELECT DISTINCT case_id FROM " + d.hotFindings() + " AND sha256 = ? AND case_id > ? ORDER BY case_id LIMIT ?"
}

// HotCases gives the cases with open findings of a content that say that
// something is there, in the order of their identifiers, from behind one on.
func (r reader) HotCases(ctx context.Context, sha256 string, after candor.ID, most int) (all []candor.ID, err error) {
	err = r.scan(ctx, "read the cases of a content", r.dialect.hotCases(), []any{sha256, after, most}, func(row *sql.Rows) error {
		var id candor.ID
		err := row.Scan(&id)
		all = append(all, id)
		return err
	})
	return all, err
}

// HotFindings gives the open findings of a case and a content that say that
// something is there.
func (r reader) HotFindings(ctx context.Context, of candor.ID, sha256 string) ([]candor.FiledFinding, error) {
	rows, err := choose[query.Finding](ctx, r.db, "findings", "case_id = ? AND sha256 = ? AND "+hot+" ORDER BY id", of, sha256)
	return each(rows, finding), err
}

const contentStates = "SELECT state, COUNT(*) FROM findings WHERE sha256 = ? AND " + isThere + " GROUP BY state"

// waits counts the cases with open findings of a content in which a quarantine
// whose plan names it waits or is being carried out.
func (d dialect) waits() string {
	return "SELECT COUNT(DISTINCT case_id) FROM responses WHERE method = 'quarantine' AND state IN ('proposed', 'approved') AND case_id IN (SELECT case_id FROM " + d.hotFindings() + " AND sha256 = ?) AND plan LIKE ?"
}

// ContentStates counts the findings of a content by their state, and the cases
// of open ones in which a quarantine of it waits.
func (r reader) ContentStates(ctx context.Context, sha256 string) (c candor.ContentStates, err error) {
	of := map[candor.FindingState]*int64{candor.FindingOpen: &c.Open, candor.FindingGone: &c.Gone, candor.FindingQuarantined: &c.Quarantined, candor.FindingDismissed: &c.Dismissed}
	err = r.scan(ctx, "count the findings of a content", contentStates, []any{sha256}, func(row *sql.Rows) error {
		var state candor.FindingState
		var n int64
		err := row.Scan(&state, &n)
		if to := of[state]; to != nil {
			*to = n
		}
		return err
	})
	if err == nil && c.Open > 0 {
		err = kind(r.db.QueryRowContext(ctx, r.dialect.waits(), sha256, "%"+sha256+"%").Scan(&c.Waiting), "count the quarantines of a content")
	}
	return c, err
}

var heldList = list{table: "places", own: "id"}

// ContentPlaces lists the places where a content lies now, latest first: those
// of its open findings that say that something is there.
func (r reader) ContentPlaces(ctx context.Context, sha256 string, cut candor.Cut) (candor.Page[candor.HeldPlace], error) {
	var w where
	w.and("state = 'open' AND finding IN (SELECT id FROM "+r.dialect.hotFindings()+" AND sha256 = ?)", sha256)
	page, err := part[query.Place](ctx, r, heldList, w, cut)
	return turn(page, func(p query.Place) candor.HeldPlace { return candor.HeldPlace{Place: thePlace(p), Asset: p.Asset} }), err
}

const siteCoverage = `
SELECT age, is_current, COUNT(*), CAST(SUM(bytes) AS BIGINT), CAST(SUM(took) AS BIGINT), SUM(unplanned), MIN(scanned), MAX(scan_due) FROM (
    SELECT CASE WHEN a.scanned = 0 THEN 'never' WHEN a.scanned >= ? THEN 'day' WHEN a.scanned >= ? THEN 'week' ELSE 'longer' END AS age,
        CASE WHEN s.generation = ? THEN 1 ELSE 0 END AS is_current, COALESCE(s.bytes, 0) AS bytes,
        COALESCE(CASE WHEN s.ended > s.started THEN s.ended - s.started ELSE 0 END, 0) AS took,
        CASE WHEN a.scan_due = 0 THEN 1 ELSE 0 END AS unplanned, a.scanned, a.scan_due
    FROM assets a LEFT JOIN scans s ON s.id = (SELECT x.id FROM scans x WHERE x.asset = a.id AND x.state = 'complete' ORDER BY x.ended DESC LIMIT 1)
    WHERE a.kind = 'site' AND a.retired = FALSE
) AS sites GROUP BY age, is_current`

// SiteCoverage tells how long ago sites were looked at as a whole, and whether
// with a generation of definitions. It looks up the last scan of each site.
func (r reader) SiteCoverage(ctx context.Context, now time.Time, generation string) ([]candor.SiteCoverage, error) {
	rows, err := r.db.QueryContext(ctx, siteCoverage, column.Time(now.Add(-whole)), column.Time(now.Add(-7*whole)), generation)
	if err != nil {
		return nil, kind(err, "count sites")
	}
	defer rows.Close()
	var all []candor.SiteCoverage
	for rows.Next() {
		var c candor.SiteCoverage
		var current int64
		var oldest, due column.Time
		if err := rows.Scan(&c.Age, &current, &c.Sites, &c.Bytes, &c.Took, &c.Unplanned, &oldest, &due); err != nil {
			return nil, kind(err, "count sites")
		}
		c.Current, c.Oldest, c.LastDue = current == 1, time.Time(oldest), time.Time(due)
		all = append(all, c)
	}
	return all, kind(rows.Err(), "count sites")
}

const scanPace = `
SELECT ended / 86400000000, COUNT(*), CAST(SUM(files) AS BIGINT), CAST(SUM(bytes) AS BIGINT), CAST(SUM(CASE WHEN ended > started THEN ended - started ELSE 0 END) AS BIGINT)
FROM scans WHERE state = 'complete' AND ended >= ? GROUP BY 1 ORDER BY 1`

// ScanPace adds up what complete scans did, by the day on which they ended.
func (r reader) ScanPace(ctx context.Context, since time.Time) ([]candor.ScanPace, error) {
	rows, err := r.db.QueryContext(ctx, scanPace, column.Time(since))
	if err != nil {
		return nil, kind(err, "add up scans")
	}
	defer rows.Close()
	var all []candor.ScanPace
	for rows.Next() {
		var p candor.ScanPace
		var on int64
		if err := rows.Scan(&on, &p.Scans, &p.Files, &p.Bytes, &p.Took); err != nil {
			return nil, kind(err, "add up scans")
		}
		p.Day = day(on)
		all = append(all, p)
	}
	return all, kind(rows.Err(), "add up scans")
}
