package backup

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite" // the driver; that of PostgreSQL comes with storetest

	"candor"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// house is a store together with the connection that a backup needs.
type house struct {
	*store.Store
	db  *sql.DB
	url string
}

func (h *house) Snapshot(ctx context.Context, f func(*sql.Tx) error) error {
	o := &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	if h.Kind() == "SQLite" {
		o = nil // a transaction sees one moment from its first read on
	}
	tx, err := h.db.BeginTx(ctx, o)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	return f(tx)
}

func (h *house) Load(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := h.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// kinds make an empty house of each kind.
var kinds = map[string]func(*testing.T) *house{
	"sqlite": func(t *testing.T) *house {
		path := filepath.Join(t.TempDir(), "candor.db")
		return open(t, path, "sqlite", "file:"+path+"?_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)&_pragma=journal_mode(WAL)")
	},
	"postgres": func(t *testing.T) *house {
		url := storetest.PostgresURL(t)
		return open(t, url, "pgx", url)
	},
}

func open(t *testing.T, url, driver, dsn string) *house {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{URL: url, Conceal: storetest.Conceal})
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(db.Close(), s.Close()); err != nil {
			t.Error(err)
		}
	})
	return &house{s, db, url}
}

type work struct {
	Case string `json:"case"`
}

func (work) Kind() string { return "notify" }

