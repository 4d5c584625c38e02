package normal

import "time"

// Calendar tells the hour of the week at a place. Holidays are like Sundays.
type Calendar struct {
	Zone    *time.Location
	Holiday func(day time.Time) bool // tells of a day at its midnight; nil knows none
}

// Slot is the hour of the week at t.
func (c Calendar) Slot(t time.Time) Slot {
	local := t.In(c.Zone)
	day := (int(local.Weekday()) + 6) % 7
	if c.Holiday != nil && c.Holiday(time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, c.Zone)) {
		day = 6
	}
	return Slot(day*24 + local.Hour())
}
