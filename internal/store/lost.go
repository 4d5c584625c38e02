package store

import (
	"context"
	"sync"
	"time"
)

// lostAfter is how long a job is said to be done by this node, and is not, until it
// is lost; and how long after its end it may take to be noted.
const lostAfter = time.Minute

// doing are the jobs that this process does, or did a moment ago.
type doing struct {
	lock  sync.Mutex
	ended map[int64]time.Time // by ID; zero while they go on
}

func (d *doing) begin(id int64) {
	d.lock.Lock()
	defer d.lock.Unlock()
	if d.ended == nil {
		d.ended = map[int64]time.Time{}
	}
	d.ended[id] = time.Time{}
}

func (d *doing) end(id int64) {
	d.lock.Lock()
	defer d.lock.Unlock()
	d.ended[id] = time.Now()
}

// busy tells whether a job is one of them.
func (d *doing) busy(id int64) bool {
	d.lock.Lock()
	defer d.lock.Unlock()
	_, is := d.ended[id]
	return is
}

// forget leaves those out that ended a while ago.
func (d *doing) forget() {
	d.lock.Lock()
	defer d.lock.Unlock()
	for id, at := range d.ended {
		if !at.IsZero() && time.Since(at) > lostAfter {
			delete(d.ended, id)
		}
	}
}

// reclaim takes up jobs that were lost, until ctx ends.
func (s *Store) reclaim(ctx context.Context) {
	tick := time.NewTicker(lostAfter / 2)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		s.doing.forget()
		n, err := s.Reclaim(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.options.Log.Warn("could not take up jobs that were lost", "error", err)
		case n > 0:
			s.options.Log.Warn("jobs were lost on their way from the database, and are taken up again", "jobs", n)
		}
	}
}

// Reclaim makes jobs available again that are said to be done by this node for a
// minute, and that it does not do: the database took them as begun, and the
// connection broke before it could say so. Workers do so by themselves. With SQLite
// nothing comes in between.
func (s *Store) Reclaim(ctx context.Context) (int64, error) {
	if s.dialect.begun == "" {
		return 0, nil
	}
	rows, err := s.db.QueryContext(ctx, s.dialect.begun, s.options.Node, lostAfter.Seconds())
	if err != nil {
		return 0, kind(err, "look for lost jobs")
	}
	defer rows.Close()
	var lost []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return 0, kind(err, "look for lost jobs")
		}
		if !s.doing.busy(id) {
			lost = append(lost, id)
		}
	}
	if err := rows.Err(); err != nil || len(lost) == 0 {
		return 0, kind(err, "look for lost jobs")
	}
	result, err := s.write.ExecContext(ctx, "UPDATE river_job SET state = 'available' WHERE state = 'running' AND id = ANY ($1)", lost)
	if err != nil {
		return 0, kind(err, "take up lost jobs")
	}
	return result.RowsAffected()
}
