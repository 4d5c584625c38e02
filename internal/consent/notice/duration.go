package notice

import (
	"strconv"
	"strings"
	"time"
)

// span is a duration of one unit, as notices have them.
type span struct {
	n    int
	unit string // of the texts: "year", "month", "week", "day", "hour", "minute", "second"
}

const day = 24 * time.Hour

// parseSpan reads an ISO 8601 duration of one unit.
func parseSpan(s string) (span, bool) {
	rest, timed := strings.CutPrefix(s, "PT")
	if !timed {
		var is bool
		if rest, is = strings.CutPrefix(s, "P"); !is {
			return span{}, false
		}
	}
	if rest == "" {
		return span{}, false
	}
	units := map[byte]string{'Y': "year", 'M': "month", 'W': "week", 'D': "day"}
	if timed {
		units = map[byte]string{'H': "hour", 'M': "minute", 'S': "second"}
	}
	unit := units[rest[len(rest)-1]]
	n, err := strconv.Atoi(rest[:len(rest)-1])
	return span{n, unit}, err == nil && n > 0 && unit != ""
}

// longest is as long as a span can be: a month has 31 days, a year 366.
func (s span) longest() time.Duration {
	unit := map[string]time.Duration{
		"year": 366 * day, "month": 31 * day, "week": 7 * day, "day": day,
		"hour": time.Hour, "minute": time.Minute, "second": time.Second,
	}[s.unit]
	const most = 1<<63 - 1
	if unit > 0 && time.Duration(s.n) > most/unit {
		return most
	}
	return time.Duration(s.n) * unit
}

// slack is what clocks and the rounding of an Expires to days may add.
const slack = day

// longer tells whether something lives longer than it was declared to.
func longer(lifetime time.Duration, declared string) bool {
	if declared == "unlimited" {
		return false
	}
	s, ok := parseSpan(declared)
	if !ok { // for the session
		return lifetime != 0
	}
	most := s.longest()
	// Only long lives are rounded to days.
	if most >= 7*day {
		most += min(slack, 1<<63-1-most)
	}
	return lifetime < 0 || lifetime > most
}
