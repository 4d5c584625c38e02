package store

import (
	"context"
	"database/sql"
	"strings"

	"candor/internal/store/query"
)

// recorder notes the statements that it passes on.
type recorder struct {
	query.DBTX
	seen func(statement string, args []any)
}

func (r recorder) QueryContext(ctx context.Context, statement string, args ...any) (*sql.Rows, error) {
	r.seen(statement, args)
	return r.DBTX.QueryContext(ctx, statement, args...)
}

func (r recorder) QueryRowContext(ctx context.Context, statement string, args ...any) *sql.Row {
	r.seen(statement, args)
	return r.DBTX.QueryRowContext(ctx, statement, args...)
}

// Plans gives the plans of the statements that do reads with, each as the
// database explains it.
func (s *Store) Plans(ctx context.Context, do func() error) (plans []string, err error) {
	type call struct {
		statement string
		args      []any
	}
	var calls []call
	own := s.db
	s.db = recorder{own, func(statement string, args []any) { calls = append(calls, call{statement, args}) }}
	err = do()
	s.db = own
	if err != nil {
		return nil, err
	}
	for _, c := range calls {
		plan, err := s.explain(ctx, c.statement, c.args)
		if err != nil {
			return nil, err
		}
		plans = append(plans, plan)
	}
	return plans, nil
}

func (s *Store) explain(ctx context.Context, statement string, args []any) (string, error) {
	lines := []string{statement}
	word, columns := "EXPLAIN ", 1
	if s.dialect.guided {
		word, columns = "EXPLAIN QUERY PLAN ", 4
	}
	err := s.scan(ctx, "explain", word+statement, args, func(row *sql.Rows) error {
		var line string
		var number int
		to := []any{&number, &number, &number, &line}
		err := row.Scan(to[4-columns:]...)
		lines = append(lines, line)
		return err
	})
	return strings.Join(lines, "\n"), err
}
