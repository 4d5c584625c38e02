package house

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver
	_ "modernc.org/sqlite"             // the driver
)

// bulk writes many rows, with the indexes away.
type bulk struct {
	db       *sql.DB
	url      string
	postgres bool
	dropped  []string // statements that make the indexes again
}

func openBulk(ctx context.Context, url string) (*bulk, error) {
	b := &bulk{url: url, postgres: strings.Contains(url, "://")}
	driver, address := "pgx", url
	if !b.postgres {
		driver = "sqlite"
		address = "file:" + url + "?_pragma=journal_mode(OFF)&_pragma=synchronous(0)&_pragma=cache_size(-1000000)&_pragma=temp_store(MEMORY)&_pragma=foreign_keys(0)"
	}
	var err error
	b.db, err = sql.Open(driver, address)
	if err == nil {
		b.db.SetMaxOpenConns(1)
		err = b.db.PingContext(ctx)
	}
	return b, err
}

// dropIndexes takes away what would slow the rows down. Those that belong to
// constraints stay.
func (b *bulk) dropIndexes(ctx context.Context) error {
	ask := `SELECT type || ' ' || name, sql FROM sqlite_master WHERE sql <> '' AND (type = 'trigger' OR type = 'index' AND tbl_name NOT LIKE 'river%')`
	if b.postgres {
		ask = `SELECT 'index ' || c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
			WHERE t.relnamespace = 'public'::regnamespace AND t.relname NOT LIKE 'river%' AND NOT c.relispartition AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)`
	}
	rows, err := b.db.QueryContext(ctx, ask)
	if err != nil {
		return err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name, statement string
		if err := rows.Scan(&name, &statement); err != nil {
			return err
		}
		names, b.dropped = append(names, name), append(b.dropped, strings.Replace(statement, " ON ONLY ", " ON ", 1))
	}
	if err := rows.Err(); err != nil {
		return err
	}
	rows.Close()
	for _, name := range names {
		if _, err := b.db.ExecContext(ctx, "DROP "+name); err != nil {
			return err
		}
	}
	return nil
}

func (b *bulk) makeIndexes(ctx context.Context) error {
	if b.postgres {
		if _, err := b.db.ExecContext(ctx, "SET maintenance_work_mem = '1GB'"); err != nil {
			return err
		}
	}
	for _, statement := range b.dropped {
		if _, err := b.db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// finish fills the index of the search and gathers statistics.
func (b *bulk) finish(ctx context.Context) error {
	statements := []string{"VACUUM ANALYZE"}
	if !b.postgres {
		statements = nil
		for _, kind := range []string{"case", "party", "asset", "finding"} {
			statements = append(statements, fmt.Sprintf("INSERT INTO search_%s (rowid, words) SELECT rowid, words FROM search WHERE kind = '%s'", kind, kind))
		}
		statements = append(statements, "PRAGMA analysis_limit = 20000", "ANALYZE") // as the store does
	}
	for _, statement := range statements {
		if _, err := b.db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

func (b *bulk) sink(ctx context.Context) (sink, error) {
	if b.postgres {
		return &copies{ctx: ctx, url: b.url, tables: map[string]chan []any{}}, nil
	}
	tx, err := b.db.BeginTx(ctx, nil)
	return &inserts{ctx: ctx, tx: tx, tables: map[string]*table{}}, err
}

// inserts writes rows to SQLite, some in one statement.
type inserts struct {
	ctx    context.Context
	tx     *sql.Tx
	tables map[string]*table
}

type table struct {
	insert *sql.Stmt
	args   []any
	full   int
}

const perInsert = 20

func (s *inserts) put(name string, row ...any) error {
	t := s.tables[name]
	if t == nil {
		one := "(" + strings.TrimSuffix(strings.Repeat("?,", len(row)), ",") + ")"
		insert, err := s.tx.PrepareContext(s.ctx, "INSERT INTO "+name+" VALUES "+strings.TrimSuffix(strings.Repeat(one+",", perInsert), ","))
		if err != nil {
			return err
		}
		t = &table{insert: insert, full: perInsert * len(row)}
		s.tables[name] = t
	}
	if t.args = append(t.args, row...); len(t.args) < t.full {
		return nil
	}
	_, err := t.insert.ExecContext(s.ctx, t.args...)
	t.args = t.args[:0]
	return err
}

func (s *inserts) close() error {
	for name, t := range s.tables {
		width := t.full / perInsert
		one := "(" + strings.TrimSuffix(strings.Repeat("?,", width), ",") + ")"
		for ; len(t.args) > 0; t.args = t.args[width:] {
			if _, err := s.tx.ExecContext(s.ctx, "INSERT INTO "+name+" VALUES "+one, t.args[:width]...); err != nil {
				return errors.Join(err, s.tx.Rollback())
			}
		}
	}
	return s.tx.Commit()
}

// copies writes rows to PostgreSQL, one COPY a table, all at a time.
type copies struct {
	ctx    context.Context
	url    string
	tables map[string]chan []any
	group  sync.WaitGroup
	lock   sync.Mutex
	err    error
}

func (c *copies) put(name string, row ...any) error {
	rows := c.tables[name]
	if rows == nil {
		rows = make(chan []any, 1000)
		c.tables[name] = rows
		c.group.Go(func() {
			if err := c.copy(name, rows); err != nil {
				c.lock.Lock()
				c.err = errors.Join(c.err, fmt.Errorf("%s: %w", name, err))
				c.lock.Unlock()
				for range rows { // so that nobody waits
				}
			}
		})
	}
	rows <- row
	return nil
}

func (c *copies) copy(name string, rows chan []any) error {
	conn, err := pgx.Connect(c.ctx, c.url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(c.ctx))
	// Parents and children are written at a time; the generator keeps to the keys.
	if _, err := conn.Exec(c.ctx, "SET session_replication_role = replica"); err != nil {
		return err
	}
	r, err := conn.Query(c.ctx, "SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER' ORDER BY ordinal_position", name)
	if err != nil {
		return err
	}
	columns, err := pgx.CollectRows(r, pgx.RowTo[string])
	if err != nil {
		return err
	}
	_, err = conn.CopyFrom(c.ctx, pgx.Identifier{name}, columns, pgx.CopyFromFunc(func() ([]any, error) {
		row, ok := <-rows
		if !ok {
			return nil, nil
		}
		return row, nil
	}))
	return err
}

func (c *copies) close() error {
	for _, rows := range c.tables {
		close(rows)
	}
	c.group.Wait()
	return c.err
}

// Load runs statements that write very many rows to an empty database, with the
// indexes away meanwhile. Of PostgreSQL the user must be a superuser.
func Load(ctx context.Context, url string, statements ...string) error {
	b, err := openBulk(ctx, url)
	if err != nil {
		return err
	}
	defer b.db.Close()
	if err := b.dropIndexes(ctx); err != nil {
		return err
	}
	if b.postgres {
		// Parents and children are written in whatever order.
		statements = append([]string{"SET session_replication_role = replica"}, statements...)
	}
	for _, s := range statements {
		if _, err := b.db.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%.80s: %w", s, err)
		}
	}
	return errors.Join(b.makeIndexes(ctx), b.finish(ctx))
}
