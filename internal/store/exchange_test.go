package store_test

import (
	"context"
	"errors"
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
