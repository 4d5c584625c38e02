package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"candor"
	"candor/internal/consent"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

// Questions gives what parties ask about terms in a state, or all: the open ones
// by when they are due, then those that were answered, the latest first; of one
// party only, if it is given.
func (r reader) Questions(ctx context.Context, scope candor.Scope, party candor.ID, state consent.QuestionState, most int) ([]consent.Question, error) {
	var w where
	w.and("asset = ''")
	w.scope(scope, "party")
	equal(&w, "party", party)
	if state != "" {
		w.and(map[bool]string{true: "is_open", false: "NOT is_open"}[state == consent.Open])
	}
	cases, err := choose[query.Case](ctx, r.db, "cases", w.String()+" ORDER BY CASE WHEN is_open THEN 0 ELSE 1 END, CASE WHEN is_open THEN due ELSE -closed END, id LIMIT ?", append(w.args(), most)...)
	if err != nil {
		return nil, err
	}
	return r.questioned(ctx, cases)
}

// Question gives what a party asked about terms, that the scope sees.
func (r reader) Question(ctx context.Context, scope candor.Scope, id candor.ID) (consent.Question, error) {
	row, err := one[query.Case](ctx, r.db, "cases", "id = ? AND asset = ''", id)
	if err == nil && !scope.Sees(row.Party) {
		err = notThere("question", id)
	}
	if err != nil {
		return consent.Question{}, err
	}
	all, err := r.questioned(ctx, []query.Case{row})
	if err != nil {
		return consent.Question{}, err
	}
	return all[0], nil
}

// questioned adds what was said in cases.
func (r reader) questioned(ctx context.Context, cases []query.Case) ([]consent.Question, error) {
	ids := each(cases, func(c query.Case) candor.ID { return c.ID })
	rows, err := among[query.Event](ctx, r, "events", "(case_id)", "(?)", " AND public AND kind IN ('question', 'answer', 'comment')", ids, func(id candor.ID) []any { return []any{id} })
	if err != nil {
		return nil, err
	}
	said := map[candor.ID][]candor.Event{}
	for _, row := range rows {
		said[row.CaseID] = append(said[row.CaseID], event(row))
	}
	return each(cases, func(c query.Case) consent.Question {
		of := said[c.ID]
		slices.SortFunc(of, func(a, b candor.Event) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
		return consent.Questioned(theCase(c), of)
	}), nil
}

// CountQuestions counts the questions that are open, and those of them that were
// due before a moment.
func (r reader) CountQuestions(ctx context.Context, now time.Time) (open, late int64, err error) {
	row := r.db.QueryRowContext(ctx, "SELECT COUNT(*), COUNT(CASE WHEN due > 0 AND due < ? THEN 1 END) FROM cases WHERE asset = '' AND is_open", column.Time(now))
	return open, late, kind(row.Scan(&open, &late), "count questions")
}

// mostAnswers bounds what Answers gives.
const mostAnswers = 10_000

// Answers gives how long questions waited that were answered since a moment, the
// latest first.
func (r reader) Answers(ctx context.Context, since time.Time) (all []time.Duration, err error) {
	err = r.scan(ctx, "read how long answers took", "SELECT ended - started FROM deadlines WHERE rule = '"+candor.TermsAnswer+"' AND ended > 0 AND ended >= ? ORDER BY ended DESC LIMIT ?",
		[]any{column.Time(since), mostAnswers}, func(row *sql.Rows) error {
			var took int64
			err := row.Scan(&took)
			all = append(all, time.Duration(took)*time.Microsecond)
			return err
		})
	return all, err
}
