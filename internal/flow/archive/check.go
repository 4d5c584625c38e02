package archive

import (
	"fmt"
	"slices"
	"time"

	"candor"
)

// Bounds of a Question.
const (
	MaxBy    = 4
	MaxLimit = 1000
	MaxSteps = 2000
	fewest   = 20 // rows, if a question does not say
)

// Checked is the question with what it leaves out filled in and its times in
// whole microseconds of UTC, as records have them, or a candor.ErrInvalid that
// says what cannot be asked.
func (q Question) Checked() (Question, error) {
	q.Since, q.Until, q.Step = q.Since.UTC().Truncate(time.Microsecond), q.Until.UTC().Truncate(time.Microsecond), q.Step.Truncate(time.Microsecond)
	if q.Limit == 0 {
		q.Limit = fewest
	}
	if q.Order == "" {
		q.Order = Bytes
	}
	switch {
	case q.Since.Unix() < 0 || !q.Since.Before(q.Until) || q.Until.Year() > 9999:
		return q, invalid("the time asked for is empty: since %s until %s", q.Since, q.Until)
	case len(q.By) > MaxBy:
		return q, invalid("%d fields cannot be told apart at once, only %d", len(q.By), MaxBy)
	case q.Limit < 1 || q.Limit > MaxLimit:
		return q, invalid("there are 1 to %d rows, not %d", MaxLimit, q.Limit)
	case q.Step < 0 || q.Step > 0 && (q.Step < time.Second || q.Until.Sub(q.Since)/q.Step >= MaxSteps):
		return q, invalid("a step of %s is too short for %s", q.Step, q.Until.Sub(q.Since))
	case !slices.Contains([]Measure{Bytes, Packets, Flows}, q.Order):
		return q, invalid("flows have no measure %q", q.Order)
	}
	seen := map[Field]bool{}
	for _, f := range q.By {
		if !slices.Contains(Fields, f) || seen[f] {
			return q, invalid("flows cannot be told apart by %q", f)
		}
		seen[f] = true
	}
	for _, c := range q.Where {
		if !slices.Contains(Fields, c.Field) || len(c.Values) == 0 {
			return q, invalid("there is no condition on %q", c.Field)
		}
	}
	return q, nil
}

// Summed tells whether sums can answer the question: whether they still know all
// fields that it names.
func (q Question) Summed() bool {
	for _, c := range q.Where {
		if !c.Field.Summed() {
			return false
		}
	}
	for _, f := range q.By {
		if !f.Summed() {
			return false
		}
	}
	return true
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", candor.ErrInvalid, fmt.Sprintf(format, args...))
}
