package archive

import (
	"context"
	"errors"
	"time"

	"candor/internal/flow"
)

// MaxPart is how many flows a Reader gives at once.
const MaxPart = 10_000

// Walk reads the flows of a question part by part, the newest first: however many
// there are, it holds one part at a time, and each part is a question of its own
// with a bounded cost. What is kept meanwhile may be missing. One goroutine at a
// time uses it.
type Walk struct {
	from   Reader
	q      Question
	left   int           // flows that may yet be given
	until  time.Time     // what ended from then on was given
	skip   int           // so many that ended just before it were given
	window time.Duration // that is asked of next
	over   bool
	more   bool
}

// The times that a Walk asks of: they grow while there is little in them.
const (
	firstWindow = time.Minute
	leastWindow = time.Second
)

// NewWalk begins at the newest flow of a question, and gives so many at most. By,
// Step, Order and Limit of the question are not used. The error is a
// candor.ErrInvalid.
func NewWalk(from Reader, q Question, most int) (*Walk, error) {
	q, err := q.Checked()
	return &Walk{from: from, q: q, left: most, until: q.Until, window: firstWindow, over: err != nil}, err
}

// Next gives the next part, of MaxPart flows at most; none when all were given.
// The error is one of Reader.Part.
func (w *Walk) Next(ctx context.Context) ([]Flow, error) {
	for !w.over {
		q := w.q
		q.Until = w.until
		if since := w.until.Add(-w.window); since.After(q.Since) {
			q.Since = since
		}
		n := min(MaxPart, w.left+1)
		all, err := w.from.Part(ctx, q, w.skip, n)
		if errors.Is(err, ErrTooMuch) && w.window > leastWindow {
			w.window = max(w.window/8, leastWindow)
			continue
		}
		if err != nil {
			return nil, err
		}
		w.turn(q, all, len(all) == n)
		if len(all) > w.left {
			all, w.more, w.over = all[:w.left], true, true
		}
		if w.left -= len(all); len(all) > 0 {
			return all, nil
		}
	}
	return nil, nil
}

// turn goes on behind a part of a question, which was full or had all.
func (w *Walk) turn(q Question, all []Flow, full bool) {
	if !full {
		w.until, w.skip, w.over = q.Since, 0, !q.Since.After(w.q.Since)
		if len(all) < MaxPart/4 {
			w.window = min(w.window*4, w.q.Until.Sub(w.q.Since))
		}
		return
	}
	last, same := all[len(all)-1].End, 0
	for i := len(all) - 1; i >= 0 && all[i].End == last; i-- {
		same++
	}
	until := flow.At(last).Add(time.Microsecond)
	if until.Equal(w.until) { // all of the part ended at one moment, as some before
		same += w.skip
	}
	w.window = max(min(w.window, 2*w.until.Sub(until)), leastWindow)
	w.until, w.skip = until, same
}

// More tells whether there are flows beyond the most that were to be given. It
// is known when Next gives none.
func (w *Walk) More() bool { return w.more }
