package store

import (
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/store/column"
)

// where gathers the conditions of a list.
type where struct {
	conditions []condition
	cut        bool // it rests on a search that gave no more, though there may be others
}

// condition is one of those that all must hold.
type condition struct {
	text   string // begins with the column, if there is one
	column string // what an index could find it by
	one    bool   // asks for one value of the column
	args   []any
}

func (w *where) and(text string, args ...any) {
	w.conditions = append(w.conditions, condition{text: text, args: args})
}

// compare asks for values on one side of another: the operator is one of
// <, <=, >=, >.
func (w *where) compare(column, operator string, v any) {
	w.conditions = append(w.conditions, condition{text: column + " " + operator + " ?", column: column, args: []any{v}})
}

// since asks for a time at or after t, at which a row was made. Identifiers
// begin with that time, in milliseconds, so that the order of either serves.
func (w *where) since(made string, t time.Time) {
	w.compare(made, ">=", column.Time(t))
	w.compare("id", ">=", candor.NewID(t)[:13])
}

// until asks for a time before t, at which a row was made.
func (w *where) until(made string, t time.Time) {
	w.compare(made, "<", column.Time(t))
	w.compare("id", "<", candor.NewID(t.Add(time.Millisecond))[:13])
}

// scope keeps to what a principal may see; column holds the owner.
func (w *where) scope(s candor.Scope, column string) {
	if !s.All {
		w.conditions = append(w.conditions, condition{column + " = ?", column, true, []any{s.Party}})
	}
}

// equal asks for a value, unless it is the empty one.
func equal[V comparable](w *where, column string, v V) {
	var none V
	if v != none {
		w.conditions = append(w.conditions, condition{column + " = ?", column, true, []any{v}})
	}
}

// anyOf asks for one of the values, unless there are none.
func anyOf[V comparable](w *where, column string, list []V) {
	switch len(list) {
	case 0:
	case 1:
		w.conditions = append(w.conditions, condition{column + " = ?", column, true, []any{list[0]}})
	default:
		marks, args := in(list)
		w.conditions = append(w.conditions, condition{column + " IN " + marks, column, false, args})
	}
}

// begins asks for values that begin so, in a way that an index serves.
func begins(w *where, column, prefix string) {
	if prefix != "" {
		w.compare(column, ">=", prefix)
		w.compare(column, "<", prefix+"\U0010FFFF")
	}
}

// String writes the conditions, with question marks for the arguments.
func (w where) String() string {
	if len(w.conditions) == 0 {
		return "1 = 1"
	}
	texts := make([]string, len(w.conditions))
	for i, c := range w.conditions {
		texts[i] = c.text
	}
	return strings.Join(texts, " AND ")
}

func (w where) args() []any {
	var all []any
	for _, c := range w.conditions {
		all = append(all, c.args...)
	}
	return all
}

// asks tells whether one value of one of the columns is asked for.
func (w where) asks(columns []string) bool {
	return slices.ContainsFunc(w.conditions, func(c condition) bool { return c.one && slices.Contains(columns, c.column) })
}

// narrow leaves weak conditions no index, if there is a strong one: a value of
// a column that few rows share.
func (w where) narrow(weak []string) where {
	strong := func(c condition) bool { return c.one && !slices.Contains(weak, c.column) }
	if !slices.ContainsFunc(w.conditions, strong) {
		return w
	}
	return w.hide(strong)
}

// hide keeps SQLite from the indexes of columns, but for those to keep.
func (w where) hide(keep func(condition) bool) where {
	w.conditions = slices.Clone(w.conditions)
	for i, c := range w.conditions {
		if c.column != "" && !keep(c) {
			w.conditions[i].text = "+" + c.text
		}
	}
	return w
}
