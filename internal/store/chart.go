package store

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"candor"
	"candor/internal/store/column"
)

// history remembers how many findings were first seen on each day: what was
// first seen then stays so, and a month of it takes long to count.
type history struct {
	lock  sync.Mutex
	from  time.Time // what was counted: from here
	to    time.Time // to before here
	begun time.Time // when counting began anew
	count map[key]int64
}

type key struct {
	day      time.Time
	severity candor.Severity
}

const (
	whole = 24 * time.Hour // a day
	// settled is the age at which a time is over: findings of a transaction that
	// still runs are younger.
	settled = 2 * time.Minute
	// believed is how long counts are kept: findings that are added with an
	// earlier time, as by a restored backup, show after that.
	believed = 10 * time.Minute
)

// FindingsByDay counts findings by the day on which they were first seen, from
// the day of since.
func (s *Store) FindingsByDay(ctx context.Context, since time.Time) ([]candor.DayCount, error) {
	h := &s.history
	h.lock.Lock()
	defer h.lock.Unlock()
	now, first := s.options.Clock(), since.UTC().Truncate(whole)
	if now.Sub(h.begun) > believed || now.Before(h.begun) || first.Before(h.from) {
		h.from, h.to, h.begun, h.count = first, first, now, map[key]int64{}
	}
	if over := now.Add(-settled); over.After(h.to) {
		if err := s.addDays(ctx, h.count, h.to, over); err != nil {
			return nil, err
		}
		h.to = over
	}
	count := make(map[key]int64, len(h.count))
	for k, n := range h.count {
		if !k.day.Before(first) {
			count[k] = n
		}
	}
	err := s.addDays(ctx, count, later(h.to, first), now.AddDate(100, 0, 0))
	return days(count), err
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// addDays adds what was first seen from a time to before another.
func (s *Store) addDays(ctx context.Context, to map[key]int64, from, before time.Time) error {
	rows, err := s.q.FindingsByDay(ctx, column.Time(from), column.Time(before))
	for _, row := range rows {
		to[key{day(row.Day), row.Severity}] += row.Findings
	}
	return kind(err, "count findings")
}

func days(count map[key]int64) []candor.DayCount {
	all := make([]candor.DayCount, 0, len(count))
	for k, n := range count {
		all = append(all, candor.DayCount{Day: k.day, Severity: k.severity, Count: n})
	}
	slices.SortFunc(all, func(a, b candor.DayCount) int {
		return cmp.Or(a.Day.Compare(b.Day), cmp.Compare(a.Severity, b.Severity))
	})
	return all
}
