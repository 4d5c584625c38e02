package store

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"sync"

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

// kept are statements that stay prepared on SQLite's one connection that
// writes: reading a statement takes as long as doing it. What was asked for a few
// times is kept. A nil *kept keeps none.
type kept struct {
	db    *sql.DB
	lock  sync.Mutex
	ready map[string]*sql.Stmt
	asked map[string]int // how often
	due   []string       // to be prepared when no transaction has the connection
}

const (
	mostKept   = 400
	mostAsked  = 2000 // that are counted
	keptWhen   = 3    // asked for so often
	keptLength = 20_000
)

// within gives what runs statements in a transaction.
func (k *kept) within(tx *sql.Tx) query.DBTX {
	if k == nil {
		return tx
	}
	return keptTx{tx, k}
}

// settle prepares what transactions have asked for since the last time.
func (k *kept) settle(ctx context.Context) {
	if k == nil {
		return
	}
	k.lock.Lock()
	due := k.due
	k.due = nil
	k.lock.Unlock()
	for _, statement := range due {
		s, err := k.db.PrepareContext(ctx, statement)
		if err != nil {
			return // it is run without
		}
		k.lock.Lock()
		if was := k.ready[statement]; was != nil {
			_ = was.Close() // another was faster; nothing runs on it now
		}
		k.ready[statement] = s
		k.lock.Unlock()
	}
}

// get gives a prepared statement, or notes that it would be of use.
func (k *kept) get(statement string) *sql.Stmt {
	k.lock.Lock()
	defer k.lock.Unlock()
	s := k.ready[statement]
	if s != nil || len(statement) > keptLength || len(k.ready)+len(k.due) >= mostKept {
		return s
	}
	if len(k.asked) >= mostAsked {
		clear(k.asked)
	}
	if k.asked[statement]++; k.asked[statement] == keptWhen {
		k.due = append(k.due, statement)
	}
	return nil
}

func (k *kept) close() (err error) {
	if k == nil {
		return nil
	}
	k.lock.Lock()
	defer k.lock.Unlock()
	for _, s := range k.ready {
		err = errors.Join(err, s.Close())
	}
	clear(k.ready)
	return err
}

// keptTx runs statements as prepared ones. Each runs to its end, once it is begun:
// one that is broken off would undo the whole transaction, of which others may have
// a part. Rows of a query must be read before the same is asked again.
type keptTx struct {
	*sql.Tx
	kept *kept
}

func (t keptTx) ExecContext(ctx context.Context, statement string, args ...any) (sql.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx)
	if s := t.kept.get(statement); s != nil {
		return t.StmtContext(ctx, s).ExecContext(ctx, args...)
	}
	return t.Tx.ExecContext(ctx, statement, args...)
}

func (t keptTx) QueryContext(ctx context.Context, statement string, args ...any) (*sql.Rows, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx)
	if s := t.kept.get(statement); s != nil {
		return t.StmtContext(ctx, s).QueryContext(ctx, args...)
	}
	return t.Tx.QueryContext(ctx, statement, args...)
}

func (t keptTx) QueryRowContext(ctx context.Context, statement string, args ...any) *sql.Row {
	if ctx.Err() == nil { // else it gives that error
		ctx = context.WithoutCancel(ctx)
	}
	if s := t.kept.get(statement); s != nil {
		return t.StmtContext(ctx, s).QueryRowContext(ctx, args...)
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
