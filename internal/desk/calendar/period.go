package calendar

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"candor"
)

// Period is how long something may take: months and days of the calendar, and
// hours on top of them. A month after 31 January is the last day of February;
// a day is the next day at the same time by the clock on the wall, be it 23,
// 24 or 25 hours away.
type Period struct {
	Months, Days int
	Time         time.Duration // whole minutes
}

// Bounds of a Period: ten years. What is due later needs no clock.
const (
	maxMonths = 120
	maxDays   = 3660
	maxTime   = maxDays * 24 * time.Hour
)

// Hours is a Period of n hours.
func Hours(n int) Period { return Period{Time: time.Duration(n) * time.Hour} }

// valid tells whether p lasts, and within bounds.
func (p Period) valid() bool {
	return p != Period{} && p.Months >= 0 && p.Months <= maxMonths && p.Days >= 0 && p.Days <= maxDays &&
		p.Time >= 0 && p.Time <= maxTime && p.Time%time.Minute == 0
}

// units of a Period's text, the largest first.
var units = [...]struct {
	name string
	of   Period
}{
	{"mo", Period{Months: 1}},
	{"w", Period{Days: 7}},
	{"d", Period{Days: 1}},
	{"h", Period{Time: time.Hour}},
	{"m", Period{Time: time.Minute}},
}

// ParsePeriod reads what String writes: numbers with units, the largest unit
// first: "4h", "1mo", "2w", "3d12h", "90m". The error is of the kind
// candor.ErrInvalid.
func ParsePeriod(text string) (Period, error) {
	var p Period
	rest := strings.TrimSpace(text)
	for _, u := range units {
		digits := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
		after, ok := strings.CutPrefix(rest[len(digits):], u.name)
		if digits == "" || !ok || u.name == "m" && strings.HasPrefix(after, "o") {
			continue
		}
		n, err := strconv.ParseUint(digits, 10, 24)
		if err != nil {
			break
		}
		p.Months += int(n) * u.of.Months
		p.Days += int(n) * u.of.Days
		p.Time += time.Duration(n) * u.of.Time
		rest = after
	}
	if rest != "" || !p.valid() {
		return Period{}, candor.WithHint(fmt.Errorf("%q is no period: %w", text, candor.ErrInvalid),
			"Write numbers with mo (months), w, d, h or m (minutes), the largest first: 4h, 1mo, 3d12h. Ten years are the most.")
	}
	return p, nil
}

// String writes p like "1mo", "3d12h", "90m"; "0m" if it does not last.
func (p Period) String() string {
	var b strings.Builder
	write := func(n int, unit string) {
		if n != 0 {
			fmt.Fprintf(&b, "%d%s", n, unit)
		}
	}
	write(p.Months, "mo")
	write(p.Days, "d")
	hours := int(p.Time / time.Hour)
	minutes := int(p.Time % time.Hour / time.Minute)
	if hours == 1 && minutes > 0 {
		hours, minutes = 0, minutes+60 // 90m, as people say
	}
	write(hours, "h")
	write(minutes, "m")
	if b.Len() == 0 {
		return "0m"
	}
	return b.String()
}

// MarshalText writes p as String does.
func (p Period) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (p *Period) UnmarshalText(text []byte) (err error) {
	*p, err = ParsePeriod(string(text))
	return err
}

// After gives the moment that lies p after t by the clocks of the zone, in
// UTC. A local time that the clock skips becomes the moment of the change,
// one that it shows twice the first of the two.
func (p Period) After(t time.Time, zone *time.Location) time.Time {
	t = t.Round(0)
	if p.Months != 0 || p.Days != 0 {
		local := t.In(zone)
		year, month, day := local.Date()
		first := time.Date(year, month+time.Month(p.Months), 1, 0, 0, 0, 0, time.UTC)
		year, month = first.Year(), first.Month()
		last := first.AddDate(0, 1, -1).Day()
		t = instant(year, month, min(day, last)+p.Days, wall(local), zone)
	}
	return t.Add(p.Time).UTC()
}

// instant finds the moment at which the zone's clock shows a date and time of
// day. time.Date leaves open what it does around a change of the clock.
func instant(year int, month time.Month, day int, of time.Duration, zone *time.Location) time.Time {
	// The reading as if it were UTC: differences of readings are then plain.
	want := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Add(of)
	reading := func(t time.Time) time.Time {
		_, offset := t.In(zone).Zone()
		return t.Add(time.Duration(offset) * time.Second)
	}
	// No clock is more than a day from UTC. Of the stretches of even clock
	// within reach, the first that shows the reading, or the change that
	// jumps over it.
	for t := want.Add(-26 * time.Hour); ; {
		_, end := t.In(zone).ZoneBounds()
		if at := t.Add(want.Sub(reading(t))); end.IsZero() || at.Before(end) {
			if at.Before(t) {
				return t // skipped: t is the moment of the change
			}
			return at
		}
		t = end.UTC()
	}
}
