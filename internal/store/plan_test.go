package store_test

import (
	"context"
	"database/sql"
	"testing"

	"candor/internal/store/storetest"
)

// TestPlans holds that PostgreSQL plans each list anew, and does not plan the
// look-up of a foreign key anew for every row that a transaction adds.
func TestPlans(t *testing.T) {
	s := storetest.Postgres(t)
	mode := func(run func(context.Context, func(*sql.Tx) error) error) (mode string) {
		t.Helper()
		if err := run(t.Context(), func(tx *sql.Tx) error {
			return tx.QueryRowContext(t.Context(), "SHOW plan_cache_mode").Scan(&mode)
		}); err != nil {
			t.Fatal(err)
		}
		return mode
	}
	if m := mode(s.Snapshot); m != "force_custom_plan" {
		t.Errorf("what reads is planned by %s", m)
	}
	if m := mode(s.Load); m != "auto" {
		t.Errorf("what writes is planned by %s", m)
	}
}
