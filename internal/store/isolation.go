package store

import (
	"context"
	"encoding/json"
	"time"

	"candor"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

// Isolations gives the isolations that go on, by response: of one line, unless
// asset is empty.
func (r reader) Isolations(ctx context.Context, asset candor.ID) ([]candor.Isolation, error) {
	var w where
	w.and("ended = ?", 0)
	equal(&w, "asset", asset)
	rows, err := choose[query.Isolation](ctx, r.db, "isolations", w.String()+" ORDER BY response", w.args()...)
	return each(rows, isolation), err
}

// Isolation gives the isolation of a response, ended or not.
func (r reader) Isolation(ctx context.Context, response candor.ID) (candor.Isolation, error) {
	row, err := one[query.Isolation](ctx, r.db, "isolations", "response = ?", response)
	return isolation(row), err
}

// CountIsolations tells how many lines were isolated after a time, and how many
// lines are isolated now.
func (r reader) CountIsolations(ctx context.Context, after time.Time) (begun, going int, err error) {
	err = r.db.QueryRowContext(ctx, `SELECT (SELECT COUNT(DISTINCT asset) FROM isolations WHERE begun > ?),
(SELECT COUNT(DISTINCT asset) FROM isolations WHERE ended = 0)`, column.Time(after)).Scan(&begun, &going)
	return begun, going, kind(err, "count isolations")
}

// CountReleases tells how often the holder of a line freed it after a time.
func (r reader) CountReleases(ctx context.Context, line candor.ID, after time.Time) (n int, err error) {
	err = r.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM events e JOIN cases c ON c.id = e.case_id
WHERE c.asset = ? AND e.at > ? AND e.kind = ?`, line, column.Time(after), candor.EventReleased).Scan(&n)
	return n, kind(err, "count releases")
}

// LastRelease gives the event by which the holder of a line freed it last;
// candor.ErrNotFound if there is none, or if a return of the cause was told since.
func (r reader) LastRelease(ctx context.Context, line candor.ID) (candor.Event, error) {
	row, err := one[query.Event](ctx, r.db, "events", `id = (SELECT e.id FROM cases c JOIN events e ON e.case_id = c.id
WHERE c.asset = ? AND (e.kind = ? OR e.kind = ?) ORDER BY e.at DESC, e.id DESC LIMIT 1)`, line, candor.EventReleased, candor.EventReturned)
	if err == nil && row.Kind != candor.EventReleased {
		err = candor.ErrNotFound
	}
	return event(row), err
}

// CountLines tells how many lines there are, without those that are retired.
func (r reader) CountLines(ctx context.Context) (n int, err error) {
	err = r.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM assets WHERE kind = 'line' AND retired = FALSE").Scan(&n)
	return n, kind(err, "count lines")
}

// SetIsolation adds an isolation, or replaces that of the same response.
func (t *Tx) SetIsolation(ctx context.Context, i candor.Isolation) error {
	return add(ctx, t.reader, "isolations", `ON CONFLICT (response) DO UPDATE SET level = excluded.level, session = excluded.session,
begun = excluded.begun, ended = excluded.ended`, query.Isolation{Response: i.Response, CaseID: i.Case, Asset: i.Asset, Level: i.Level,
		Session: column.Raw(i.Session), Begun: column.Time(i.Begun), Ended: column.Time(i.Ended)})
}

func isolation(r query.Isolation) candor.Isolation {
	return candor.Isolation{Response: r.Response, Case: r.CaseID, Asset: r.Asset, Level: r.Level, Session: json.RawMessage(r.Session),
		Begun: time.Time(r.Begun), Ended: time.Time(r.Ended)}
}
