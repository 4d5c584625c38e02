package store

import (
	"context"
	"database/sql"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// fold gives texts in the form in which they are compared, with a space in
// between: the same for letters that differ in nothing but case or in how they
// are put together, in all scripts. The four letters i of Turkish are one, since
// nobody knows in which language a name is written.
//
// The databases cannot do this: SQLite knows the case of ASCII only, and what
// PostgreSQL knows depends on the language that it was set up with.
func fold(texts ...string) string {
	all := strings.Join(strings.Fields(strings.Join(texts, " ")), " ")
	all = norm.NFKC.String(cases.Fold().String(norm.NFKC.String(all)))
	return strings.NewReplacer("i\u0307", "i", "ı", "i").Replace(all)
}

// holds has folded hold a text somewhere, whatever its case.
func (w *where) holds(text string) {
	if text = fold(text); text != "" {
		w.and(`folded LIKE ? ESCAPE '!'`, "%"+literal.Replace(text)+"%")
	}
}

// literal keeps what LIKE understands from being more than itself.
var literal = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

// foldAll fills in what rows are looked for by that an earlier version of the
// program, or a backup of one, left without it.
func (s *Store) foldAll(ctx context.Context) error {
	return s.Tx(ctx, func(tx *Tx) error {
		for _, x := range []struct{ table, columns, where string }{
			{"users", "name, mail, ''", ""},
			{"software_products", "name, publisher, id", ""},
			{"tickets", "mail, '', ''", " AND mail <> ''"},
		} {
			if err := tx.foldTable(ctx, x.table, x.columns, x.where); err != nil {
				return kind(err, "fold names in %s", x.table)
			}
		}
		return nil
	})
}

func (t *Tx) foldTable(ctx context.Context, table, columns, where string) error {
	rows, err := t.db.QueryContext(ctx, "SELECT id, "+columns+" FROM "+table+" WHERE folded = ''"+where)
	if err != nil {
		return err
	}
	folded, err := foldRows(rows)
	if err != nil {
		return err
	}
	for id, text := range folded {
		if _, err := t.db.ExecContext(ctx, "UPDATE "+table+" SET folded = ? WHERE id = ?", text, id); err != nil {
			return err
		}
	}
	return nil
}

// foldRows reads rows of an id and three texts.
func foldRows(rows *sql.Rows) (map[string]string, error) {
	defer rows.Close()
	all := map[string]string{}
	for rows.Next() {
		var id, a, b, c string
		if err := rows.Scan(&id, &a, &b, &c); err != nil {
			return nil, err
		}
		all[id] = fold(a, b, c)
	}
	return all, rows.Err()
}
