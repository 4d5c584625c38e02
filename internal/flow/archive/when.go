package archive

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// units of a length of time, from the longest.
var units = []struct {
	letter byte
	length time.Duration
}{{'w', 7 * 24 * time.Hour}, {'d', 24 * time.Hour}, {'h', time.Hour}, {'m', time.Minute}, {'s', time.Second}}

const spans = "30s, 15m, 1h, 7d, 1h30m"

// ParseSpan reads a length of time: numbers with the letters w, d, h, m, s, the
// longest first. It is more than nothing, and whole seconds.
func ParseSpan(text string) (time.Duration, bool) {
	var sum time.Duration
	rest := text
	for _, u := range units {
		n, tail, ok := strings.Cut(rest, string(u.letter))
		if !ok {
			continue
		}
		v, err := strconv.ParseUint(n, 10, 31)
		if err != nil || v > uint64((math.MaxInt64-sum)/u.length) {
			return 0, false
		}
		sum, rest = sum+time.Duration(v)*u.length, tail
	}
	return sum, rest == "" && sum > 0
}

// FormatSpan writes a length of time in whole seconds as ParseSpan reads it.
func FormatSpan(d time.Duration) string {
	var b strings.Builder
	for _, u := range units {
		if n := d / u.length; n > 0 && (u.letter != 'w' || d%u.length == 0) {
			b.WriteString(strconv.FormatInt(int64(n), 10))
			b.WriteByte(u.letter)
			d %= u.length
		}
	}
	return b.String()
}

const times = "1h, 2026-11-26, 2026-11-26T20:00/2026-11-26T21:00, 2026-11-26T20:00/1h, each with Z or +01:00 if it is not here"

// ParseTime reads from when until when a question asks: a length of time until now
// (1h), a day (2026-11-26), or two ends with / between, of which one may be a
// length (2026-11-26T20:00/1h). Times that name no zone are of the given one. The
// error is a *Mistake.
func ParseTime(text string, now time.Time, zone *time.Location) (since, until time.Time, err error) {
	from, to, both := strings.Cut(text, "/")
	if d, ok := ParseSpan(text); ok && !both {
		return longAgo(now, d, text)
	}
	start, day, ok := moment(from, zone)
	if !both {
		if !ok || !day {
			return since, until, &Mistake{Problem: NoTime, In: "time", Text: text, Allowed: times}
		}
		return start.UTC(), start.AddDate(0, 0, 1).UTC(), nil
	}
	end, lastDay, okEnd := moment(to, zone)
	if lastDay {
		end = end.AddDate(0, 0, 1) // all of it
	}
	if d, is := ParseSpan(to); is && ok {
		end, okEnd = start.Add(d), true
	}
	if d, is := ParseSpan(from); is && okEnd {
		start, ok = end.Add(-d), true
	}
	switch {
	case !ok:
		return since, until, &Mistake{Problem: NoTime, In: "time", Text: from, Allowed: times}
	case !okEnd:
		return since, until, &Mistake{Problem: NoTime, In: "time", At: len(from) + 1, Text: to, Allowed: times}
	case !start.Before(end) || !told(start) || !told(end):
		return since, until, &Mistake{Problem: NoTime, In: "time", Text: text, Allowed: times}
	}
	return start.UTC(), end.UTC(), nil
}

func longAgo(now time.Time, d time.Duration, text string) (since, until time.Time, err error) {
	if since = now.Add(-d); !told(since) {
		return since, until, &Mistake{Problem: NoTime, In: "time", Text: text, Allowed: times}
	}
	return since.UTC(), now.UTC(), nil
}

// told tells whether archives can hold a time.
func told(t time.Time) bool { return t.Year() >= 1970 && t.Year() < 2200 }

// moment reads a time of day or a day.
func moment(text string, zone *time.Location) (at time.Time, day, ok bool) {
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", time.RFC3339} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil && told(t) {
			return t.Truncate(time.Microsecond), layout == time.DateOnly, true
		}
	}
	return at, false, false
}

// FormatTime writes two ends as ParseTime reads them, in UTC, to microseconds.
func FormatTime(since, until time.Time) string {
	return formatMoment(since) + "/" + formatMoment(until)
}

func formatMoment(t time.Time) string {
	t = t.UTC().Truncate(time.Microsecond)
	if t.Second() == 0 && t.Nanosecond() == 0 {
		return t.Format("2006-01-02T15:04Z07:00")
	}
	return t.Format(time.RFC3339Nano)
}
