// Package store keeps the records of the house in SQLite or in PostgreSQL,
// with one schema and one set of queries for both.
//
// Reading is done on the Store, or on a transaction; writing only in a
// transaction, so that what belongs together is kept together: a finding, its
// case, what the evidence log will hold of it, and the jobs that follow.
package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"candor"
	"candor/internal/store/query"
)

// Options say where the records are and what they are kept with.
type Options struct {
	// URL is "postgres://…", or the path of a SQLite file.
	URL string
	// Node is this program's name among those that share the database, and the
	// same after a restart: jobs that it was doing when it died are begun again.
	Node string
	Log  *slog.Logger
	// Conceal gives the salted digest of something personal.
	Conceal func(value string) (digest, salt string)
	// Existing refuses a database that is not there or has another schema,
	// instead of making it or bringing it up to date.
	Existing bool
	// Clock tells which days are over; the system's if nil.
	Clock candor.Clock
}

// Store is an open database. It is safe for concurrent use.
type Store struct {
	reader
	pools
	options Options
	dialect dialect
	queue   *river.Client[*sql.Tx]
	history history
	wake    *wake
	doing   doing
	commits *commits // nil where transactions commit each by itself
}

// reader reads records, from the database or within a transaction.
type reader struct {
	db       query.DBTX
	q        *query.Queries
	dialect  dialect
	versions *versions // nil once a transaction changed terms: it sees what nobody else does
	said     *sql.Stmt // nil within a transaction
}

func (d dialect) reader(db query.DBTX) reader {
	return reader{db: d.statements(db), q: query.New(db), dialect: d}
}

// Tx is a transaction: everything done with it is kept together, or not at
// all. It must not be used concurrently, and the Store not within it.
type Tx struct {
	reader
	store *Store
	tx    *sql.Tx
	asked map[string]bool // queues that jobs were put into, to be done at once
}

// Open opens the database, makes it if it is not there, and brings its schema
// up to date. A database of a later version of the program is refused.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	s := &Store{options: o, dialect: sqlite, wake: &wake{ears: map[*ear]bool{}}}
	if strings.HasPrefix(o.URL, "postgres://") || strings.HasPrefix(o.URL, "postgresql://") {
		s.dialect = postgres
	}
	if o.Existing && s.dialect.guided {
		if _, err := os.Stat(o.URL); err != nil {
			return nil, candor.WithHint(fmt.Errorf("open database: %w", err), "Name the data folder, or the database, of a desk that was started before.")
		}
	}
	p, err := s.dialect.open(o.URL)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	s.pools, s.reader = p, s.dialect.reader(p.read)
	s.versions = &versions{of: map[candor.ID]version{}}
	if s.dialect.guided {
		s.commits = newCommits(s)
	}
	if err := s.prepare(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Store) prepare(ctx context.Context) error {
	if err := s.Ping(ctx); err != nil {
		return candor.WithHint(err, "Check that the database is running and that its address is right.")
	}
	if err := s.migrate(ctx); err != nil {
		return fmt.Errorf("bring the database up to date: %w", err)
	}
	if err := s.prepareSaid(ctx); err != nil {
		return err
	}
	if !s.options.Existing {
		if err := errors.Join(s.fillHosts(ctx), s.fillHistory(ctx), s.foldAll(ctx), s.Tend(ctx)); err != nil {
			return err
		}
	}
	return s.openQueue()
}

// Tend does what the database needs now and then, such as every hour: SQLite
// has to be asked to look at its tables, PostgreSQL does so by itself.
func (s *Store) Tend(ctx context.Context) error {
	for _, statement := range s.dialect.tend {
		if _, err := s.write.ExecContext(ctx, statement); err != nil {
			return kind(err, "tend the database")
		}
	}
	return nil
}

// Close closes the database. Workers must have been stopped.
func (s *Store) Close() error {
	var err error
	if s.said != nil {
		err = s.said.Close()
	}
	return errors.Join(err, s.pools.close())
}

// Ping asks whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	return kind(s.write.PingContext(ctx), "reach the database")
}

// Kind is the name of the database in use: "SQLite" or "PostgreSQL".
func (s *Store) Kind() string { return s.dialect.name }

// Tx runs f in a transaction, which is kept if f gives nil. f may run several
// times, where two transactions stood in each other's way.
func (s *Store) Tx(ctx context.Context, f func(*Tx) error) error { return s.attempt(ctx, nil, f) }

func (s *Store) attempt(ctx context.Context, o *sql.TxOptions, f func(*Tx) error) error {
	const most = 8
	var err error
	for range most {
		if s.commits != nil && o == nil {
			err = s.commits.run(ctx, f)
		} else {
			err = s.once(ctx, o, f)
		}
		if !s.dialect.again(err) && !errors.Is(err, errBroken) {
			break
		}
	}
	return err
}

// begin begins a transaction. A connection that broke while nobody used it, as one
// does whose query is given up, is no reason to fail: database/sql tries three, and
// there may be more of them.
func (s *Store) begin(ctx context.Context, o *sql.TxOptions) (tx *sql.Tx, err error) {
	const most = 5
	for range most {
		if tx, err = s.write.BeginTx(ctx, o); !errors.Is(err, driver.ErrBadConn) {
			break
		}
	}
	return tx, err
}

func (s *Store) once(ctx context.Context, o *sql.TxOptions, f func(*Tx) error) error {
	tx, err := s.begin(ctx, o)
	if err != nil {
		return kind(err, "begin a transaction")
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	t := s.within(tx)
	if err := f(t); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return kind(err, "keep a transaction")
	}
	s.wake.call(t.asked)
	return nil
}

// within gives what is done in a transaction of the database.
func (s *Store) within(tx *sql.Tx) *Tx {
	var db query.DBTX = tx
	if s.commits != nil {
		db = unbroken{tx}
	}
	t := &Tx{reader: s.dialect.reader(db), store: s, tx: tx}
	t.versions = s.versions
	return t
}

// sub gives a folder of embedded files, which is known to be there.
func sub(files fs.FS, folder string) fs.FS {
	f, err := fs.Sub(files, folder)
	if err != nil {
		panic(err)
	}
	return f
}
