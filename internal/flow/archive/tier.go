package archive

import "time"

// few is by which part of the time asked for an answer may be widened, if a finer
// tier could have told it exactly.
const few = 20

// Choose gives the tier that a question is answered from, and the question with
// its times widened to what the tier can tell. Sums serve if they know all fields,
// steps are whole, and the time asked for is whole or hardly longer for being
// made so; or if what is finer does not go back as far. from tells since when a
// tier has all that the tiers above it have; the zero time is from the beginning.
func (q Question) Choose(from func(Tier) time.Time) (Tier, Question) {
	if !q.Summed() {
		return Raw, q
	}
	for _, t := range []Tier{Hour, Minute} {
		if wide, ok := q.widened(t); ok && wide.Until.Sub(wide.Since)-q.Until.Sub(q.Since) <= q.Until.Sub(q.Since)/few {
			return t, wide
		}
	}
	best, answer := Raw, q
	for _, t := range []Tier{Minute, Hour} {
		if wide, ok := q.widened(t); ok && from(best).After(q.Since) && from(t).Before(from(best)) {
			best, answer = t, wide
		}
	}
	return best, answer
}

func (q Question) widened(t Tier) (Question, bool) {
	length := t.Length()
	if q.Step%length != 0 {
		return q, false
	}
	q.Since = q.Since.Truncate(length)
	if end := q.Until.Truncate(length); end.Before(q.Until) {
		q.Until = end.Add(length)
	}
	return q, true
}
