package archive

import "time"

// few is by which part of the time asked for an answer may be widened, if a finer
// tier could have told it exactly.
const few = 20

// Choose gives the tier that a question is answered from, and the question with
// its times widened to what the tier can tell. Sums serve if they know all fields,
// go back to its beginning, steps are whole, and the time asked for is whole or
// hardly longer for being made so. Else it is the finest tier that goes back to the
// beginning, or that which goes back furthest, with the step made whole. from tells
// since when a tier has all that the tiers above it have; the zero time is from
// the beginning.
func (q Question) Choose(from func(Tier) time.Time) (Tier, Question) {
	if !q.Summed() {
		return Raw, q
	}
	reaches := func(t Tier) bool { return !from(t).After(q.Since) }
	for _, t := range []Tier{Hour, Minute} {
		wide := q.widened(t)
		if reaches(t) && wide.Step == q.Step && wide.Until.Sub(wide.Since)-q.Until.Sub(q.Since) <= q.Until.Sub(q.Since)/few {
			return t, wide
		}
	}
	best := Raw
	for _, t := range []Tier{Minute, Hour} {
		if !reaches(best) && from(t).Before(from(best)) {
			best = t
		}
	}
	return best, q.widened(best)
}

// widened is the question with its times and its step in whole lengths of a tier.
func (q Question) widened(t Tier) Question {
	length := t.Length()
	if length == 0 {
		return q
	}
	up := func(d time.Duration) time.Duration { return (d + length - 1) / length * length }
	q.Since, q.Step = q.Since.Truncate(length), up(q.Step)
	if end := q.Until.Truncate(length); end.Before(q.Until) {
		q.Until = end.Add(length)
	}
	return q
}
