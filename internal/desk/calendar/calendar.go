// Package calendar is the arithmetic of deadlines: when a desk works, when
// something is due that takes four working hours or one month, and how a
// deadline stands now. It keeps nothing and asks no clock.
//
// The clock on the wall decides: a moment is open if the local time that it
// shows lies in the hours of the local weekday and the local date is no
// holiday. That settles the two odd days of the year as well. Hours that the
// clock skips in spring do not exist and last nothing; hours that it shows
// twice in autumn are open twice.
package calendar

import (
	"fmt"
	"iter"
	"time"

	"candor"
)

// Horizon bounds how far into the future a Calendar looks. It is long beyond
// any deadline, and keeps hostile durations from taking long.
const Horizon = 100 * 366 * 24 * time.Hour

// Config describes a Calendar. Indexes of Hours are time.Weekday.
type Config struct {
	Zone     *time.Location // of the clock on the wall; nil for UTC
	Hours    [7][]Span
	Holidays []Holiday
}

// Calendar says when a desk works. It never changes and is safe for
// concurrent use.
type Calendar struct {
	zone     *time.Location
	hours    [7][]Span // in order, disjoint, none over midnight
	holidays map[Date]string
	always   bool
}

// New checks c and makes a Calendar of it. A calendar that would never be open
// is an error of the kind candor.ErrInvalid.
func New(c Config) (*Calendar, error) {
	cal := &Calendar{zone: c.Zone, holidays: make(map[Date]string)}
	if cal.zone == nil {
		cal.zone = time.UTC
	}
	var err error
	if cal.hours, err = split(c.Hours); err != nil {
		return nil, err
	}
	yearly := 0
	for _, h := range c.Holidays {
		if !h.Date.valid() {
			return nil, candor.WithHint(fmt.Errorf("holiday %q: %s is no date: %w", h.Name, h.Date, candor.ErrInvalid),
				"Write year-month-day, or month-day for every year.")
		}
		if _, ok := cal.holidays[h.Date]; !ok && h.Date.Year == 0 {
			yearly++
		}
		cal.holidays[h.Date] = h.Name
	}
	// Any date that is left comes on every weekday sooner or later, so one day
	// a year is enough for hours to come. The 29th of February is not.
	if yearly >= 365 {
		return nil, candor.WithHint(fmt.Errorf("every day is a holiday: %w", candor.ErrInvalid), "Leave days on which somebody works.")
	}
	cal.always = len(cal.holidays) == 0 && cal.whole()
	return cal, nil
}

// Always is the calendar of those who never close: its time is elapsed time.
// The zone matters to months and days; nil is UTC.
func Always(zone *time.Location) *Calendar {
	if zone == nil {
		zone = time.UTC
	}
	c := &Calendar{zone: zone, always: true}
	for day := range c.hours {
		c.hours[day] = []Span{{0, DayEnd}}
	}
	return c
}

// whole tells whether the hours leave nothing out.
func (c *Calendar) whole() bool {
	for _, spans := range c.hours {
		if len(spans) != 1 || spans[0] != (Span{0, DayEnd}) {
			return false
		}
	}
	return true
}

// Zone gives the time zone of the clock on the wall.
func (c *Calendar) Zone() *time.Location { return c.zone }

// Open tells whether the desk works at t.
func (c *Calendar) Open(t time.Time) bool {
	local := t.In(c.zone)
	if _, closed := c.Holiday(t); closed {
		return false
	}
	now := wall(local)
	for _, s := range c.hours[local.Weekday()] {
		if s.From.duration() <= now && now < s.To.duration() {
			return true
		}
	}
	return false
}

// Holiday gives the name of the holiday that the local date of t is.
func (c *Calendar) Holiday(t time.Time) (name string, ok bool) {
	year, month, day := t.In(c.zone).Date()
	if name, ok = c.holidays[Date{year, month, day}]; !ok {
		name, ok = c.holidays[Date{0, month, day}]
	}
	return name, ok
}

// Next gives t itself if the desk works then, or else the moment in which it
// opens next, in UTC.
func (c *Calendar) Next(t time.Time) time.Time {
	for from := range c.pieces(t) {
		return from
	}
	return limit(t)
}

// Add gives the first moment, in UTC, at which d of working time has passed
// since t. It lies at a closing rather than at the opening that follows. A
// duration that is not positive adds nothing; what would lie beyond the
// Horizon lies on it.
func (c *Calendar) Add(t time.Time, d time.Duration) time.Time {
	switch {
	case d <= 0:
		return t.Round(0).UTC()
	case c.always:
		return t.Round(0).UTC().Add(min(d, Horizon))
	}
	for from, to := range c.pieces(t) {
		open := to.Sub(from)
		if open >= d {
			return from.Add(d)
		}
		d -= open
	}
	return limit(t)
}

// Between gives the working time from a to b, negative if b comes first. It
// counts no further than the Horizon.
func (c *Calendar) Between(a, b time.Time) time.Duration {
	switch {
	case b.Before(a):
		return -c.Between(b, a)
	case c.always:
		return min(b.Sub(a), Horizon)
	}
	var sum time.Duration
	for from, to := range c.pieces(a) {
		if !from.Before(b) {
			break
		}
		if to.After(b) {
			to = b
		}
		sum += to.Sub(from)
	}
	return sum
}

// pieces gives the times in which the desk works, from t to the Horizon, in
// UTC and in order. Two may touch.
func (c *Calendar) pieces(t time.Time) iter.Seq2[time.Time, time.Time] {
	return func(yield func(from, to time.Time) bool) {
		t = t.Round(0).UTC()
		for last := limit(t); t.Before(last); {
			// Until the next midnight, or until the clock on the wall is put
			// forward or back, both clocks run alike.
			local := t.In(c.zone)
			begin := wall(local)
			next := t.Add(DayEnd.duration() - begin)
			if _, change := local.ZoneBounds(); !change.IsZero() && change.Before(next) {
				next = change.UTC()
			}
			end := begin + next.Sub(t)
			if _, closed := c.Holiday(t); !closed {
				for _, s := range c.hours[local.Weekday()] {
					from, to := max(s.From.duration(), begin), min(s.To.duration(), end)
					if from < to && !yield(t.Add(from-begin), t.Add(to-begin)) {
						return
					}
				}
			}
			t = next
		}
	}
}

// limit is where looking ahead from t ends.
func limit(t time.Time) time.Time { return t.Round(0).UTC().Add(Horizon) }

// wall gives what the clock on the wall shows, as time since midnight.
func wall(local time.Time) time.Duration {
	hour, minute, second := local.Clock()
	return time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute +
		time.Duration(second)*time.Second + time.Duration(local.Nanosecond())
}
