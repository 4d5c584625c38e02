package store

import (
	"context"
	"fmt"
	"slices"
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

// hotSorts are the columns that hot contents can be sorted by.
var hotSorts = []string{"sites", "severity", "first_seen"}

// HotContents lists the contents of open findings, those at most sites first.
// It groups all of them along an index, and reads the rows of a page only.
func (r reader) HotContents(ctx context.Context, cut candor.Cut) (page candor.Page[candor.HotContent], err error) {
	l := list{own: "sites", sorts: hotSorts}
	sort, descending, err := l.order(cut)
	if err != nil {
		return page, err
	}
	var at cursor
	if cut.Cursor != "" {
		if at, err = parseCursor(cut.Cursor); err != nil {
			return page, err
		}
	}
	open := r.dialect.led("findings", "findings_hot") + " WHERE state = 'open' AND sha256 <> ''"
	if page.Count, err = r.rows(ctx, open+" GROUP BY sha256", counted+1, nil); err != nil || page.Count == 0 {
		return page, err
	}
	if page.More = page.Count > counted; page.More {
		page.Count = counted
	}
	compare, order := ">", "ASC"
	if descending != at.Back {
		compare, order = "<", "DESC"
	}
	statement := `SELECT * FROM (SELECT sha256, COUNT(DISTINCT asset) AS sites, COUNT(DISTINCT case_id) AS cases, COUNT(*) AS findings,
		CAST(MAX(severity) AS BIGINT) AS severity, MIN(first_seen) AS first_seen FROM ` + open + ` GROUP BY sha256) AS hot`
	var args []any
	if cut.Cursor != "" {
		statement += " WHERE (" + sort + ", sha256) " + compare + " (?, ?)"
		args = append(args, at.Value, at.ID)
	}
	most := limit(cut)
	items, err := r.hot(ctx, statement+fmt.Sprintf(" ORDER BY %s %s, sha256 %s LIMIT %d", sort, order, order, most+1), args)
	if err != nil {
		return page, err
	}
	beyond := len(items) > most
	if page.Items = items[:min(len(items), most)]; len(page.Items) == 0 {
		return page, nil
	}
	if at.Back {
		slices.Reverse(page.Items)
	}
	if beyond || at.Back {
		page.Next = hotPlace(page.Items[len(page.Items)-1], sort, false)
	}
	if cut.Cursor != "" && (!at.Back || beyond) {
		page.Previous = hotPlace(page.Items[0], sort, true)
	}
	return page, r.detail(ctx, page.Items)
}

func hotPlace(h candor.HotContent, sort string, back bool) string {
	value := map[string]int64{"sites": h.Sites, "severity": int64(h.Severity), "first_seen": h.First.UnixMicro()}[sort]
	return cursor{Value: value, ID: h.SHA256, Back: back}.String()
}

func (r reader) hot(ctx context.Context, statement string, args []any) ([]candor.HotContent, error) {
	rows, err := r.db.QueryContext(ctx, statement, args...)
	if err != nil {
		return nil, kind(err, "group findings by content")
	}
	defer rows.Close()
	var all []candor.HotContent
	for rows.Next() {
		var h candor.HotContent
		var first column.Time
		if err := rows.Scan(&h.SHA256, &h.Sites, &h.Cases, &h.Findings, &h.Severity, &first); err != nil {
			return nil, kind(err, "group findings by content")
		}
		h.First = time.Time(first)
		all = append(all, h)
	}
	return all, kind(rows.Err(), "group findings by content")
}

// detail adds to contents what their findings say.
func (r reader) detail(ctx context.Context, all []candor.HotContent) error {
	at, sums := map[string]*candor.HotContent{}, make([]string, len(all))
	for i := range all {
		at[all[i].SHA256], sums[i] = &all[i], all[i].SHA256
	}
	marks, args := in(sums)
	rows, err := r.db.QueryContext(ctx, "SELECT sha256, rule, CAST(SUM(places) AS BIGINT), MAX(good) FROM findings WHERE state = 'open' AND sha256 IN "+marks+" GROUP BY sha256, rule ORDER BY sha256, rule", args...)
	if err != nil {
		return kind(err, "read the rules of contents")
	}
	defer rows.Close()
	for rows.Next() {
		var sum, rule, good string
		var places int64
		if err := rows.Scan(&sum, &rule, &places, &good); err != nil {
			return kind(err, "read the rules of contents")
		}
		// Each rule sees the same places.
		at[sum].Rules, at[sum].Places, at[sum].Good = append(at[sum].Rules, rule), max(at[sum].Places, places), max(at[sum].Good, good)
	}
	return kind(rows.Err(), "read the rules of contents")
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
