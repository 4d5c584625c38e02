package backup

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"candor"
)

// loader writes rows into an empty database.
type loader struct {
	ctx    context.Context
	tx     *sql.Tx
	d      dialect
	now    time.Time
	tables []string
	counts map[string]int64
	queued int64
}

func newLoader(ctx context.Context, tx *sql.Tx, d dialect, now time.Time) (*loader, error) {
	l := &loader{ctx: ctx, tx: tx, d: d, now: now, counts: map[string]int64{}}
	var err error
	if l.tables, err = d.tablesOf(ctx, tx); err != nil {
		return nil, err
	}
	for _, t := range append([]string{"river_job"}, l.tables...) {
		var one int
		err := tx.QueryRowContext(ctx, "SELECT 1 FROM "+quote(t)+" LIMIT 1").Scan(&one)
		switch {
		case err == nil:
			return nil, candor.WithHint(fmt.Errorf("the database is not empty: there are rows in %s: %w", t, candor.ErrExists), "Restore into a new database.")
		case !errors.Is(err, sql.ErrNoRows):
			return nil, fmt.Errorf("table %s: %w", t, err)
		}
	}
	return l, nil
}

// head refuses what a later version of the program wrote.
func (l *loader) head(h Head) error {
	have, err := schema(l.ctx, l.tx)
	if err != nil {
		return err
	}
	if h.Schema > have {
		return candor.WithHint(fmt.Errorf("the backup has schema %d and this program knows %d: %w", h.Schema, have, candor.ErrInvalid),
			"Restore it with the version of candor that wrote it, or a later one.")
	}
	return nil
}

// rows writes one entry of a table.
func (l *loader) rows(r io.Reader) error {
	in := json.NewDecoder(r)
	in.UseNumber()
	var h header
	if err := in.Decode(&h); err != nil {
		return damaged("rows: %v", err)
	}
	if !slices.Contains(l.tables, h.Table) {
		return candor.WithHint(fmt.Errorf("the backup has a table %.60q, which this program does not know: %w", h.Table, candor.ErrInvalid),
			"Restore it with the version of candor that wrote it.")
	}
	booleans, err := l.columns(h)
	if err != nil {
		return err
	}
	most := max(1, min(500, 30_000/len(h.Columns))) // databases bound the parameters of a statement
	var values []any
	for {
		var row []any
		err := in.Decode(&row)
		if err != nil && err != io.EOF || err == nil && len(row) != len(h.Columns) {
			return damaged("a row of %s: %v", h.Table, err)
		}
		for i, v := range row {
			if v, err := decode(v, booleans[i]); err == nil {
				values = append(values, v)
			} else {
				return damaged("a row of %s: %v", h.Table, err)
			}
		}
		if len(values) > 0 && (err == io.EOF || len(values) >= most*len(h.Columns)) {
			if err := l.insert(h, values); err != nil {
				return err
			}
			values = values[:0]
		}
		if err == io.EOF {
			return nil
		}
	}
}

// columns makes sure that the table has the columns, and tells their types.
func (l *loader) columns(h header) ([]bool, error) {
	have, err := texts(l.ctx, l.tx, l.d.columns, h.Table)
	if err != nil {
		return nil, fmt.Errorf("table %s: %w", h.Table, err)
	}
	for _, c := range h.Columns {
		if !slices.Contains(have, c) {
			return nil, candor.WithHint(fmt.Errorf("the backup has a column %.60q of %s, which this program does not know: %w", c, h.Table, candor.ErrInvalid),
				"Restore it with the version of candor that wrote it, and upgrade then.")
		}
	}
	if len(h.Columns) == 0 {
		return nil, damaged("rows of %s without columns", h.Table)
	}
	rows, err := l.tx.QueryContext(l.ctx, fmt.Sprintf("SELECT %s FROM %s WHERE 1 = 0", quoteAll(h.Columns), quote(h.Table)))
	if err != nil {
		return nil, fmt.Errorf("table %s: %w", h.Table, err)
	}
	defer rows.Close()
	booleans, err := booleansOf(rows)
	return booleans, errors.Join(err, rows.Err())
}

func (l *loader) insert(h header, values []any) error {
	n := len(values) / len(h.Columns)
	var b strings.Builder
	fmt.Fprintf(&b, "INSERT INTO %s (%s) VALUES ", quote(h.Table), quoteAll(h.Columns))
	for i := range values {
		switch {
		case i == 0:
			b.WriteByte('(')
		case i%len(h.Columns) == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", i+1)
	}
	b.WriteByte(')')
	if _, err := l.tx.ExecContext(l.ctx, b.String(), values...); err != nil {
		return fmt.Errorf("rows of %s: %w", h.Table, err)
	}
	l.counts[h.Table] += int64(n)
	return nil
}

// job is work that was waiting: what, and when at the earliest.
type job struct {
	Kind        string  `json:"kind"`
	Queue       string  `json:"queue"`
	Priority    int64   `json:"priority"`
	MaxAttempts int64   `json:"max_attempts"`
	Args        string  `json:"args"`
	Metadata    string  `json:"metadata"`
	At          int64   `json:"at"` // milliseconds since 1970
	UniqueKey   *string `json:"unique_key,omitempty"`
	UniqueIn    *int64  `json:"unique_states,omitempty"`
}

// dumpJobs writes the jobs that are not done.
func (d dialect) dumpJobs(ctx context.Context, tx *sql.Tx, w *writer) (int64, error) {
	rows, err := tx.QueryContext(ctx, d.jobs)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	out := &lines{w: w, name: func(n int) string { return fmt.Sprintf("%s%06d.jsonl", jobsPrefix, n) }}
	for rows.Next() {
		var j job
		if err := rows.Scan(&j.Kind, &j.Queue, &j.Priority, &j.MaxAttempts, &j.Args, &j.Metadata, &j.At, &j.UniqueKey, &j.UniqueIn); err != nil {
			return 0, err
		}
		if err := out.add(j); err != nil {
			return 0, err
		}
	}
	return out.count, errors.Join(rows.Err(), out.flush())
}

// jobs asks for one entry of jobs again.
func (l *loader) jobs(r io.Reader) error {
	in := json.NewDecoder(r)
	for {
		var j job
		if err := in.Decode(&j); err == io.EOF {
			return nil
		} else if err != nil {
			return damaged("jobs: %v", err)
		}
		state := "available"
		if j.At > l.now.UnixMilli() {
			state = "scheduled"
		}
		_, err := l.tx.ExecContext(l.ctx, l.d.addJob, j.Kind, j.Queue, j.Priority, j.MaxAttempts, j.Args, j.Metadata, j.At, j.UniqueKey, j.UniqueIn, state)
		if err != nil {
			return fmt.Errorf("job %.60q: %w", j.Kind, err)
		}
		l.queued++
	}
}
