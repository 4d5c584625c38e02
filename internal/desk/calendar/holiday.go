package calendar

import (
	"fmt"
	"time"

	"candor"
)

// Date is a day of the local calendar. Year 0 means that day of every year;
// the 29th of February then comes in leap years only.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// String writes d as 2026-04-03, or 12-25 for every year.
func (d Date) String() string {
	if d.Year == 0 {
		return fmt.Sprintf("%02d-%02d", int(d.Month), d.Day)
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// leap stands for every year where a year is needed: it has all days.
const leap = 2000

func (d Date) valid() bool {
	year := d.Year
	if year == 0 {
		year = leap
	}
	t := time.Date(year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
	return d.Year >= 0 && d.Year <= 9999 && t.Month() == d.Month && t.Day() == d.Day
}

// ParseDate reads "2026-04-03" or, for every year, "12-25".
func ParseDate(text string) (Date, error) {
	if t, err := time.Parse(time.DateOnly, text); err == nil && t.Year() > 0 {
		return Date{t.Year(), t.Month(), t.Day()}, nil
	}
	if t, err := time.Parse(time.DateOnly, fmt.Sprintf("%d-%s", leap, text)); err == nil {
		return Date{0, t.Month(), t.Day()}, nil
	}
	return Date{}, candor.WithHint(fmt.Errorf("%q is no date: %w", text, candor.ErrInvalid),
		"Write year-month-day like 2026-04-03, or month-day like 12-25 for every year.")
}

// Holiday is a date on which the desk does not work, from midnight to
// midnight. A shift that comes over midnight into it ends there, and one that
// would begin on it begins when it is over.
type Holiday struct {
	Date Date
	Name string
}
