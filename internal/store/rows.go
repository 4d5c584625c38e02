package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"candor"
	"candor/internal/store/query"
)

// columns are the names of a row's columns: the tags that sqlc gave its struct.
func columns[T any]() []string {
	t := reflect.TypeFor[T]()
	names := make([]string, t.NumField())
	for i := range names {
		names[i] = t.Field(i).Tag.Get("db")
	}
	return names
}

// fields are pointers to the fields of a row.
func fields[T any](row *T) []any {
	v := reflect.ValueOf(row).Elem()
	to := make([]any, v.NumField())
	for i := range to {
		to[i] = v.Field(i).Addr().Interface()
	}
	return to
}

// values are the fields of a row.
func values[T any](row T) []any {
	v := reflect.ValueOf(row)
	from := make([]any, v.NumField())
	for i := range from {
		from[i] = v.Field(i).Interface()
	}
	return from
}

// choose gives the rows of a table that a condition chooses; question marks
// in it stand for the arguments.
func choose[T any](ctx context.Context, db query.DBTX, table, condition string, args ...any) ([]T, error) {
	statement := "SELECT " + strings.Join(columns[T](), ", ") + " FROM " + table + " WHERE " + condition
	rows, err := db.QueryContext(ctx, statement, args...)
	if err != nil {
		return nil, kind(err, "read %s", table)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		var row T
		if err := rows.Scan(fields(&row)...); err != nil {
			return nil, kind(err, "read %s", table)
		}
		all = append(all, row)
	}
	return all, kind(rows.Err(), "read %s", table)
}

// among gives the rows of a table whose columns, such as "(asset, rule)", have the
// values of one of the keys, which a tuple, such as "(?, ?)", has. A condition is
// appended: " AND is_open".
func among[T, K any](ctx context.Context, r reader, table, columns, tuple, condition string, keys []K, values func(K) []any) ([]T, error) {
	var all []T
	for _, n := range chunks {
		for ; len(keys) >= n; keys = keys[n:] {
			var args []any
			for _, k := range keys[:n] {
				args = append(args, values(k)...)
			}
			list := strings.TrimSuffix(strings.Repeat(tuple+", ", n), ", ")
			rows, err := choose[T](ctx, r.db, table, columns+" IN (VALUES "+list+")"+condition, args...)
			if err != nil {
				return nil, err
			}
			all = append(all, rows...)
		}
	}
	return all, nil
}

// one gives the only row that a condition chooses.
func one[T any](ctx context.Context, db query.DBTX, table, condition string, args ...any) (T, error) {
	all, err := choose[T](ctx, db, table, condition+" LIMIT 1", args...)
	if err != nil || len(all) == 0 {
		var none T
		if err == nil {
			err = kind(sql.ErrNoRows, "look for one of the %s", table)
		}
		return none, err
	}
	return all[0], nil
}

// add inserts rows, many in one statement. What follows is appended to each:
// an ON CONFLICT clause.
func add[T any](ctx context.Context, r reader, table, following string, rows ...T) error {
	return addition[T]{table: table, following: following, rows: rows}.add(ctx, r)
}

// addMarked adds rows whose last column is the mark of the transaction.
func addMarked[T any](ctx context.Context, r reader, table string, rows ...T) error {
	return addition[T]{table: table, last: ", " + r.dialect.mark, rows: rows}.add(ctx, r)
}

// addition are rows to insert into a table. If there is a last expression, the
// last column gets that.
type addition[T any] struct {
	table, last, following string
	rows                   []T
}

// head gives the beginning of a statement, and how many columns the rows fill.
func (a addition[T]) head() (string, int) {
	names := columns[T]()
	width := len(names)
	if a.last != "" {
		width--
	}
	return "INSERT INTO " + a.table + " (" + strings.Join(names, ", ") + ") ", width
}

func (a addition[T]) add(ctx context.Context, r reader) error {
	if r.dialect.arrays && len(a.rows) > 1 {
		statement, args, err := a.arrays()
		if err == nil {
			_, err = r.db.ExecContext(ctx, statement, args...)
		}
		return kind(err, "add to %s", a.table)
	}
	head, width := a.head()
	head += "VALUES "
	tuple := "(" + strings.TrimSuffix(strings.Repeat("?, ", width), ", ") + a.last + ")"
	rows := a.rows
	for _, n := range chunks {
		for ; len(rows) >= n; rows = rows[n:] {
			args := make([]any, 0, n*width)
			for _, row := range rows[:n] {
				args = append(args, values(row)[:width]...)
			}
			statement := head + strings.TrimSuffix(strings.Repeat(tuple+", ", n), ", ") + " " + a.following
			if _, err := r.db.ExecContext(ctx, statement, args...); err != nil {
				return kind(err, "add to %s", a.table)
			}
		}
	}
	return nil
}

