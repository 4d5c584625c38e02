package phrase

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// numberFormat is how a language writes numbers. Digits are 0 to 9 in all of
// them: numbers stand beside addresses and digests, and get compared.
type numberFormat struct{ group, decimal string }

// Number writes n with its thousands apart.
func (p Printer) Number(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	if p.t == nil || len(s) < 5 && p.t.name == "es" { // Spanish leaves four digits together
		return sign + s
	}
	var b strings.Builder
	for i := range len(s) {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteString(p.t.number.group)
		}
		b.WriteByte(s[i])
	}
	return sign + b.String()
}

// Decimal writes f with so many digits after the decimal sign. What is no
// number is written as a dash.
func (p Printer) Decimal(f float64, digits int) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return "–"
	}
	whole, fraction, has := strings.Cut(strconv.FormatFloat(f, 'f', digits, 64), ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil { // beyond 2^63 nobody counts digits
		return strconv.FormatFloat(f, 'g', 3, 64)
	}
	out := p.Number(n)
	if n == 0 && strings.HasPrefix(whole, "-") {
		out = "-0"
	}
	if !has {
		return out
	}
	decimal := "."
	if p.t != nil {
		decimal = p.t.number.decimal
	}
	return out + decimal + fraction
}

// Percent writes a share between 0 and 1 as whole percent. Only all is 100 %
// and only nothing is 0 %: what would round to them is written with a digit more.
func (p Printer) Percent(share float64) string {
	percent := share * 100
	digits := 0
	switch {
	case percent > 99 && percent < 100:
		percent, digits = math.Min(percent, 99.9), 1
	case percent > 0 && percent < 1:
		percent, digits = math.Max(percent, 0.1), 1
	}
	return p.T("number.percent", Args{"value": ltr(p.Decimal(percent, digits))})
}

// Bytes writes a size in units of 1000.
func (p Printer) Bytes(n int64) string {
	size, unit := float64(n), 0
	for math.Abs(size) >= 999.5 && unit < 5 {
		size /= 1000
		unit++
	}
	digits := 0
	if unit > 0 && math.Abs(size) < 99.5 {
		digits = 1
	}
	return p.T("bytes."+strconv.Itoa(unit), Args{"size": ltr(p.Decimal(size, digits))})
}

// Time writes a moment to the minute, with the zone's distance from UTC; a nil
// zone is UTC. The zero time is not known.
func (p Printer) Time(t time.Time, zone *time.Location) string {
	return p.moment("time.exact", t, zone)
}

// Date writes the day of a moment in a zone; a nil zone is UTC.
func (p Printer) Date(t time.Time, zone *time.Location) string {
	return p.moment("time.date", t, zone)
}

func (p Printer) moment(key string, t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return p.T("time.unknown")
	}
	if zone == nil {
		zone = time.UTC
	}
	t = t.In(zone)
	return p.T(key, Args{
		"year":  ltr(t.Format("2006")),
		"month": ltr(p.T("time.month." + strconv.Itoa(int(t.Month())))),
		"day":   ltr(strconv.Itoa(t.Day())),
		"clock": ltr(t.Format("15:04")),
		"zone":  zoneName(t),
	})
}

// ltr marks what needs no isolation in right-to-left text.
type ltr string

// zoneName writes a zone by its distance from UTC: letters such as CST or IST
// each stand for several zones.
func zoneName(t time.Time) string {
	_, seconds := t.Zone()
	if seconds == 0 {
		return "UTC"
	}
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	out := fmt.Sprintf("UTC%c%d", sign, seconds/3600)
	if minutes := seconds / 60 % 60; minutes != 0 {
		out += fmt.Sprintf(":%02d", minutes)
	}
	return out
}

// step is a unit of time for people, and up to where it is used.
type step struct {
	unit string
	size time.Duration
	upto time.Duration
}

const day = 24 * time.Hour

var steps = []step{
	{"minute", time.Minute, time.Hour},
	{"hour", time.Hour, day},
	{"day", day, 30 * day},
	{"month", 30 * day, 365 * day},
	{"year", 365 * day, math.MaxInt64},
}

// Ago tells how far t lies from now, before or after, in the largest unit that
// fits: "3 minutes ago", "in 2 days". The zero time is not known.
func (p Printer) Ago(now, t time.Time) string {
	if t.IsZero() {
		return p.T("time.unknown")
	}
	distance, way := now.Sub(t), "time.ago."
	if distance < 0 {
		distance, way = -distance, "time.in."
	}
	if distance < time.Minute {
		return p.T("time.now")
	}
	for _, s := range steps {
		if distance < s.upto {
			return p.N(way+s.unit, int(distance/s.size))
		}
	}
	return p.N(way+"year", int(distance/(365*day)))
}

// Span writes a length of time in its two largest units: "2 h 10 min".
func (p Printer) Span(d time.Duration) string {
	if d < 0 {
		d = -d
	}
	if d < time.Second {
		return p.T("time.span.millisecond", Args{"n": d.Milliseconds()})
	}
	units := []step{{"day", day, 0}, {"hour", time.Hour, 0}, {"minute", time.Minute, 0}, {"second", time.Second, 0}}
	var parts []string
	for i, u := range units {
		n := d / u.size
		if n == 0 {
			if len(parts) > 0 {
				break
			}
			continue
		}
		parts = append(parts, p.T("time.span."+u.unit, Args{"n": int64(n)}))
		d -= n * u.size
		if len(parts) == 2 || i == len(units)-1 {
			break
		}
	}
	return strings.Join(parts, " ")
}