// fill puts rows of every table into a house, and jobs.
func fill(t *testing.T, h *house) {
	t.Helper()
	storetest.Suite(t, h.Store)
	err := h.Tx(t.Context(), func(tx *store.Tx) error {
		return errors.Join(
			tx.Enqueue(t.Context(), work{"one"}, candor.JobOptions{}),
			tx.Enqueue(t.Context(), work{"two"}, candor.JobOptions{At: time.Now().Add(time.Hour), Queue: "mail", Once: true}),
		)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// content gives all rows of a house, by table, and its jobs.
func content(t *testing.T, h *house) map[string][]string {
	t.Helper()
	d, err := dialectOf(h)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	err = h.Snapshot(t.Context(), func(tx *sql.Tx) error {
		tables, err := d.tablesOf(t.Context(), tx)
		if err != nil {
			return err
		}
		for _, table := range tables {
			columns, err := texts(t.Context(), tx, d.columns, table)
			if err != nil {
				return err
			}
			err = each(t.Context(), tx, fmt.Sprintf("SELECT %s FROM %s", quoteAll(columns), quote(table)), func(row any) error {
				line, err := json.Marshal(row)
				all[table] = append(all[table], string(line))
				return err
			})
			if err != nil {
				return err
			}
			slices.Sort(all[table])
		}
		rows, err := tx.QueryContext(t.Context(), d.jobs)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var j job
			if err := rows.Scan(&j.Kind, &j.Queue, &j.Priority, &j.MaxAttempts, &j.Args, &j.Metadata, &j.At, &j.UniqueKey, &j.UniqueIn); err != nil {
				return err
			}
			var args, metadata any // databases write JSON in their own ways
			if err := errors.Join(json.Unmarshal([]byte(j.Args), &args), json.Unmarshal([]byte(j.Metadata), &metadata)); err != nil {
				return err
			}
			j.Args, j.Metadata = fmt.Sprint(args), fmt.Sprint(metadata)
			line, err := json.Marshal(j)
			if err != nil {
				return err
			}
			all["jobs"] = append(all["jobs"], string(line))
		}
		slices.Sort(all["jobs"])
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func write(t *testing.T, s Source) ([]byte, Report) {
	t.Helper()
	var b bytes.Buffer
	report, err := Write(t.Context(), &b, s)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), report
}

// TestRoundTrip restores each kind of database into each.
func TestRoundTrip(t *testing.T) {
	for from, openFrom := range kinds {
		t.Run(from, func(t *testing.T) {
			h := openFrom(t)
			fill(t, h)
			want := content(t, h)
			if len(want) < 20 || len(want["jobs"]) < 2 || len(want["search"]) == 0 {
				t.Fatalf("there is little to back up: %v", slices.Sorted(maps.Keys(want)))
			}
			archive, report := write(t, Source{Database: h, Program: "test"})
			for to, openTo := range kinds {
				t.Run("to "+to, func(t *testing.T) {
					fresh := openTo(t)
					got, err := Restore(t.Context(), bytes.NewReader(archive), Target{Database: fresh})
					if err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(report, got); diff != "" {
						t.Errorf("-written +restored:\n%s", diff)
					}
					if diff := cmp.Diff(want, content(t, fresh)); diff != "" {
						t.Errorf("-written +restored:\n%s", diff)
					}
					hits, err := fresh.Search(t.Context(), candor.Everything, "searchable", 10)
					if err != nil || len(hits) == 0 {
						t.Errorf("nothing is found: %v, %v", hits, err)
					}
					works(t, fresh)
					_, err = Restore(t.Context(), bytes.NewReader(archive), Target{Database: fresh})
					if !errors.Is(err, candor.ErrExists) || candor.Hint(err) == "" {
						t.Errorf("restored over what is there: %v", err)
					}
				})
			}
		})
	}
}

// works has a restored job done.
func works(t *testing.T, h *house) {
	t.Helper()
	done := make(chan string, 10)
	handler := func(_ context.Context, args json.RawMessage) error {
		var w work
		err := json.Unmarshal(args, &w)
		done <- w.Case
		return err
	}
	w, err := h.Work(t.Context(), map[string]store.Handler{"notify": handler}, store.Queues{"default": 1})
	if err != nil {
		t.Fatal(err)
	}
	if got := <-done; got != "one" {
		t.Errorf("did %q", got)
	}
	if err := w.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestWhileWriting backs up while others write: what belongs together is
// together.
func TestWhileWriting(t *testing.T) {
	for kind, openKind := range kinds {
		t.Run(kind, func(t *testing.T) {
			h := openKind(t)
			ctx, cancel := context.WithCancel(t.Context())
			done, started := make(chan int), make(chan bool)
			go func() {
				n := 0
				for ; ctx.Err() == nil; n++ {
					storetest.Sample(t, h.Store, fmt.Sprintf("%s%d", kind, n))
					if n == 20 {
						close(started)
					}
				}
				done <- n
			}()
			<-started
			archive, report := write(t, Source{Database: h})
			cancel()
			n := <-done
			if p, a := report.Rows["parties"], report.Rows["assets"]; p != a || p < 20 || p > int64(n) {
				t.Errorf("%d parties with %d assets of %d", p, a, n)
			}
			fresh := kinds["sqlite"](t)
			if _, err := Restore(t.Context(), bytes.NewReader(archive), Target{Database: fresh}); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestOddValues keeps what only SQLite can hold, and refuses to bend it.
func TestOddValues(t *testing.T) {
	h := kinds["sqlite"](t)
	_, err := h.db.Exec("INSERT INTO settings (key, value, updated, by) VALUES ('x', CAST(x'ff00fe' AS TEXT), 9007199254740993, x'00ff')")
	if err != nil {
		t.Fatal(err)
	}
	archive, _ := write(t, Source{Database: h})
	fresh := kinds["sqlite"](t)
	if _, err := Restore(t.Context(), bytes.NewReader(archive), Target{Database: fresh}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(content(t, h), content(t, fresh)); diff != "" {
		t.Error(diff)
	}
	if _, err := Restore(t.Context(), bytes.NewReader(archive), Target{Database: kinds["postgres"](t)}); err == nil {
		t.Error("bytes became a text")
	}
}

func TestEncrypted(t *testing.T) {
	h := kinds["sqlite"](t)
	storetest.Sample(t, h.Store, "secretive")
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/key", []byte("a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := Source{Database: h, Keys: map[string]string{"log.key": dir + "/key", "other.key": dir + "/key"}}
	if _, err := Write(t.Context(), &bytes.Buffer{}, s); !errors.Is(err, candor.ErrDenied) {
		t.Errorf("keys in the clear: %v", err)
	}
	s.Recipients = []age.Recipient{id.Recipient()}
	archive, report := write(t, s)
	if bytes.Contains(archive, []byte(greeting)) || len(report.Keys) != 2 {
		t.Errorf("%+v", report)
	}
	target := Target{Database: kinds["sqlite"](t), Keys: map[string]string{"log.key": dir + "/restored/log.key"}}
	for _, ids := range [][]age.Identity{nil, {other}} {
		target.Identities = ids
		if _, err := Restore(t.Context(), bytes.NewReader(archive), target); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("%v", err)
		}
	}
	target.Identities = []age.Identity{other, id}
	got, err := Restore(t.Context(), bytes.NewReader(archive), target)
	if err != nil || cmp.Diff([]string{"keys/other.key"}, got.PassedOver) != "" {
		t.Fatalf("%+v, %v", got, err)
	}
	key, err := os.ReadFile(dir + "/restored/log.key")
	info, e := os.Stat(dir + "/restored/log.key")
	if err != nil || e != nil || string(key) != "a key" || info.Mode().Perm() != 0o600 {
		t.Errorf("%q, %v", key, err)
	}
}

func TestRefused(t *testing.T) {
	h := kinds["sqlite"](t)
	storetest.Sample(t, h.Store, "refused")
	archive, _ := write(t, Source{Database: h})
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/file", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, target := range []Target{{Log: dir}, {Vault: dir}} {
		target.Database = kinds["sqlite"](t)
		if _, err := Restore(t.Context(), bytes.NewReader(archive), target); !errors.Is(err, candor.ErrExists) {
			t.Errorf("%+v: %v", target, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Restore(ctx, bytes.NewReader(archive), Target{Database: kinds["sqlite"](t)}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if _, err := Verify(t.Context(), strings.NewReader("no backup"), Target{}); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("%v", err)
	}
	fresh := kinds["sqlite"](t)
	if _, err := fresh.db.Exec("UPDATE goose_db_version SET version_id = 1 WHERE version_id > 1"); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), bytes.NewReader(archive), Target{Database: fresh}); !errors.Is(err, candor.ErrInvalid) || !strings.Contains(err.Error(), "schema") {
		t.Errorf("a later version's backup: %v", err)
	}
}

func TestOrder(t *testing.T) {
	got, err := order([]string{"a", "b", "c"}, map[string][]string{"a": {"c", "a"}, "c": {"b"}})
	if err != nil || !slices.Equal(got, []string{"b", "c", "a"}) {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := order([]string{"a", "b"}, map[string][]string{"a": {"b"}, "b": {"a"}}); err == nil {
		t.Error("a circle")
	}
}
