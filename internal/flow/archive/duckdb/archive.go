//go:build cgo && duckdb

package duckdb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/duckdb/duckdb-go/v2"
	"golang.org/x/sys/unix"

	"candor"
	"candor/internal/flow/archive"
	"candor/internal/flow/archive/batch"
)

// Built tells whether the program has DuckDB.
const Built = true

// Archive implements archive.Writer and archive.Reader. It is safe for
// concurrent use.
type Archive struct {
	o     Options
	aside string // the folder for what questions lay aside
	lines *lines
	files *folders
	queue *batch.Queue
	slice uint64 // rows that are asked of at once, where they can be cut
	many  uint64 // rows of minutes that sums of ten minutes are made of

	asked   *sql.DB
	asking  chan struct{} // a place for each question at once
	named   sync.Mutex
	known   int           // lines that the database of questions knows
	removed atomic.Uint64 // rows that gave way

	// Of the writer:
	lock    *os.File
	written *engine
	next    uint64 // batch
	full    bool   // it was told that rows give way
	free    func(dir string) (int64, error)
	covered map[string]time.Time // files that others cover, since when that is known
	stop    chan struct{}
	done    chan struct{}
	once    sync.Once
	failed  error
}

// atOnce is how many questions are answered at the same time.
const atOnce = 2

// Open opens the archive of a folder. One process at a time may write; others
// read with ReadOnly.
func Open(o Options) (*Archive, error) {
	a := &Archive{o: o.filled(), lines: newLines(o.Dir), files: newFolders(o.Dir), slice: aSlice, many: aTen, asking: make(chan struct{}, atOnce), free: free, covered: map[string]time.Time{}, stop: make(chan struct{}), done: make(chan struct{})}
	a.queue = batch.NewQueue(a.o.Room)
	if err := os.MkdirAll(o.Dir, 0o750); err != nil {
		return nil, err
	}
	a.aside = filepath.Join(o.Dir, unfinished)
	var err error
	if o.ReadOnly { // the other is its writer's
		if a.aside, err = os.MkdirTemp("", "candor-archive-"); err != nil {
			return nil, err
		}
	}
	if a.asked, err = a.database(); err != nil {
		return nil, errors.Join(err, a.close())
	}
	if _, err := a.asked.Exec("CREATE TABLE lines (number UINTEGER, line VARCHAR); INSERT INTO lines VALUES (0, '')"); err != nil {
		return nil, errors.Join(err, a.close())
	}
	a.known = 1
	if o.ReadOnly {
		close(a.done)
		return a, nil
	}
	if err := a.openWriter(); err != nil {
		return nil, errors.Join(err, a.close())
	}
	go a.run()
	return a, nil
}

// openWriter takes the folder, and finishes what a former process began.
func (a *Archive) openWriter() error {
	var err error
	if a.lock, err = os.OpenFile(filepath.Join(a.o.Dir, "lock"), os.O_CREATE|os.O_RDWR, 0o640); err != nil {
		return err
	}
	if err := unix.Flock(int(a.lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return candor.WithHint(fmt.Errorf("the flow archive in %s: another process writes it", a.o.Dir), "End the other process, or give this one another data folder.")
	}
	if err := os.RemoveAll(filepath.Join(a.o.Dir, unfinished)); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(a.o.Dir, unfinished), 0o750); err != nil {
		return err
	}
	if err := a.lines.mend(); err != nil {
		return err
	}
	for _, t := range tiers {
		files, err := a.files.list(t)
		if err != nil {
			return err
		}
		for _, f := range files {
			a.next = max(a.next, f.last+1)
		}
	}
	a.written, err = openEngine(a.settings("write")...)
	return err
}

// unfinished is the folder of files that are being written.
const unfinished = "unfinished"

// database opens DuckDB in memory, to ask files.
func (a *Archive) database() (*sql.DB, error) {
	c, err := duckdb.NewConnector("", func(e driver.ExecerContext) error {
		for _, s := range a.settings("ask") {
			if _, err := e.ExecContext(context.Background(), s, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("open DuckDB: %w", err)
	}
	return sql.OpenDB(c), nil
}

// writing is how much memory writing takes at most.
const writing = 1 << 30

// settings bound a DuckDB. It reads and writes files that it is told of, and
// loads nothing.
func (a *Archive) settings(name string) []string {
	threads, memory := a.o.Threads, a.o.Memory
	if name == "write" {
		threads, memory = 0, min(memory, writing)
	}
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	return []string{
		fmt.Sprintf("SET threads = %d", threads),
		fmt.Sprintf("SET memory_limit = '%dB'", memory),
		"SET temp_directory = " + quote(filepath.Join(a.aside, fmt.Sprintf("candor-archive-%s-%d", name, os.Getpid()))),
		fmt.Sprintf("SET max_temp_directory_size = '%dB'", 4*a.o.Memory),
		"SET autoinstall_known_extensions = false", "SET autoload_known_extensions = false",
		"SET preserve_insertion_order = false", "SET parquet_metadata_cache = true",
	}
}

func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// Keep implements archive.Writer.
func (a *Archive) Keep(flows []archive.Flow) { a.queue.Keep(flows) }

// Close implements archive.Writer.
func (a *Archive) Close() error {
	a.once.Do(func() {
		close(a.stop)
		<-a.done
		a.failed = errors.Join(a.failed, a.close())
	})
	return a.failed
}

func (a *Archive) close() error {
	var errs []error
	if a.asked != nil {
		errs = append(errs, a.asked.Close())
	}
	if a.written != nil {
		a.written.close()
	}
	if a.o.ReadOnly {
		errs = append(errs, os.RemoveAll(a.aside))
	}
	if a.lock != nil {
		errs = append(errs, a.lock.Close())
	}
	return errors.Join(errs...)
}
