package store

import (
	"context"
	"fmt"
	"time"

	"candor"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

var caseList = list{table: "cases", own: "updated", sorts: []string{"id", "severity", "opened", "due"},
	then: []string{"state", "class", "party", "asset", "assignee"}, weak: []string{"state", "class", "severity"}}

// Case gives a case that the scope sees.
func (r reader) Case(ctx context.Context, scope candor.Scope, id candor.ID) (candor.Case, error) {
	row, err := one[query.Case](ctx, r.db, "cases", "id = ?", id)
	if err == nil && !scope.Sees(row.Party) {
		return candor.Case{}, notThere("case", id)
	}
	return theCase(row), err
}

// CaseByNumber looks for the number that people say.
func (r reader) CaseByNumber(ctx context.Context, scope candor.Scope, number int64) (candor.Case, error) {
	row, err := one[query.Case](ctx, r.db, "cases", "number = ?", number)
	if err == nil && !scope.Sees(row.Party) {
		return candor.Case{}, notThere("case", candor.ID(fmt.Sprint(number)))
	}
	return theCase(row), err
}

// OpenCase gives the open case of an asset and a class, about what is known to
// be good or about all else.
func (r reader) OpenCase(ctx context.Context, asset candor.ID, class candor.Class, good bool) (candor.Case, error) {
	row, err := one[query.Case](ctx, r.db, "cases", "asset = ? AND class = ? AND good = ? AND is_open AND asset <> ''", asset, class, good)
	return theCase(row), err
}

// OpenCase gives the open case of an asset and a class, about what is known to
// be good or about all else, and keeps others from changing it until the
// transaction ends: several sensors may add to it.
func (t *Tx) OpenCase(ctx context.Context, asset candor.ID, class candor.Class, good bool) (candor.Case, error) {
	rows, err := choose[query.Case](ctx, t.db, "cases", "asset = ? AND class = ? AND good = ? AND is_open AND asset <> ''"+t.dialect.lock, asset, class, good)
	if err == nil && len(rows) == 0 {
		err = fmt.Errorf("open case of asset %s: %w", asset, candor.ErrNotFound)
	}
	if err != nil {
		return candor.Case{}, err
	}
	return theCase(rows[0]), nil
}

// OpenCases gives the open cases of assets and classes, and keeps others from
// changing them until the transaction ends.
func (t *Tx) OpenCases(ctx context.Context, keys []candor.CaseKey) (map[candor.CaseKey]candor.Case, error) {
	values := func(k candor.CaseKey) []any { return []any{k.Asset, k.Class, k.Good} }
	rows, err := among[query.Case](ctx, t.reader, "cases", "(asset, class, good)", "(?, ?, CAST(? AS BOOLEAN))", " AND is_open AND asset <> ''"+t.dialect.lock, keys, values)
	all := make(map[candor.CaseKey]candor.Case, len(rows))
	for _, row := range rows {
		all[candor.CaseKey{Asset: row.Asset, Class: row.Class, Good: row.Good}] = theCase(row)
	}
	return all, err
}

// Cases lists cases.
func (r reader) Cases(ctx context.Context, scope candor.Scope, f candor.CaseFilter, cut candor.Cut) (candor.Page[candor.Case], error) {
	var w where
	w.scope(scope, "party")
	anyOf(&w, "state", f.States)
	if f.Open != nil {
		w.and(map[bool]string{true: "is_open", false: "NOT is_open"}[*f.Open])
	}
	equal(&w, "party", f.Party)
	equal(&w, "asset", f.Asset)
	if equal(&w, "assignee", f.Assignee); f.Assignee != "" {
		w.and("assignee <> ''") // so that SQLite sees that the index holds them
	}
	if f.Unassigned {
		w.and("assignee = ''")
	}
	equal(&w, "class", f.Class)
	if f.Good != nil {
		w.and(map[bool]string{true: "good", false: "NOT good"}[*f.Good])
	}
	if f.Incident != nil {
		w.and(map[bool]string{true: "asset <> ''", false: "asset = ''"}[*f.Incident])
	}
	if f.MinSeverity > candor.Info {
		w.compare("severity", ">=", f.MinSeverity)
	}
	if !f.DueBefore.IsZero() {
		w.compare("due", ">", 0)
		w.compare("due", "<", column.Time(f.DueBefore))
	}
	if !f.OpenedAfter.IsZero() {
		w.since("opened", f.OpenedAfter)
	}
	if !f.OpenedBefore.IsZero() {
		w.until("opened", f.OpenedBefore)
	}
	if err := r.containing(ctx, &w, owner(scope, f.Party), "case", f.Text); err != nil {
		return candor.Page[candor.Case]{}, err
	}
	page, err := part[query.Case](ctx, r, caseList, w, cut)
	return turn(page, theCase), err
}

// CaseCounts counts open cases by state and by severity.
func (r reader) CaseCounts(ctx context.Context) (map[candor.CaseState]int64, map[candor.Severity]int64, error) {
	states, err := r.q.CasesByState(ctx)
	if err != nil {
		return nil, nil, kind(err, "count cases")
	}
	severities, err := r.q.OpenCasesBySeverity(ctx)
	byState, bySeverity := map[candor.CaseState]int64{}, map[candor.Severity]int64{}
	for _, row := range states {
		byState[row.State] = row.Cases
	}
	for _, row := range severities {
		bySeverity[row.Severity] = row.Cases
	}
	return byState, bySeverity, kind(err, "count cases")
}

// CaseAges counts open cases by the day on which they were opened.
func (r reader) CaseAges(ctx context.Context) ([]candor.DayCount, error) {
	rows, err := r.q.OpenCaseAges(ctx)
	return each(rows, func(row query.OpenCaseAgesRow) candor.DayCount {
		return candor.DayCount{Day: day(row.Day), Severity: row.Severity, Count: row.Cases}
	}), kind(err, "count cases")
}

// LinkedCases gives the cases that are linked with a case.
func (r reader) LinkedCases(ctx context.Context, scope candor.Scope, id candor.ID) ([]candor.Case, error) {
	rows, err := r.q.LinkedCases(ctx, id)
	var seen []candor.Case
	for _, row := range rows {
		if scope.Sees(row.Party) {
			seen = append(seen, theCase(row))
		}
	}
	return seen, kind(err, "read linked cases")
}

// AddCase adds a case and gives it its number. It is candor.ErrExists if there
// is an open one of that asset and class; of those about terms there may be many.
func (t *Tx) AddCase(ctx context.Context, c *candor.Case) error {
	return t.AddCases(ctx, []*candor.Case{c})
}

// AddCases adds cases and gives them their numbers. It is candor.ErrExists if there
// is an open one of the asset and class of any.
func (t *Tx) AddCases(ctx context.Context, all []*candor.Case) error {
	if len(all) == 0 {
		return nil
	}
	numbers, err := t.numbers(ctx, len(all))
	if err != nil {
		return err
	}
	rows, documents := make([]query.Case, len(all)), make([]document, len(all))
	for i, c := range all {
		c.Number, c.Version = numbers[i], 1
		rows[i], documents[i] = caseRow(*c), caseDocument(*c)
	}
	if err := add(ctx, t.reader, "cases", "", rows...); err != nil {
		return err
	}
	return t.indexNew(ctx, documents...)
}

// numbers gives the next numbers of cases.
func (t *Tx) numbers(ctx context.Context, n int) ([]int64, error) {
	rows, err := t.db.QueryContext(ctx, t.dialect.number, n)
	if err != nil {
		return nil, kind(err, "number cases")
	}
	defer rows.Close()
	var all []int64
	for rows.Next() {
		var number int64
		if err := rows.Scan(&number); err != nil {
			return nil, kind(err, "number cases")
		}
		all = append(all, number)
	}
	if err := rows.Err(); err != nil || len(all) == n {
		return all, kind(err, "number cases")
	}
	last := all[0] // of all of them
	all = all[:0]
	for i := range n {
		all = append(all, last-int64(n)+1+int64(i))
	}
	return all, nil
}

// ChangeCase replaces a case and counts its version up. It is
// candor.ErrChanged if somebody else changed it since it was read.
func (t *Tx) ChangeCase(ctx context.Context, c *candor.Case) error {
	was := c.Version
	c.Version++
	ok, err := change(ctx, t.db, "cases", caseRow(*c), "version = ?", was)
	if err != nil {
		return err
	}
	if !ok {
		return candor.WithHint(fmt.Errorf("case %s: %w", c.Label(), candor.ErrChanged), "Somebody else changed the case. Look at it again, and repeat what you did if it is still right.")
	}
	return t.index(ctx, caseDocument(*c))
}

// CountCase counts the findings of a case anew, and looks for its next deadline.
func (t *Tx) CountCase(ctx context.Context, id candor.ID) error {
	if err := t.q.CountCaseFindings(ctx, id); err != nil {
		return kind(err, "count findings")
	}
	return kind(t.q.SetCaseDue(ctx, id), "look for the next deadline")
}

// Link links two cases, both ways.
func (t *Tx) Link(ctx context.Context, a, b candor.ID, at time.Time) error {
	if err := t.q.AddLink(ctx, a, b, column.Time(at)); err != nil {
		return kind(err, "link cases")
	}
	return kind(t.q.AddLink(ctx, b, a, column.Time(at)), "link cases")
}

func caseDocument(c candor.Case) document {
	return document{"case", c.ID, c.Party, c.Label() + " " + c.Title, fmt.Sprintf("%s %d %s %s", c.Label(), c.Number, c.Title, c.Class)}
}

func theCase(r query.Case) candor.Case {
	return candor.Case{ID: r.ID, Number: r.Number, Asset: r.Asset, Party: r.Party, Class: r.Class, Nature: r.Nature, Severity: r.Severity,
		Confidence: r.Confidence, State: r.State, Title: r.Title, Assignee: r.Assignee, Open: int(r.OpenFindings), Findings: int(r.Findings),
		Due: time.Time(r.Due), Opened: time.Time(r.Opened), Updated: time.Time(r.Updated), Closed: time.Time(r.Closed), Version: r.Version, Good: r.Good}
}

func caseRow(c candor.Case) query.Case {
	return query.Case{ID: c.ID, Number: c.Number, Asset: c.Asset, Party: c.Party, Class: c.Class, Nature: c.Nature, Severity: c.Severity,
		Confidence: c.Confidence, State: c.State, IsOpen: c.State.Open(), Title: c.Title, Assignee: c.Assignee, OpenFindings: int64(c.Open),
		Findings: int64(c.Findings), Due: column.Time(c.Due), Opened: column.Time(c.Opened), Updated: column.Time(c.Updated),
		Closed: column.Time(c.Closed), Version: c.Version, Good: c.Good}
}
