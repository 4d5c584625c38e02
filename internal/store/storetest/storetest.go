// Package storetest opens both kinds of database for tests, and holds the
// suite that each must pass.
package storetest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"candor/internal/store"
)

var cluster *Cluster

// Main runs the tests of a package with a PostgreSQL server beside them. Call
// it from TestMain. Where PostgreSQL is not installed, tests on it are
// skipped; in CI they fail.
func Main(m *testing.M) {
	os.Exit(func() int {
		c, err := StartCluster()
		if err != nil && os.Getenv("CI") != "" {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		if err == nil {
			cluster = c
			defer func() { _ = c.Stop() }() // what is left is in a temporary folder
		}
		return m.Run()
	}())
}

// Each runs a test on both kinds of database, each one empty.
func Each(t *testing.T, f func(*testing.T, *store.Store)) {
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, Postgres(t)) })
}

// SQLite opens an empty database in a temporary folder.
func SQLite(t testing.TB) *store.Store {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "candor.db"))
}

// Postgres opens an empty database of the server that Main started.
func Postgres(t testing.TB) *store.Store {
	t.Helper()
	return open(t, PostgresURL(t))
}

// PostgresURL makes an empty database and gives its URL.
func PostgresURL(t testing.TB) string {
	t.Helper()
	if cluster == nil {
		t.Skip("PostgreSQL is not installed: apt-get install postgresql")
	}
	url, err := cluster.Database()
	if err != nil {
		t.Fatal(err)
	}
	return url
}

func open(t testing.TB, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{URL: url, Node: "test", Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Conceal: Conceal})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Conceal is a digest with a salt that tests can foretell.
func Conceal(value string) (digest, salt string) {
	sum := sha256.Sum256([]byte("salt" + value))
	return hex.EncodeToString(sum[:]), "salt"
}
