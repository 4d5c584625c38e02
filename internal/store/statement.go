package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"candor/internal/store/query"
)

// statements gives what runs statements that mark their parameters with
// question marks. SQLite takes them as they are: it would look each number up
// among all others, which takes a second where there are ten thousand.
func (d dialect) statements(db query.DBTX) query.DBTX {
	if d.numbered {
		return numbered{db}
	}
	return db
}

// numbered writes $1, $2, … for question marks.
type numbered struct{ query.DBTX }

func (n numbered) ExecContext(ctx context.Context, statement string, args ...any) (sql.Result, error) {
	return n.DBTX.ExecContext(ctx, number(statement), args...)
}

func (n numbered) QueryContext(ctx context.Context, statement string, args ...any) (*sql.Rows, error) {
	return n.DBTX.QueryContext(ctx, number(statement), args...)
}

func (n numbered) QueryRowContext(ctx context.Context, statement string, args ...any) *sql.Row {
	return n.DBTX.QueryRowContext(ctx, number(statement), args...)
}

func number(statement string) string {
	if !strings.Contains(statement, "?") {
		return statement
	}
	var b strings.Builder
	b.Grow(len(statement) + 64)
	for n := 1; ; n++ {
		before, after, more := strings.Cut(statement, "?")
		b.WriteString(before)
		if !more {
			return b.String()
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(n))
		statement = after
	}
}
