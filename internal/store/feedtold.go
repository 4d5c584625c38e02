package store

import (
	"context"
	"time"

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
	row := query.FeedTold{Feed: name, Told: 1, Last: column.Time(now)}
	again := "told = feed_told.told + 1, last = excluded.last, why = ''"
	if why != "" {
		row, again = query.FeedTold{Feed: name, Refused: column.Time(now), Why: why}, "refused = excluded.refused, why = excluded.why"
	}
	return add(ctx, t.reader, "feed_told", "ON CONFLICT (feed) DO UPDATE SET "+again, row)
}
