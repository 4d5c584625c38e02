package store

import (
	"context"
	"strings"
	"time"

	"candor"
	"candor/internal/store/column"
)

// ComplaintCount is how many complaints of a report have a state, and their cases
// another.
type ComplaintCount struct {
	State candor.ComplaintState
	Case  candor.CaseState // empty for those without a case
	Count int
}

// ComplaintCounts counts the complaints of a report by their state and that of
// their cases.
func (r reader) ComplaintCounts(ctx context.Context, report candor.ID) (all []ComplaintCount, err error) {
	rows, err := r.db.QueryContext(ctx, `SELECT complaints.state, COALESCE(cases.state, ''), COUNT(*) FROM complaints LEFT JOIN cases ON cases.id = complaints.case_id
		WHERE complaints.report = ? GROUP BY 1, 2`, report)
	if err != nil {
		return nil, kind(err, "count complaints")
	}
	defer rows.Close()
	for rows.Next() {
		var c ComplaintCount
		if err := rows.Scan(&c.State, &c.Case, &c.Count); err != nil {
			return nil, kind(err, "count complaints")
		}
		all = append(all, c)
	}
	return all, kind(rows.Err(), "count complaints")
}

// ReportsOfDomain counts the reports whose reporters have addresses of a domain,
// and that came since a moment.
func (r reader) ReportsOfDomain(ctx context.Context, domain string, since time.Time) (n int, err error) {
	literal := strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(strings.ToLower(domain))
	err = r.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM reports WHERE received >= ? AND LOWER(reporter) LIKE ? ESCAPE '\'`, column.Time(since), "%@"+literal).Scan(&n)
	return n, kind(err, "count reports of a domain")
}
