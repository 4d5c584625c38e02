package store

import (
	"fmt"
	"time"

	"candor"
)

func notThere(what string, id candor.ID) error {
	return fmt.Errorf("%s %s: %w", what, id, candor.ErrNotFound)
}

func changed(what string, id candor.ID) error {
	return candor.WithHint(fmt.Errorf("%s %s: %w", what, id, candor.ErrChanged), "Look at it again: somebody or something else was faster.")
}

func each[From, To any](all []From, f func(From) To) []To {
	to := make([]To, len(all))
	for i, from := range all {
		to[i] = f(from)
	}
	return to
}

// day gives the start of a day that is counted from 1970, and the zero time
// for day 0.
func day(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(n*86400, 0).UTC()
}
