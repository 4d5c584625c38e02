package store

import (
	"context"
	"errors"
	"time"

	"candor"
	"candor/internal/intel/feed"
	"candor/internal/store/column"
	"candor/internal/store/query"
)

// FeedsTold gives what the sources of feeds were told, by the names of feeds.
func (r reader) FeedsTold(ctx context.Context) (map[string]feed.Told, error) {
	rows, err := choose[query.FeedTold](ctx, r.db, "feed_told", "1 = 1")
	all := map[string]feed.Told{}
	for _, row := range rows {
		all[row.Feed] = feed.Told{Times: row.Told, Last: time.Time(row.Last), Refused: time.Time(row.Refused), Why: row.Why}
	}
	return all, err
}

// NoteTold notes that the source of a feed was told of a sighting, or else why not.
func (t *Tx) NoteTold(ctx context.Context, name string, now time.Time, why string) error {
	row, err := one[query.FeedTold](ctx, t.db, "feed_told", "feed = ?", name)
	fresh := errors.Is(err, candor.ErrNotFound)
	if err != nil && !fresh {
		return err
	}
	row.Feed = name
	if why == "" {
		row.Told, row.Last, row.Why = row.Told+1, column.Time(now), ""
	} else {
		row.Refused, row.Why = column.Time(now), why
	}
	if fresh {
		return add(ctx, t.reader, "feed_told", " ON CONFLICT (feed) DO NOTHING", row)
	}
	_, err = change(ctx, t.db, "feed_told", row, "")
	return err
}
