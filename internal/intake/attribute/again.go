package attribute

import "time"

// mostDue is how many words of a session are waited for after what happened: one may
// have been lost.
const mostDue = 2

// again is when to ask again for what sources have not told all of yet: zero if that
// does not help. Where it is learned how often a session says that it goes on, that is
// right after its next word is due, and no more is waited for once two are overdue, or
// if the next is due too late. Else it is asked now and then.
//
// Nothing is decided sooner by that, only asked at the right moments: that the access
// server told of other sessions meanwhile does not prove that this one went on. What
// has lines dial in anew, a break of the network, is what has the words of it lost.
func (a *Attributor) again(all []Candidate, s span) (at time.Time) {
	now := a.options.Now()
	for _, c := range all {
		if c.known.IsZero() || !s.until().After(c.known) {
			continue
		}
		if c.every <= 0 {
			return now.Add(min(max(now.Sub(s.until())/2, 2*a.options.Settle), 20*time.Minute))
		}
		due := c.known.Add((s.until().Sub(c.known) + c.every - 1) / c.every * c.every)
		for n := 1; !due.Add(a.options.Settle).After(now); n++ {
			if n == mostDue {
				return time.Time{}
			}
			due = due.Add(c.every)
		}
		if due = due.Add(a.options.Settle); due.After(at) {
			at = due
		}
	}
	if at.After(s.received.Add(a.options.Patience)) {
		return time.Time{}
	}
	return at
}
