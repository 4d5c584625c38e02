package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"candor"
	"candor/internal/intel/taxii"
	"candor/internal/intel/taxii/taxiitest"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// TestExchange holds collections in both databases against what every store of
// TAXII must do, alone and below the server.
func TestExchange(t *testing.T) {
	for kind, open := range map[string]func(testing.TB) *store.Store{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		s := open(t)
		made := func(t *testing.T, grant taxiitest.Grant, now func() time.Time) taxii.Store {
			empty(t, s, grant)
			return s.Exchange(func(_ context.Context, principal, root string) ([]taxii.Collection, error) {
				return grant(principal, root)
			}, now)
		}
		t.Run(kind+"/store", func(t *testing.T) { taxiitest.Store(t, made) })
		t.Run(kind+"/server", func(t *testing.T) { taxiitest.Server(t, made) })
	}
}

// empty empties the collections that another part of the test filled.
func empty(t *testing.T, s *store.Store, grant taxiitest.Grant) {
	t.Helper()
	const root = "trusted"
	all, err := grant("alice", root)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		err := s.Exchange(nil, time.Now).Delete(t.Context(), root, c.ID, taxii.Filter{Versions: []string{"all"}, SpecVersions: []string{"2.0", "2.1"}})
		if err != nil && !errors.Is(err, candor.ErrNotFound) {
			t.Fatal(err)
		}
	}
}

// TestStatuses keeps the latest statuses of each who adds, and of long ones the sums.
func TestStatuses(t *testing.T) {
	s := storetest.SQLite(t)
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	x := s.Exchange(nil, func() time.Time { now = now.Add(time.Second); return now })
	add := func(who string, n int) taxii.Status {
		t.Helper()
		var all []taxii.Object
		for i := range n {
			all = append(all, taxii.Object{ID: fmt.Sprintf("a--018f0000-0000-4000-8000-%012d", i), Type: "a", SpecVersion: "2.1", Raw: []byte(`{}`)})
		}
		st, err := x.Add(t.Context(), who, "r", "c", all, make([]taxii.Detail, n))
		if err != nil {
			t.Fatal(err)
		}
		return st
	}
	if st := add("long", 150); st.SuccessCount != 150 || st.FailureCount != 150 || len(st.Successes) != 0 || len(st.Failures) != 100 {
		t.Errorf("%d and %d are named of %d and %d", len(st.Successes), len(st.Failures), st.SuccessCount, st.FailureCount)
	}
	other, first, second := add("other", 1), add("one", 1), add("one", 1)
	for range 999 {
		add("one", 1)
	}
	if _, err := x.Status(t.Context(), "one", "r", first.ID); !errors.Is(err, candor.ErrNotFound) {
		t.Error("the first is still there:", err)
	}
	for who, id := range map[string]string{"one": second.ID, "other": other.ID} {
		if _, err := x.Status(t.Context(), who, "r", id); err != nil {
			t.Error(who, err)
		}
	}
}

// TestSharedSums holds that the kept sums of collections are what is there, whoever
// adds what is there already, adds versions, or deletes.
func TestSharedSums(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		x := s.Exchange(nil, func() time.Time { now = now.Add(time.Second); return now })
		object := func(n, version int) taxii.Object {
			return taxii.Object{ID: fmt.Sprintf("a--018f0000-0000-4000-8000-%012d", n), Type: "a", SpecVersion: "2.1", Version: now.Add(time.Duration(version) * time.Hour).Truncate(time.Hour), Raw: []byte(`{}`)}
		}
		held := func() {
			t.Helper()
			there := map[string]int{}
			if err := s.Load(ctx, func(tx *sql.Tx) error {
				rows, err := tx.QueryContext(ctx, "SELECT collection || ' ' || author, COUNT(*) FROM taxii_objects GROUP BY 1")
				if err != nil {
					return err
				}
				defer rows.Close()
				for rows.Next() {
					var key string
					var n int
					if err := rows.Scan(&key, &n); err != nil {
						return err
					}
					there[key] = n
				}
				return rows.Err()
			}); err != nil {
				t.Fatal(err)
			}
			all, err := s.SharedCounts(ctx, "sums")
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range []string{"c", "d"} {
				sum := 0
				for _, author := range []string{"one", "two"} {
					n, err := s.SharedBy(ctx, "sums", c, author)
					if err != nil || n != there["sums/"+c+" "+author] {
						t.Fatalf("%s has %d in %s, and not %d: %v", author, n, c, there["sums/"+c+" "+author], err)
					}
					sum += n
				}
				if all[c] != sum {
					t.Fatalf("%s has %d, and not %d", c, all[c], sum)
				}
			}
		}
		r := rand.New(rand.NewPCG(4, 2))
		for range 60 {
			author, collection := []string{"one", "two"}[r.IntN(2)], []string{"c", "d"}[r.IntN(2)]
			if r.IntN(3) == 0 {
				x.Author = []string{"", author}[r.IntN(2)]
				err := x.Delete(ctx, "sums", collection, taxii.Filter{IDs: []string{object(r.IntN(6), 0).ID}, Versions: []string{"all"}})
				if err != nil && !errors.Is(err, candor.ErrNotFound) {
					t.Fatal(err)
				}
			} else if _, err := x.Add(ctx, author, "sums", collection, []taxii.Object{object(r.IntN(6), r.IntN(3)), object(r.IntN(6), r.IntN(3))}, nil); err != nil {
				t.Fatal(err)
			}
			held()
		}
	})
}
