package store

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	sqlitedriver "modernc.org/sqlite"
	sqlitecode "modernc.org/sqlite/lib"
)

// dialect is what differs between the two databases.
type dialect struct {
	name     string
	goose    goose.Dialect
	open     func(url string) (pools, error)
	again    func(error) bool // another attempt may succeed
	exists   func(error) bool // a unique index said no
	jobs     func(*sql.DB) riverdriver.Driver[*sql.Tx]
	search   string                         // makes the index of the search
	looks    []string                       // ask it for the latest records of a kind, one after the other until there are enough: its name and how many go into the text
	among    string                         // whether the identifier is in a list
	settle   string                         // done after each migration
	number   string                         // gives so many next numbers of cases, or the last of them
	tend     []string                       // done now and then, so that the planner knows the tables
	snapshot sql.IsolationLevel             // of a transaction that sees one moment
	lock     string                         // at the end of a query: keeps the rows; SQLite has one writer at a time
	mark     string                         // of the transaction that writes, which is greater than those that were seen
	marked   string                         // what has this mark or a greater one was not seen yet
	forget   string                         // errors of jobs that hold a text
	requeue  string                         // jobs of a node that died
	begun    string                         // jobs that a node is said to do for some seconds; empty where none can be lost
	term     func(word, more string) string // more is * if the word may go on
	join     string                         // between terms
	expand   bool                           // whether words that may go on are looked up first
	guided   bool                           // whether the planner must be led through lists
	arrays   bool                           // whether rows can be given as one array a column
	numbered bool                           // whether statements number their parameters
}

// led is a table by one of its indexes: SQLite would take that of states, which
// nearly all rows share.
func (d dialect) led(table, index string) string {
	if d.guided {
		return table + " INDEXED BY " + index
	}
	return table
}

var sqlite = dialect{
	name:  "SQLite",
	goose: goose.DialectSQLite3,
	open:  openSQLite,
	again: func(err error) bool {
		var e *sqlitedriver.Error
		return errors.As(err, &e) && e.Code()&0xff == sqlitecode.SQLITE_BUSY
	},
	exists: func(err error) bool {
		var e *sqlitedriver.Error
		return errors.As(err, &e) && (e.Code() == sqlitecode.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlitecode.SQLITE_CONSTRAINT_PRIMARYKEY)
	},
	jobs:    func(db *sql.DB) riverdriver.Driver[*sql.Tx] { return riversqlite.New(db) },
	search:  searchSQLite(),
	among:   "id IN (SELECT value FROM json_each(?))",
	looks:   []string{"SELECT s.id FROM search_%[1]s w JOIN search s ON s.rowid = w.rowid WHERE w.search_%[1]s MATCH ? ORDER BY w.rowid DESC LIMIT %[2]d"},
	mark:    "1 + (SELECT MAX(m) FROM (SELECT COALESCE(MAX(mark), 0) AS m FROM consents UNION ALL SELECT COALESCE(MAX(mark), 0) FROM terms))",
	marked:  "1 + (SELECT MAX(m) FROM (SELECT COALESCE(MAX(mark), 0) AS m FROM consents UNION ALL SELECT COALESCE(MAX(mark), 0) FROM terms))",
	forget:  "UPDATE river_job SET errors = NULL WHERE instr(errors, CAST(? AS BLOB)) > 0",
	requeue: "UPDATE river_job SET state = 'available' WHERE state = 'running' AND $1 <> ''",
	term:    func(word, more string) string { return `"` + word + `"` + more },
	join:    " AND ",
	expand:  true,
	// A bounded look: an unbounded one would keep others from writing for long.
	settle: `INSERT INTO counters (name, value) SELECT 'cases', MAX(number) FROM cases WHERE true HAVING MAX(number) > 0
ON CONFLICT (name) DO UPDATE SET value = MAX(value, excluded.value)`,
	number: "INSERT INTO counters (name, value) VALUES ('cases', ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value RETURNING value",
	tend:   []string{"PRAGMA analysis_limit = 20000", "PRAGMA optimize = 0x10002"},
	guided: true,
}

var postgres = dialect{
	name:  "PostgreSQL",
	goose: goose.DialectPostgres,
	open:  openPostgres,
	again: func(err error) bool {
		var e *pgconn.PgError
		return errors.As(err, &e) && (e.Code == "40001" || e.Code == "40P01") // serialization failure, deadlock
	},
	exists: func(err error) bool {
		var e *pgconn.PgError
		return errors.As(err, &e) && e.Code == "23505"
	},
	jobs:   func(db *sql.DB) riverdriver.Driver[*sql.Tx] { return riverdatabasesql.New(db) },
	search: searchPostgres(),
	among:  "id = ANY (?::text[])",
	// A common word is found among the latest records. What is not there often
	// enough is rare enough to gather all of it; the planner, who takes words to
	// be independent of each other, would look for it in every record.
	looks: []string{latest(5_000), latest(100_000),
		`WITH matching AS MATERIALIZED (SELECT id FROM search WHERE kind = '%[1]s' AND found @@ to_tsquery('simple', ?))
SELECT id FROM matching ORDER BY id DESC LIMIT %[2]d`,
	},
	settle: bytewise + numbers,
	// Transactions that each open a case must not wait for one another, so that
	// numbers come from a sequence: one that is rolled back leaves a gap.
	number:   "SELECT nextval('case_numbers') FROM generate_series(1, ?::bigint)",
	snapshot: sql.LevelRepeatableRead,
	lock:     " FOR UPDATE",
	mark:     "pg_current_xact_id()::text::bigint",
	marked:   "pg_snapshot_xmin(pg_current_snapshot())::text::bigint",
	forget:   "UPDATE river_job SET errors = NULL WHERE strpos(array_to_string(errors, ' '), ?) > 0",
	requeue:  "UPDATE river_job SET state = 'available' WHERE state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = $1",
	begun:    "SELECT id FROM river_job WHERE state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = ? AND attempted_at < now() - make_interval(secs => ?)",
	term: func(word, more string) string {
		if more != "" {
			more = ":" + more
		}
		return "'" + word + "'" + more
	},
	join:     " & ",
	arrays:   true,
	numbered: true,
}

