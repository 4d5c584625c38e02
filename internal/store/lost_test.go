package store_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"candor"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

type slow struct{}

func (slow) Kind() string { return "test.slow" }

// TestReclaim has jobs be begun for the database alone, as when a connection breaks
// while they are handed out: those of this node that it does not do are done, and no
// others.
func TestReclaim(t *testing.T) {
	ctx, url := t.Context(), storetest.PostgresURL(t)
	s, err := store.Open(ctx, store.Options{URL: url, Node: "one", Conceal: storetest.Conceal})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	direct, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer direct.Close()
	begun := func(node string, ago time.Duration) {
		t.Helper()
		if err := s.Tx(ctx, func(tx *store.Tx) error { return tx.Enqueue(ctx, slow{}, candor.JobOptions{}) }); err != nil {
			t.Fatal(err)
		}
		_, err := direct.ExecContext(ctx, "UPDATE river_job SET state = 'running', attempt = 1, attempted_by = ARRAY['before', $1], attempted_at = now() - make_interval(secs => $2) WHERE state = 'available'", node, ago.Seconds())
		if err != nil {
			t.Fatal(err)
		}
	}
	reclaimed := func(want int64) {
		t.Helper()
		if n, err := s.Reclaim(ctx); err != nil || n != want {
			t.Errorf("%d jobs were taken up, %v; want %d", n, err, want)
		}
	}
	begun("two", time.Hour)
	begun("one", time.Second)
	reclaimed(0)
	begun("one", time.Hour)
	reclaimed(1)
	reclaimed(0)

	running, end := make(chan bool), make(chan bool)
	workers, err := s.Work(ctx, map[string]store.Handler{slow{}.Kind(): func(context.Context, json.RawMessage) error {
		running <- true
		<-end
		return nil
	}}, store.Queues{"default": 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = workers.Stop(context.Background()) })
	<-running // the one that was lost is done
	if _, err := direct.ExecContext(ctx, "UPDATE river_job SET attempted_at = now() - interval '3 hours' WHERE state = 'running' AND attempt = 2"); err != nil {
		t.Fatal(err)
	}
	reclaimed(0) // it goes on, however long it takes
	close(end)
}
