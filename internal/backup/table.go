package backup

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// dialect is what this package must ask the two databases differently.
type dialect struct {
	tables  string // names of tables with rows of their own
	columns string // of a table, those that can be written
	parents string // tables to which a table refers
	jobs    string
	addJob  string
}

var sqlite = dialect{
	tables:  "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'",
	columns: "SELECT name FROM pragma_table_info($1) ORDER BY cid",
	parents: `SELECT DISTINCT "table" FROM pragma_foreign_key_list($1)`,
	jobs: `SELECT kind, queue, priority, max_attempts, json(args), json(metadata),
CAST(ROUND(unixepoch(scheduled_at, 'subsec') * 1000) AS INTEGER), CASE WHEN unique_key IS NULL THEN NULL ELSE lower(hex(unique_key)) END, unique_states
FROM river_job WHERE state IN ('available', 'pending', 'retryable', 'running', 'scheduled') ORDER BY id`,
	addJob: `INSERT INTO river_job (kind, queue, priority, max_attempts, args, metadata, scheduled_at, unique_key, unique_states, state)
VALUES ($1, $2, $3, $4, jsonb($5), jsonb($6), strftime('%Y-%m-%d %H:%M:%f', $7 / 1000.0, 'unixepoch'), unhex($8), $9, $10)`,
}

var postgres = dialect{
	tables:  "SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition",
	columns: "SELECT column_name::text FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1 AND is_generated = 'NEVER' ORDER BY ordinal_position",
	parents: `SELECT DISTINCT p.relname::text FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid JOIN pg_class p ON p.oid = f.confrelid
WHERE f.contype = 'f' AND c.relname = $1 AND c.relnamespace = current_schema()::regnamespace`,
	jobs: `SELECT kind, queue, priority::bigint, max_attempts::bigint, args::text, metadata::text,
ROUND(EXTRACT(EPOCH FROM scheduled_at) * 1000)::bigint, encode(unique_key, 'hex'), unique_states::int::bigint
FROM river_job WHERE state IN ('available', 'pending', 'retryable', 'running', 'scheduled') ORDER BY id`,
	addJob: `INSERT INTO river_job (kind, queue, priority, max_attempts, args, metadata, scheduled_at, unique_key, unique_states, state)
VALUES ($1, $2, $3, $4, $5::text::jsonb, $6::text::jsonb, to_timestamp($7::bigint / 1000.0), decode($8::text, 'hex'), $9::bigint::int::bit(8), $10::text::river_job_state)`,
}

func dialectOf(d Database) (dialect, error) {
	switch d.Kind() {
	case "SQLite":
		return sqlite, nil
	case "PostgreSQL":
		return postgres, nil
	}
	return dialect{}, fmt.Errorf("%q is no kind of database", d.Kind())
}

// texts gives a column of texts.
func texts(ctx context.Context, tx *sql.Tx, query string, args ...any) ([]string, error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// kept tells whether a table is ours. River and goose keep their own.
func kept(table string) bool {
	return table != "goose_db_version" && table != "keys" && // keys are files in a backup
		!strings.HasPrefix(table, "river_")
}

// tablesOf gives our tables, those first to which others refer.
func (d dialect) tablesOf(ctx context.Context, tx *sql.Tx) ([]string, error) {
	names, err := texts(ctx, tx, d.tables)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	names = slices.DeleteFunc(names, func(n string) bool { return !kept(n) })
	slices.Sort(names)
	parents := map[string][]string{}
	for _, n := range names {
		if parents[n], err = texts(ctx, tx, d.parents, n); err != nil {
			return nil, fmt.Errorf("table %s: %w", n, err)
		}
	}
	return order(names, parents)
}

// order sorts names so that parents come first.
func order(names []string, parents map[string][]string) ([]string, error) {
	var sorted []string
	for len(sorted) < len(names) {
		before := len(sorted)
		for _, n := range names {
			waits := slices.ContainsFunc(parents[n], func(p string) bool { return p != n && !slices.Contains(sorted, p) })
			if !waits && !slices.Contains(sorted, n) {
				sorted = append(sorted, n)
			}
		}
		if len(sorted) == before {
			return nil, errors.New("tables refer to each other in a circle")
		}
	}
	return sorted, nil
}

// quote makes a name of a table or column safe to write into a statement.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func quoteAll(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = quote(n)
	}
	return strings.Join(quoted, ", ")
}

// schema is the version of our tables.
func schema(ctx context.Context, tx *sql.Tx) (version int64, err error) {
	err = tx.QueryRowContext(ctx, "SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&version)
	if err != nil {
		return 0, fmt.Errorf("version of the schema: %w", err)
	}
	return version, nil
}

// header is the first line of an entry of rows.
type header struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
}

// chunk is how much of a table goes into one entry.
const chunk = 4 << 20

// lines gathers lines of JSON into entries.
type lines struct {
	w     *writer
	name  func(n int) string
	head  any // the first line of each entry; nil for none
	n     int
	text  bytes.Buffer
	count int64
}

func (l *lines) add(row any) error {
	if l.text.Len() == 0 && l.head != nil {
		if err := json.NewEncoder(&l.text).Encode(l.head); err != nil {
			return err
		}
	}
	if err := json.NewEncoder(&l.text).Encode(row); err != nil {
		return err
	}
	if l.count++; l.text.Len() < chunk {
		return nil
	}
	return l.flush()
}

func (l *lines) flush() error {
	if l.text.Len() == 0 {
		return nil
	}
	l.n++
	err := l.w.bytes(l.name(l.n), l.text.Bytes())
	l.text.Reset()
	return err
}

// dump writes the rows of a table.
func (d dialect) dump(ctx context.Context, tx *sql.Tx, w *writer, table string) (int64, error) {
	columns, err := texts(ctx, tx, d.columns, table)
	if err != nil {
		return 0, err
	}
	out := &lines{w: w, head: header{table, columns}, name: func(n int) string { return fmt.Sprintf("%s%s/%06d.jsonl", tablesPrefix, table, n) }}
	err = each(ctx, tx, fmt.Sprintf("SELECT %s FROM %s", quoteAll(columns), quote(table)), out.add)
	return out.count, errors.Join(err, out.flush())
}

// each gives every row of a query, encoded.
func each(ctx context.Context, tx *sql.Tx, query string, row func(any) error) error {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	booleans, err := booleansOf(rows)
	if err != nil {
		return err
	}
	values, places := make([]any, len(booleans)), make([]any, len(booleans))
	for i := range values {
		places[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return err
		}
		encoded := make([]any, len(values))
		for i, v := range values {
			if encoded[i], err = encode(v, booleans[i]); err != nil {
				return err
			}
		}
		if err := row(encoded); err != nil {
			return err
		}
	}
	return rows.Err()
}

// booleansOf tells which columns of a result are true or false.
func booleansOf(rows *sql.Rows) ([]bool, error) {
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	all := make([]bool, len(types))
	for i, t := range types {
		all[i] = strings.HasPrefix(strings.ToUpper(t.DatabaseTypeName()), "BOOL")
	}
	return all, nil
}
