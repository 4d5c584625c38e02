package store_test

import (
	"testing"

	"candor/internal/access"
	"candor/internal/access/accesstest"
	"candor/internal/store/storetest"
)

func TestAccess(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		accesstest.Conform(t, func(t *testing.T) access.Store { return storetest.SQLite(t).Access() })
	})
	t.Run("postgres", func(t *testing.T) {
		accesstest.Conform(t, func(t *testing.T) access.Store { return storetest.Postgres(t).Access() })
	})
}
