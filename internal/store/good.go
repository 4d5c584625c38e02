package store

import (
	"context"
	"time"

	"candor"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

// OpenFindings gives open findings behind an identifier, in their order, so
// that all can be gone through.
func (r reader) OpenFindings(ctx context.Context, behind candor.ID, most int) ([]candor.FiledFinding, error) {
	rows, err := choose[query.Finding](ctx, r.db, "findings", "state = 'open' AND id > ? ORDER BY id LIMIT ?", behind, most)
	return each(rows, finding), err
}

const doubtedRules = `
SELECT rule, MIN(definitions), COUNT(*), CAST(SUM(CASE WHEN state = 'open' THEN 1 ELSE 0 END) AS BIGINT) AS open,
    COUNT(DISTINCT sha256), COUNT(DISTINCT asset), MAX(last_seen), MIN(good)
FROM findings WHERE good <> '' GROUP BY rule ORDER BY open DESC, rule LIMIT ?`

// DoubtedRules gives the rules that matched contents which are known to be
// good, those first that do it the most now.
func (r reader) DoubtedRules(ctx context.Context, most int) ([]candor.DoubtedRule, error) {
	rows, err := r.db.QueryContext(ctx, doubtedRules, most)
	if err != nil {
		return nil, kind(err, "group findings by rule")
	}
	defer rows.Close()
	var all []candor.DoubtedRule
	for rows.Next() {
		var d candor.DoubtedRule
		var last column.Time
		if err := rows.Scan(&d.Rule, &d.Definitions, &d.Findings, &d.Open, &d.Contents, &d.Sites, &last, &d.Good); err != nil {
			return nil, kind(err, "group findings by rule")
		}
		d.Last = time.Time(last)
		all = append(all, d)
	}
	return all, kind(rows.Err(), "group findings by rule")
}
