package simulate

import (
	"context"
	"fmt"
	"time"

	"candor/internal/flow"
)

// Summary is what an interval holds.
type Summary struct {
	Records, Bytes uint64
	// Made is by sort; it counts also the few records that end after the
	// interval, and before sampling.
	Made   Tally
	Hours  []Count // by hour from the beginning of the interval on
	Labels []Label
}

// Summarize runs an interval and counts. The interval is of whole minutes.
func (w *World) Summarize(ctx context.Context, from, to time.Time) (*Summary, error) {
	if to.Sub(from)%time.Minute != 0 {
		return nil, fmt.Errorf("from %v to %v: not a whole number of minutes", from, to)
	}
	r := w.newRun(flow.Time(from), flow.Time(to), minute)
	s := &Summary{Hours: make([]Count, (r.to-r.from+hour-1)/hour), Labels: w.Labels(from, to)}
	err := r.play(ctx, func(at int64, records []flow.Record, _ []Label) error {
		c := &s.Hours[(at-1-r.from)/hour]
		c.Records += uint64(len(records))
		for i := range records {
			c.Bytes += records[i].Total()
		}
		return nil
	})
	for _, c := range s.Hours {
		s.Records += c.Records
		s.Bytes += c.Bytes
	}
	for _, sh := range r.shards {
		s.Made.join(&sh.maker.tally)
	}
	return s, err
}
