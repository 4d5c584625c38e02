package store

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"candor"
)

// counted is how far rows of a list are counted. It is also where it is
// better to go along the list's order, and pass over what is not asked for,
// than to find all that is asked for and sort it.
const counted = 2_500

// list is a table that is shown in parts.
type list struct {
	table string
	own   string   // the column that it is sorted by of itself, greatest first
	sorts []string // the columns that it can be sorted by
	then  []string // columns with an index that goes on with its own order
	weak  []string // columns of which many rows have one value
}

// cursor is a place in a list: the sort column's value and the identifier of
// the row at it.
type cursor struct {
	Value any    `json:"v"`
	ID    string `json:"i"`
	Back  bool   `json:"b,omitempty"` // the rows before it, not behind it
}

func (c cursor) String() string {
	text, err := json.Marshal(c)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func parseCursor(word string) (cursor, error) {
	var c cursor
	text, err := base64.RawURLEncoding.DecodeString(word)
	if err == nil {
		decoder := json.NewDecoder(strings.NewReader(string(text)))
		decoder.UseNumber()
		err = decoder.Decode(&c)
	}
	if n, ok := c.Value.(json.Number); ok && err == nil {
		c.Value, err = n.Int64()
	}
	switch c.Value.(type) {
	case string, int64:
	default:
		err = candor.ErrInvalid
	}
	if err != nil {
		return c, candor.WithHint(fmt.Errorf("the cursor is not one of ours: %w", candor.ErrInvalid), "Start from the first page of the list.")
	}
	return c, nil
}

// part gives a part of the list, counted.
func part[T any](ctx context.Context, r reader, l list, w where, cut candor.Cut) (candor.Page[T], error) {
	var page candor.Page[T]
	column, descending, err := l.order(cut)
	if err != nil {
		return page, err
	}
	var at cursor
	if cut.Cursor != "" {
		if at, err = parseCursor(cut.Cursor); err != nil {
			return page, err
		}
	}
	if page.Count, page.More, err = r.count(ctx, l, w); err != nil {
		return page, err
	}
	if page.Count == 0 {
		return page, nil
	}
	sort := column
	if r.dialect.guided {
		w, sort = l.guide(w, column, page.Count == counted)
	}
	compare, order := ">", "ASC"
	if descending != at.Back {
		compare, order = "<", "DESC"
	}
	if cut.Cursor != "" {
		w.conditions = slices.Clone(w.conditions)
		w.and("("+sort+", id) "+compare+" (?, ?)", at.Value, at.ID)
	}
	limit := limit(cut)
	tail := fmt.Sprintf(" ORDER BY %s %s, id %s LIMIT %d", sort, order, order, limit+1)
	rows, err := choose[T](ctx, r.db, l.table, w.String()+tail, w.args()...)
	if err != nil {
		return page, err
	}
	beyond := len(rows) > limit
	rows = rows[:min(len(rows), limit)]
	if at.Back {
		slices.Reverse(rows)
	}
	page.Items = rows
	if len(rows) == 0 {
		return page, nil
	}
	if beyond || at.Back {
		page.Next = place(rows[len(rows)-1], column, false)
	}
	if cut.Cursor != "" && !at.Back || at.Back && beyond {
		page.Previous = place(rows[0], column, true)
	}
	return page, nil
}

// guide leads SQLite's planner, which knows neither how soon a list ends nor
// how many rows there are: along the order of a long list, passing over what is
// not asked for; to all rows of a short one, sorting them. A sign before a
// column keeps the planner from its indexes.
func (l list) guide(w where, column string, long bool) (where, string) {
	then := l.then
	if column != l.own {
		then = nil
	}
	if long {
		return w.hide(func(c condition) bool { return c.column == column || c.one && slices.Contains(then, c.column) }), column
	}
	w = w.narrow(l.weak)
	if w.asks(then) {
		return w, column
	}
	return w, "+" + column
}

// order tells by what the list is to be sorted.
func (l list) order(cut candor.Cut) (column string, descending bool, err error) {
	if cut.Sort == "" {
		return l.own, true, nil
	}
	if cut.Sort != l.own && !slices.Contains(l.sorts, cut.Sort) {
		return "", false, candor.WithHint(fmt.Errorf("the list cannot be sorted by %q: %w", cut.Sort, candor.ErrInvalid),
			"It can be by "+strings.Join(append([]string{l.own}, l.sorts...), ", ")+".")
	}
	return cut.Sort, cut.Descending, nil
}

func limit(cut candor.Cut) int {
	if cut.Limit <= 0 {
		return 50
	}
	return min(cut.Limit, 500)
}

// place gives the cursor of a row.
func place[T any](row T, column string, back bool) string {
	c := cursor{Back: back}
	for i, name := range columns[T]() {
		v := reflect.ValueOf(row).Field(i)
		if name == "id" {
			c.ID = v.String()
		}
		if name != column {
			continue
		}
		switch x := v.Interface().(type) {
		case interface{ UnixMicro() int64 }:
			c.Value = x.UnixMicro()
		default:
			switch v.Kind() {
			case reflect.String:
				c.Value = v.String()
			case reflect.Uint8:
				c.Value = int64(v.Uint())
			default:
				c.Value = v.Int()
			}
		}
	}
	return c.String()
}

// count counts the rows of a list, and tells whether there may be more.
func (r reader) count(ctx context.Context, l list, w where) (int, bool, error) {
	if r.dialect.guided {
		w = w.narrow(l.weak)
	}
	n, err := r.rows(ctx, l.table+" WHERE "+w.String(), counted+1, w.args())
	return min(n, counted), n > counted || w.cut, err
}

// rows counts the rows of a part of a query, as far as most.
func (r reader) rows(ctx context.Context, from string, most int, args []any) (n int, err error) {
	statement := fmt.Sprintf("SELECT COUNT(*) FROM (SELECT 1 FROM %s LIMIT %d) AS rows", from, most)
	err = r.db.QueryRowContext(ctx, statement, args...).Scan(&n)
	return n, kind(err, "count rows")
}

// turn makes a page of one thing from a page of another.
func turn[From, To any](page candor.Page[From], f func(From) To) candor.Page[To] {
	to := candor.Page[To]{Next: page.Next, Previous: page.Previous, Count: page.Count, More: page.More, Items: make([]To, len(page.Items))}
	for i, item := range page.Items {
		to.Items[i] = f(item)
	}
	return to
}
