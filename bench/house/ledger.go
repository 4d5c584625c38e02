package house

import (
	"context"
	"log/slog"
	"path/filepath"
	"time"

	"candor/internal/evidence"
	"candor/internal/house"
	"candor/internal/store"
)

// ledger measures how fast records go from the database into the evidence
// log: those that filing left.
func ledger(ctx context.Context, s *store.Store, c Config, r *Report) error {
	log, err := evidence.Open(ctx, filepath.Join(c.Folder, "evidence"), evidence.Options{Origin: "bench.example/evidence"})
	if err != nil {
		return err
	}
	defer log.Close(context.WithoutCancel(ctx))
	l := &house.Ledger{Store: s, Log: log, Clock: c.Clock, Slog: slog.New(slog.NewTextHandler(c.Log, nil))}
	running, stop := context.WithCancel(ctx)
	stopped := make(chan struct{})
	begin, busy := time.Now(), cpu()
	go func() {
		defer close(stopped)
		l.Run(running)
	}()
	for time.Since(begin) < time.Duration(c.Seconds)*time.Second {
		waiting, err := s.CountPending(ctx)
		if err != nil || waiting == 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	stop()
	<-stopped // what it had begun is in the database too
	took, had := time.Since(begin), share(busy, begin)
	if err := l.Err(); err != nil {
		return err
	}
	carried, err := log.Size(ctx)
	r.Rates = append(r.Rates, Rate{"records taken into the evidence log", float64(carried) / took.Seconds(), LedgerGoal, loadAverage(), had})
	return err
}
