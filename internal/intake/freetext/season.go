package freetext

import "time"

// Letters of a zone tell its time only in the season in which clocks show it. Many
// write EST or CET all year; then it is not known which of both they mean.

// season says when clocks of a region are forward: from a Sunday of a month, at an
// hour by their clocks, to another. The hour of the end is by the clocks that are
// still forward.
type season struct {
	from, until  time.Month
	first, last  int // which Sunday of the month; 0 is the last
	begins, ends int // hours
}

var (
	western  = season{time.March, time.October, 0, 0, 1, 2}
	central  = season{time.March, time.October, 0, 0, 2, 3} // 2000/84/EC
	eastern  = season{time.March, time.October, 0, 0, 3, 4}
	northern = season{time.March, time.November, 2, 1, 2, 2} // 15 USC 260a
	southern = season{time.October, time.April, 1, 1, 2, 3}
	kiwi     = season{time.September, time.April, 0, 1, 2, 3}
)

// seasonal are letters of zones that have a season, and whether they are its.
var seasonal = map[string]struct {
	*season
	forward bool
}{
	"WET": {&western, false}, "WEST": {&western, true}, "CET": {&central, false}, "MEZ": {&central, false}, "CEST": {&central, true}, "MESZ": {&central, true},
	"EET": {&eastern, false}, "EEST": {&eastern, true}, "AEST": {&southern, false}, "AEDT": {&southern, true}, "NZST": {&kiwi, false}, "NZDT": {&kiwi, true},
	"EST": {&northern, false}, "EDT": {&northern, true}, "MST": {&northern, false}, "MDT": {&northern, true},
	"PST": {&northern, false}, "PDT": {&northern, true}, "AKST": {&northern, false}, "AKDT": {&northern, true},
}

// shows tells whether clocks of a zone can have shown a time. Letters that have no
// season always can.
func shows(letters string, t time.Time) bool {
	s, ok := seasonal[letters]
	if !ok {
		return true
	}
	forward, standard := s.at(t)
	if s.forward {
		return forward
	}
	return standard
}

// at tells whether clocks that showed a time may have been forward, and whether they
// may not have been: both in the hour that they show twice, neither in that which
// they leave out.
func (s *season) at(t time.Time) (forward, standard bool) {
	begin, end := sunday(t.Year(), s.from, s.first, s.begins), sunday(t.Year(), s.until, s.last, s.ends)
	skipped := !t.Before(begin) && t.Before(begin.Add(time.Hour))
	twice := !t.Before(end.Add(-time.Hour)) && t.Before(end)
	switch {
	case skipped:
		return false, false
	case twice:
		return true, true
	case begin.Before(end):
		forward = !t.Before(begin) && t.Before(end)
	default: // over the turn of the year
		forward = !t.Before(begin) || t.Before(end)
	}
	return forward, !forward
}

// sunday is the n-th Sunday of a month, the last if n is 0, at an hour.
func sunday(year int, m time.Month, n, hour int) time.Time {
	if n == 0 {
		d := time.Date(year, m+1, 0, hour, 0, 0, 0, time.UTC)
		return d.AddDate(0, 0, -int(d.Weekday()))
	}
	d := time.Date(year, m, 1, hour, 0, 0, 0, time.UTC)
	return d.AddDate(0, 0, (7-int(d.Weekday()))%7+7*(n-1))
}