// chunks are how many rows go into one statement: of few sizes, so that
// there are few statements.
var chunks = [...]int{128, 32, 8, 1}

// arrays gives a statement that inserts the rows, which is the same however many
// they are: each column is one array. It is empty if there are none.
func (a addition[T]) arrays() (statement string, args []any, err error) {
	if len(a.rows) == 0 {
		return "", nil, nil
	}
	head, width := a.head()
	args = make([]any, width)
	types := make([]string, width)
	for i := range width {
		all := make([]driver.Value, len(a.rows))
		for j := range a.rows {
			v, err := driver.DefaultParameterConverter.ConvertValue(reflect.ValueOf(&a.rows[j]).Elem().Field(i).Interface())
			if err != nil {
				return "", nil, err
			}
			all[j] = v
		}
		switch all[0].(type) {
		case string:
			args[i], types[i] = typed[string](all), "text[]"
		case int64:
			args[i], types[i] = typed[int64](all), "bigint[]"
		case bool:
			args[i], types[i] = typed[bool](all), "boolean[]"
		default:
			return "", nil, fmt.Errorf("a column holds %T", all[0])
		}
	}
	return head + "SELECT r.*" + a.last + " FROM unnest(?::" + strings.Join(types, ", ?::") + ") AS r " + a.following, args, nil
}

func typed[V any](all []driver.Value) []V {
	list := make([]V, len(all))
	for i, v := range all {
		list[i] = v.(V)
	}
	return list
}

// change writes all columns of the row that has its first column, if the
// condition holds too, and tells whether it did.
func change[T any](ctx context.Context, db query.DBTX, table string, row T, condition string, args ...any) (bool, error) {
	return update(ctx, db, table, columns[T](), values(row), "", condition, args)
}

// changeMarked is change of a row whose last column is the mark of the
// transaction.
func changeMarked[T any](ctx context.Context, r reader, table string, row T, condition string, args ...any) (bool, error) {
	names, all := columns[T](), values(row)
	last := len(names) - 1
	// In the same statement: the mark is greater than that which the row has.
	return update(ctx, r.db, table, names[:last], all[:last], ", "+names[last]+" = "+r.dialect.mark, condition, args)
}

func update(ctx context.Context, db query.DBTX, table string, names []string, all []any, last, condition string, args []any) (bool, error) {
	sets := make([]string, 0, len(names))
	for _, name := range names[1:] {
		sets = append(sets, name+" = ?")
	}
	statement := fmt.Sprintf("UPDATE %s SET %s%s WHERE %s = ?", table, strings.Join(sets, ", "), last, names[0])
	all = append(all[1:], all[0])
	if condition != "" {
		statement += " AND " + condition
		all = append(all, args...)
	}
	result, err := db.ExecContext(ctx, statement, all...)
	if err != nil {
		return false, kind(err, "change %s", table)
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// in writes a list of question marks for values, and the values as arguments.
func in[V any](list []V) (string, []any) {
	args := make([]any, len(list))
	for i, v := range list {
		args[i] = v
	}
	return "(" + strings.TrimSuffix(strings.Repeat("?, ", len(list)), ", ") + ")", args
}

// list is a condition that a column is one of a list, and its arguments: in
// PostgreSQL it is the same however long the list is.
func (d dialect) list(name string, ids []candor.ID) (string, []any) {
	if d.arrays {
		words := make([]string, len(ids))
		for i, id := range ids {
			words[i] = string(id)
		}
		return name + " = ANY (?::text[])", []any{words}
	}
	marks, args := in(ids)
	return name + " IN " + marks, args
}

// within is a condition that a column is one of many words, and its argument: one,
// however many they are.
func (d dialect) within(name string, words []string) (string, any) {
	if d.arrays {
		return name + " = ANY (?::text[])", words
	}
	text, err := json.Marshal(words)
	if err != nil {
		return "1 = 0", nil // words have nothing that could fail
	}
	return name + " IN (SELECT value FROM json_each(?))", string(text)
}
