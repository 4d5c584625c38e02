package main

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"candor"
	"candor/internal/config"
)

// TestOneWithSQLite: a second program on the data folder of one that keeps its
// records in SQLite is told what to do, whatever its role, and comes in later.
func TestOneWithSQLite(t *testing.T) {
	first, c := aDesk(t)
	begin := func(roles ...string) (*running, error) {
		t.Helper()
		c.Roles = roles
		s, err := makeSetup(c, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		return open(t.Context(), s)
	}
	for _, role := range []string{config.RoleWeb, config.RoleWorker} {
		r, err := begin(role)
		if !errors.Is(err, candor.ErrUnavailable) || !strings.Contains(err.Error(), "another candor serve uses "+c.Data.Dir) || !strings.Contains(candor.Hint(err), "PostgreSQL") {
			t.Errorf("%s: %v (%s)", role, err, candor.Hint(err))
		}
		if err == nil && r.close() != nil {
			t.Error("it does not close")
		}
	}
	if err := first.close(); err != nil {
		t.Fatal(err)
	}
	r, err := begin(config.RoleWeb, config.RoleWorker)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.close(); err != nil {
		t.Error(err)
	}
}
