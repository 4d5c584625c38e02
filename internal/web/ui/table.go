package ui

import (
	"context"
	"strings"

	"github.com/a-h/templ"

	"candor/internal/phrase"
)

// Table is a list of things, one a row. On a phone each row becomes a small
// card whose first cell is its heading.
type Table struct {
	ID      string // unique on the page
	Caption string // what is listed; for those who cannot see it
	Columns []Column
	Rows    []Row
	Sort    string    // the order now: a column's Key, with "-" in front for largest first
	Bulk    *Bulk     // what can be done to several rows at once; nil without selection
	Empty   Situation // shown instead if there are no rows
}

// Column is a column of a table.
type Column struct {
	Key      string // for sorting; the address has sort=Key or sort=-Key
	Label    string
	Sortable bool
	Largest  bool // the first press sorts largest first, as for times and counts
	Number   bool // aligned right
	Wide     bool // takes what room is left
	Minor    bool // left out where there is little room
}

// Row is a row of a table.
type Row struct {
	Key   string // what is sent if it is selected
	Label string // what it is, for those who cannot see it: "case C-12"
	Href  string // where the key o leads
	Cells []templ.Component
	Muted bool // it is over, or not of interest
}

// Bulk is what can be done to selected rows: a form that sends their keys as
// "id", with the name and value of the button that was pressed.
type Bulk struct {
	URL     string // POST
	Fields  map[string]string
	Buttons []Press
}

// sortedAs tells how a column is sorted now, as aria-sort says it.
func (t Table) sortedAs(c Column) string {
	switch t.Sort {
	case c.Key:
		return "ascending"
	case "-" + c.Key:
		return "descending"
	}
	return "none"
}

// sortLink gives the address of the page in the order that a press on the
// column's head asks for.
func (t Table) sortLink(ctx context.Context, c Column) string {
	order := c.Key
	if t.Sort == c.Key || c.Largest && t.Sort != "-"+c.Key {
		order = "-" + c.Key
	}
	return Variant(ctx, SortParameter, order)
}

func (t Table) sortWord(ctx context.Context, c Column) string {
	switch t.sortedAs(c) {
	case "ascending":
		return phrase.T(ctx, "ui.sort.ascending")
	case "descending":
		return phrase.T(ctx, "ui.sort.descending")
	}
	return ""
}

func (c Column) class() string {
	var out []string
	if c.Number {
		out = append(out, "is-number")
	}
	if c.Wide {
		out = append(out, "is-wide")
	}
	if c.Minor {
		out = append(out, "is-minor")
	}
	return strings.Join(out, " ")
}

func (r Row) class() string {
	if r.Muted {
		return "is-muted"
	}
	return ""
}

// column gives the column of a cell; a row may have cells too many.
func (t Table) column(i int) Column {
	if i < len(t.Columns) {
		return t.Columns[i]
	}
	return Column{}
}