// latest looks at so many of the latest records of a kind.
func latest(n int) string {
	return fmt.Sprintf(`SELECT id FROM (SELECT id, found FROM search WHERE kind = '%%[1]s' ORDER BY id DESC LIMIT %d) AS latest
WHERE found @@ to_tsquery('simple', ?) ORDER BY id DESC LIMIT %%[2]d`, n)
}

// numbers makes the sequence of case numbers, and has it go on after those that
// are there, as from a backup of SQLite.
const numbers = `
CREATE SEQUENCE IF NOT EXISTS case_numbers;
SELECT setval('case_numbers', have.last) FROM (SELECT MAX(number) AS last FROM cases) AS have
WHERE have.last > (SELECT last_value FROM case_numbers);`

// bytewise has PostgreSQL compare text byte by byte, whatever the language of
// the database is: as SQLite does, as lists that are cut by their order need
// it, as ranges of prefixes need it, and several times faster.
const bytewise = `
DO $$
DECLARE c RECORD;
BEGIN
    FOR c IN
        SELECT table_name, string_agg(format('ALTER COLUMN %I TYPE TEXT COLLATE "C"', column_name), ', ') AS columns FROM information_schema.columns
        WHERE table_schema = current_schema() AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'
          AND table_name NOT LIKE 'river%' AND table_name NOT LIKE 'goose%'
        GROUP BY table_name
    LOOP
        EXECUTE format('ALTER TABLE %I %s', c.table_name, c.columns);
    END LOOP;
END $$;`

// pools are the connections by what they are for.
type pools struct {
	read  *sql.DB // lists and all else that is read outside of transactions
	write *sql.DB // transactions
	keyed *sql.DB // what is looked up by keys alone; it may be the one that reads
}

func (p pools) close() error {
	err := errors.Join(p.write.Close(), p.read.Close())
	if p.keyed != p.read {
		err = errors.Join(err, p.keyed.Close())
	}
	return err
}

// restful is how long a connection to SQLite stays that nobody uses.
const restful = 15 * time.Second

// openSQLite gives a pool of connections that read, and one that writes:
// SQLite has one writer at a time, and waiting in Go is fairer than retrying.
func openSQLite(path string) (p pools, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return p, err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return p, err
	}
	file.Close()
	dsn := func(pragmas ...string) string {
		v := url.Values{"_pragma": append([]string{"busy_timeout(10000)", "journal_mode(WAL)", "foreign_keys(1)", "cache_size(-32000)", "temp_store(MEMORY)"}, pragmas...)}
		v.Set("_txlock", "immediate")
		return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + v.Encode()
	}
	// With FULL every commit is on the disk before it is acknowledged. Pages are
	// changed again soon, so that a long WAL (32 MB) saves writing them twice.
	writes, err := sqlitedriver.NewConnector(dsn("synchronous(FULL)", "cache_size(-64000)", "wal_autocheckpoint(8000)"))
	if err != nil {
		return p, err
	}
	reads, err := sqlitedriver.NewConnector(dsn("query_only(1)"))
	if err != nil {
		return p, err
	}
	p.write = sql.OpenDB(remembering{writes})
	p.write.SetMaxOpenConns(1)
	p.read = sql.OpenDB(remembering{reads})
	n := max(4, 2*runtime.NumCPU())
	p.read.SetMaxOpenConns(n)
	p.read.SetMaxIdleConns(n)
	p.read.SetConnMaxIdleTime(restful) // each has pages of its own in memory
	p.keyed = p.read
	return p, nil
}

// openPostgres gives one pool for lists, one for transactions, and one for what
// is looked up by keys. They plan differently.
func openPostgres(address string) (p pools, err error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		// The address holds a password, and the driver's error repeats it.
		return p, errors.New("the address of the database is not of the form postgres://user:password@host:port/name")
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "candor"
	}
	// The server plans a statement once where it can. Transactions need that:
	// each row's foreign keys are looked up by statements of the server's own,
	// and planning those anew took a quarter of the time of filing.
	p.write, p.keyed = postgresPool(config, 12), postgresPool(config, 6)
	if config.RuntimeParams["plan_cache_mode"] == "" {
		// One party has a case and another has thousands: a list for all of them
		// by one plan would suit neither.
		config.RuntimeParams["plan_cache_mode"] = "force_custom_plan"
	}
	p.read = postgresPool(config, 12)
	return p, nil
}

func postgresPool(config *pgx.ConnConfig, most int) *sql.DB {
	db := stdlib.OpenDB(*config.Copy())
	db.SetMaxOpenConns(most)
	db.SetMaxIdleConns(most)
	return db
}
