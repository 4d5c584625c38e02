package calendar

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"candor"
)

// Minute is a time of day by the clock on the wall: minutes since midnight,
// up to DayEnd.
type Minute int

// DayEnd is 24:00, the midnight that ends a day.
const DayEnd Minute = 24 * 60

func (m Minute) duration() time.Duration { return time.Duration(m) * time.Minute }

// String writes m as 09:30.
func (m Minute) String() string { return fmt.Sprintf("%02d:%02d", int(m)/60, int(m)%60) }

// Span is a part of a day, up to but not including To. If To comes before
// From the span goes on over midnight into the next day: 22:00-06:00.
type Span struct{ From, To Minute }

// String writes s as 09:00-17:30.
func (s Span) String() string { return s.From.String() + "-" + s.To.String() }

// valid tells whether s lies within a day and lasts. Two equal ends could mean
// nothing or a whole day, so they mean neither.
func (s Span) valid() bool {
	return s.From >= 0 && s.From < DayEnd && s.To >= 0 && s.To <= DayEnd && s.From != s.To
}

const spanHint = "Write opening and closing like 09:00-17:30; 22:00-06:00 goes over midnight, 00:00-24:00 is the whole day."

// ParseSpan reads "09:00-17:30".
func ParseSpan(text string) (Span, error) {
	from, to, ok := strings.Cut(strings.TrimSpace(text), "-")
	a, okA := parseMinute(from)
	b, okB := parseMinute(to)
	s := Span{a, b}
	if !ok || !okA || !okB || !s.valid() {
		return Span{}, candor.WithHint(fmt.Errorf("hours %q: not a span of a day: %w", text, candor.ErrInvalid), spanHint)
	}
	return s, nil
}

func parseMinute(text string) (Minute, bool) {
	hour, minute, ok := strings.Cut(strings.TrimSpace(text), ":")
	if !ok || len(hour) > 2 || len(minute) != 2 {
		return 0, false
	}
	h, errH := strconv.ParseUint(hour, 10, 8)
	m, errM := strconv.ParseUint(minute, 10, 8)
	at := Minute(h*60 + m)
	return at, errH == nil && errM == nil && m < 60 && at <= DayEnd
}

// maxSpans bounds the spans of one day.
const maxSpans = 48

// split cuts spans at midnight, and puts those of each day in order and
// together where they touch or overlap.
func split(week [7][]Span) (out [7][]Span, err error) {
	open := false
	for day, spans := range week {
		if len(spans) > maxSpans {
			return out, candor.WithHint(fmt.Errorf("%s has more than %d spans of hours: %w", time.Weekday(day), maxSpans, candor.ErrInvalid),
				"Write fewer, longer ones.")
		}
		for _, s := range spans {
			if !s.valid() {
				return out, candor.WithHint(fmt.Errorf("%s, hours %s: not a span of a day: %w", time.Weekday(day), s, candor.ErrInvalid), spanHint)
			}
			open = true
			if s.From < s.To {
				out[day] = append(out[day], s)
				continue
			}
			out[day] = append(out[day], Span{s.From, DayEnd})
			if next := (day + 1) % 7; s.To > 0 {
				out[next] = append(out[next], Span{0, s.To})
			}
		}
	}
	if !open {
		return out, candor.WithHint(fmt.Errorf("no hours on any day: %w", candor.ErrInvalid),
			"Give the hours of at least one day, or say \"always\".")
	}
	for day := range out {
		out[day] = merge(out[day])
	}
	return out, nil
}

func merge(spans []Span) []Span {
	slices.SortFunc(spans, func(a, b Span) int { return cmp.Compare(a.From, b.From) })
	var out []Span
	for _, s := range spans {
		if last := len(out) - 1; last >= 0 && s.From <= out[last].To {
			out[last].To = max(out[last].To, s.To)
			continue
		}
		out = append(out, s)
	}
	return out
}
