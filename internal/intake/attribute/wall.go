package attribute

import (
	"strconv"
	"strings"
	"time"

	"candor/internal/regex"
)

// Clocks of the world are from 12 h behind UTC to 14 h ahead of it.
const (
	behind = 12 * time.Hour
	ahead  = 14 * time.Hour
)

var (
	isoDay   = regex.Of(`\b(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})`)
	dottyDay = regex.Of(`\b(\d{1,2})\.(\d{1,2})\.(\d{4})\b`)
	namedDay = regex.Of(`\b(\d{1,2})[-/. ]([A-Z][a-z]{2})[a-z]*[-/. ,]+(\d{4})`)
	usualDay = regex.Of(`\b([A-Z][a-z]{2})[a-z]*\.? {1,2}(\d{1,2})(?:st|nd|rd|th)?\b(?:,? (\d{4})\b|.{0,20} (\d{4})$)?`)
	hours    = regex.Of(`(?:^|[T :,])(\d{1,2}):(\d{2})(?::(\d{2}))?`)
)

// wall reads what clocks on a wall showed, of a text without a zone, as if they
// showed UTC; how long that was shown too: a day if only the day is told. A day
// without a year is the last before the report came.
func wall(text string, received time.Time) (at time.Time, lasts time.Duration, ok bool) {
	y, m, d := 0, time.Month(0), 0
	if f := isoDay.FindStringSubmatch(text); f != nil {
		y, m, d = number(f[1]), time.Month(number(f[2])), number(f[3])
	} else if f := dottyDay.FindStringSubmatch(text); f != nil {
		y, m, d = number(f[3]), time.Month(number(f[2])), number(f[1])
	} else if f := namedDay.FindStringSubmatch(text); f != nil {
		y, m, d = number(f[3]), monthOf(f[2]), number(f[1])
	} else if f := usualDay.FindStringSubmatch(text); f != nil {
		y, m, d = number(f[3]+f[4]), monthOf(f[1]), number(f[2])
	}
	if m < 1 || m > 12 || d < 1 {
		return at, 0, false
	}
	if y == 0 {
		y = received.Year()
		if time.Date(y, m, d, 0, 0, 0, 0, time.UTC).After(received.Add(ahead)) {
			y--
		}
	}
	at, lasts = time.Date(y, m, d, 0, 0, 0, 0, time.UTC), 24*time.Hour
	if at.Day() != d {
		return at, 0, false
	}
	if f := hours.FindStringSubmatch(text); f != nil && number(f[1]) < 24 {
		hour := number(f[1])
		lasts = time.Minute
		if hour <= 12 && strings.ContainsAny(text, "AaPp") { // perhaps of a clock of twelve hours
			hour, lasts = hour%12, 12*time.Hour+time.Minute
		}
		at = at.Add(time.Duration(hour)*time.Hour + time.Duration(number(f[2]))*time.Minute + time.Duration(number(f[3]))*time.Second)
	}
	return at, lasts, true
}

// coarse is how much later than a text says it may have been: of one that tells no
// seconds.
func coarse(text string) time.Duration {
	if f := hours.FindStringSubmatch(text); f != nil && f[3] == "" {
		return time.Minute - 1
	}
	return 0
}

func number(s string) int {
	n, _ := strconv.Atoi(s) // of digits, few of them
	return n
}

func monthOf(name string) time.Month {
	const all = "JanFebMarAprMayJunJulAugSepOctNovDec"
	if i := strings.Index(all, name); i >= 0 && i%3 == 0 {
		return time.Month(i/3 + 1)
	}
	return 0
}
