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

// unbroken runs statements of a transaction. Each runs to its end, once it is begun:
// one that is broken off would undo the whole transaction, of which others may have
// a part.
type unbroken struct{ *sql.Tx }

func (t unbroken) ExecContext(ctx context.Context, statement string, args ...any) (sql.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return t.Tx.ExecContext(context.WithoutCancel(ctx), statement, args...)
}

func (t unbroken) QueryContext(ctx context.Context, statement string, args ...any) (*sql.Rows, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return t.Tx.QueryContext(context.WithoutCancel(ctx), statement, args...)
}

func (t unbroken) QueryRowContext(ctx context.Context, statement string, args ...any) *sql.Row {
	if ctx.Err() == nil { // else it gives that error
		ctx = context.WithoutCancel(ctx)
	}
	return t.Tx.QueryRowContext(ctx, statement, args...)
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
