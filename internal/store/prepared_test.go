package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
)

// TestRemember asks one connection for the same statements again and again, also
// while their rows are being read, after the table changed, and for more of them
// than are kept.
func TestRemember(t *testing.T) {
	p, err := openSQLite(filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	p.keyed = p.read
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(p.write.Exec("CREATE TABLE numbers (n INTEGER PRIMARY KEY)"))
	for n := range 10 {
		must(p.write.Exec("INSERT INTO numbers (n) VALUES (?)", n))
	}
	if _, err := p.write.Exec("INSERT INTO numbers (n) VALUES (?)", 1); err == nil {
		t.Error("a number was added twice")
	}
	tx, err := p.write.Begin()
	if err != nil {
		t.Fatal(err)
	}
	const below = "-- those below\nSELECT n FROM numbers WHERE n < ? ORDER BY n"
	if got, err := nested(tx, below, 4); err != nil || got != "0[] 1[0] 2[0 1] 3[0 1 2] " {
		t.Errorf("within itself: %q, %v", got, err)
	}
	must(tx.Exec("ALTER TABLE numbers ADD COLUMN more TEXT"))
	if got, err := selected(tx, below, 2); err != nil || got != "[0 1]" {
		t.Errorf("after the table changed: %q, %v", got, err)
	}
	must(nil, tx.Commit())
	for n := range 2 * mostRemembered {
		var got int
		if err := p.write.QueryRow(fmt.Sprintf("SELECT %d + ?", n), 1).Scan(&got); err != nil || got != n+1 {
			t.Fatalf("%d + 1 = %d, %v", n, got, err)
		}
	}
	if n := remembers(t, p.write); n != mostRemembered {
		t.Errorf("%d statements are kept, want %d", n, mostRemembered)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.write.ExecContext(gone, "INSERT INTO numbers (n) VALUES (?)", 100); !errors.Is(err, context.Canceled) {
		t.Errorf("of one who went away: %v", err)
	}
	must(p.write.Exec("INSERT INTO numbers (n) VALUES (?)", 100))
}

// remembers counts the statements of the one connection that writes.
func remembers(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	c, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Raw(func(raw any) error {
		m, ok := raw.(*memory)
		if !ok {
			return fmt.Errorf("a connection of %T", raw)
		}
		n = m.recent.Len()
		if n != len(m.at) {
			return fmt.Errorf("%d in order, %d by text", n, len(m.at))
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

func selected(tx *sql.Tx, query string, arg int) (string, error) {
	rows, err := tx.Query(query, arg)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	all := []int{}
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			return "", err
		}
		all = append(all, n)
	}
	return fmt.Sprint(all), rows.Err()
}

// nested asks the same for each row that it reads.
func nested(tx *sql.Tx, query string, arg int) (got string, err error) {
	rows, err := tx.Query(query, arg)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			return got, err
		}
		inner, err := selected(tx, query, n)
		if err != nil {
			return got, err
		}
		got += fmt.Sprint(n, inner, " ")
	}
	return got, rows.Err()
}

// TestRepeatable: what acts when it is prepared is not kept.
func TestRepeatable(t *testing.T) {
	for text, want := range map[string]bool{"SELECT 1": true, "-- name: X :one\n\tselect 1": true, "WITH x AS (SELECT 1) SELECT 1": true, "SAVEPOINT member": true,
		"PRAGMA optimize": false, "-- name: X\nPRAGMA optimize": false, "VACUUM INTO 'x'": false, "CREATE TABLE x (y)": false, "": false, "--": false} {
		if got := repeatable(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
