package calendar

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"candor"
)

// Bounds of an iCalendar text. A country's holidays are a hundredth of it.
const (
	maxICS      = 1 << 20 // bytes
	maxICSDays  = 31      // of one event
	maxICSLines = 50_000
)

// Skipped is an event that was left out, and why. People should see it: a
// holiday that is missing makes deadlines come too early.
type Skipped struct {
	Line int // of BEGIN:VEVENT
	Name string
	Why  string
}

// ParseICS reads holidays from an iCalendar text (RFC 5545): all-day events,
// of one or several days, once or every year on the same date. Events with a
// time of day, and rules of repetition that say more, are skipped and told. A
// text that is no iCalendar, or beyond bounds, is an error of the kind
// candor.ErrInvalid.
func ParseICS(name string, text []byte) ([]Holiday, []Skipped, error) {
	const hint = "Take an .ics file with one country's public holidays, at most 1 MiB."
	if len(text) > maxICS {
		return nil, nil, candor.WithHint(fmt.Errorf("%s: larger than %d KiB: %w", name, maxICS>>10, candor.ErrInvalid), hint)
	}
	lines := unfold(string(text))
	if len(lines) == 0 || !strings.EqualFold(lines[0].text, "BEGIN:VCALENDAR") || len(lines) > maxICSLines {
		return nil, nil, candor.WithHint(fmt.Errorf("%s: not an iCalendar text, or too long: %w", name, candor.ErrInvalid), hint)
	}
	var (
		holidays []Holiday
		skipped  []Skipped
		nested   []string // components that are open inside of an event
		now      *event
	)
	for _, l := range lines {
		property, value := l.property()
		switch {
		case now == nil:
			if property == "BEGIN" && strings.EqualFold(value, "VEVENT") {
				now = &event{line: l.number}
			}
		case property == "BEGIN":
			nested = append(nested, value)
		case property == "END" && len(nested) > 0:
			nested = nested[:len(nested)-1]
		case property == "END":
			found, why := now.holidays()
			if why != "" {
				skipped = append(skipped, Skipped{now.line, now.name, why})
			}
			holidays = append(holidays, found...)
			now = nil
		case len(nested) == 0:
			now.set(property, value)
		}
		if len(holidays)+len(skipped) > 2*maxHolidays {
			return nil, nil, candor.WithHint(fmt.Errorf("%s: more than %d events: %w", name, 2*maxHolidays, candor.ErrInvalid), hint)
		}
	}
	if now != nil {
		skipped = append(skipped, Skipped{now.line, now.name, "the text ends within it"})
	}
	return holidays, skipped, nil
}

type line struct {
	number int
	text   string
}

// unfold joins lines that were folded (RFC 5545 section 3.1).
func unfold(text string) []line {
	var lines []line
	var parts []string // of the last line
	flush := func() {
		if len(parts) > 1 {
			lines[len(lines)-1].text = strings.Join(parts, "")
		}
	}
	number := 0
	for raw := range strings.SplitSeq(strings.TrimPrefix(text, "\ufeff"), "\n") {
		number++
		raw = strings.TrimSuffix(raw, "\r")
		if rest := strings.TrimLeft(raw, " \t"); len(raw) > 0 && len(rest) < len(raw) && len(parts) > 0 {
			parts = append(parts, raw[1:])
			continue
		}
		if raw == "" {
			continue
		}
		flush()
		parts = append(parts[:0], raw)
		lines = append(lines, line{number, raw})
	}
	flush()
	return lines
}

// property gives the name without parameters, in upper case, and the value.
// A colon within quotes belongs to a parameter.
func (l line) property() (name, value string) {
	quoted := false
	for i, r := range l.text {
		switch {
		case r == '"':
			quoted = !quoted
		case r == ':' && !quoted:
			name, _, _ = strings.Cut(l.text[:i], ";")
			return strings.ToUpper(name), strings.TrimSpace(l.text[i+1:])
		}
	}
	return "", ""
}

// event is a VEVENT as far as it matters here.
type event struct {
	line               int
	name               string
	from, to           time.Time // to is excluded; zero if not given
	rule               string
	cancelled, strange bool
}

func (e *event) set(property, value string) {
	switch property {
	case "SUMMARY":
		e.name = unescape(value)
	case "STATUS":
		e.cancelled = strings.EqualFold(value, "CANCELLED")
	case "RRULE":
		e.rule = strings.ToUpper(value)
	case "RDATE", "EXDATE", "EXRULE", "DURATION", "RECURRENCE-ID":
		e.strange = true
	case "DTSTART":
		e.from = day(value)
	case "DTEND":
		if e.to = day(value); e.to.IsZero() {
			e.strange = true
		}
	}
}

// day reads a value of the type DATE (RFC 5545 section 3.3.4); zero if it is
// another.
func day(value string) time.Time {
	t, err := time.Parse("20060102", value)
	if err != nil || t.Year() < 1 {
		return time.Time{}
	}
	return t
}

// unescape reads a value of the type TEXT (RFC 5545 section 3.3.11).
func unescape(value string) string {
	return strings.NewReplacer(`\\`, `\`, `\;`, ";", `\,`, ",", `\n`, " ", `\N`, " ").Replace(value)
}

// holidays gives the dates of e, or why there are none. A cancelled event is
// simply none.
func (e *event) holidays() (found []Holiday, why string) {
	if e.cancelled {
		return nil, ""
	}
	if e.from.IsZero() {
		return nil, "it is not an all-day event"
	}
	end := e.to
	if !end.After(e.from) {
		end = e.from.AddDate(0, 0, 1)
	}
	yearly, ok := e.yearly()
	switch {
	case !ok || e.strange:
		return nil, "its repetition is not understood; list its dates one by one"
	case end.Sub(e.from) > maxICSDays*24*time.Hour:
		return nil, fmt.Sprintf("it lasts longer than %d days", maxICSDays)
	}
	for t := e.from; t.Before(end); t = t.AddDate(0, 0, 1) {
		d := Date{t.Year(), t.Month(), t.Day()}
		if yearly {
			d.Year = 0
		}
		found = append(found, Holiday{d, e.name})
	}
	return found, ""
}

// yearly tells whether e comes every year on the date on which it began; ok
// is false for a repetition that says anything else.
func (e *event) yearly() (yearly, ok bool) {
	if e.rule == "" {
		return false, true
	}
	parts := strings.Split(e.rule, ";")
	// These repeat what a yearly rule says anyway.
	same := []string{
		"FREQ=YEARLY", "INTERVAL=1", "WKST=MO", "WKST=SU",
		fmt.Sprintf("BYMONTH=%d", int(e.from.Month())), fmt.Sprintf("BYMONTHDAY=%d", e.from.Day()),
	}
	for _, p := range parts {
		if !slices.Contains(same, p) {
			return false, false
		}
	}
	return true, slices.Contains(parts, "FREQ=YEARLY")
}
