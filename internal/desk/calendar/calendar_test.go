package calendar

import (
	"errors"
	"testing"
	"time"

	"candor"
)

func load(t testing.TB, zone string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// office is open from Monday to Friday, 9 to 17, in Berlin.
func office(t testing.TB) *Calendar {
	t.Helper()
	c := Config{Zone: load(t, "Europe/Berlin"), Holidays: []Holiday{{Date{0, 12, 25}, "Christmas"}, {Date{2026, 4, 3}, "Good Friday"}}}
	for day := time.Monday; day <= time.Friday; day++ {
		c.Hours[day] = []Span{{9 * 60, 17 * 60}}
	}
	cal, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return cal
}

// at reads a local time of the calendar's zone.
func at(t testing.TB, cal *Calendar, text string) time.Time {
	t.Helper()
	v, err := time.ParseInLocation("2006-01-02 15:04", text, cal.Zone())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestAdd(t *testing.T) {
	cal := office(t)
	for _, tt := range []struct {
		from string
		d    time.Duration
		want string
	}{
		{"2026-11-27 12:00", 4 * time.Hour, "2026-11-27 16:00"},
		{"2026-11-27 16:00", time.Hour, "2026-11-27 17:00"},     // at the closing, not on Monday morning
		{"2026-11-27 16:00", 2 * time.Hour, "2026-11-30 10:00"}, // over the weekend
		{"2026-11-28 03:00", time.Hour, "2026-11-30 10:00"},
		{"2026-11-28 03:00", 0, "2026-11-28 03:00"},
		{"2026-11-28 03:00", -time.Hour, "2026-11-28 03:00"},
		{"2026-12-24 16:30", time.Hour, "2026-12-28 09:30"}, // Christmas is a Friday
		{"2026-04-02 16:30", time.Hour, "2026-04-06 09:30"}, // Good Friday of that year alone
		{"2027-04-02 16:30", time.Hour, "2027-04-05 09:30"},
		{"2026-03-27 16:00", 2 * time.Hour, "2026-03-30 10:00"}, // the clock went forward on Sunday
	} {
		if got := cal.Add(at(t, cal, tt.from), tt.d); !got.Equal(at(t, cal, tt.want)) {
			t.Errorf("%s + %s = %s, want %s", tt.from, tt.d, got.In(cal.Zone()), tt.want)
		}
	}
	if name, ok := cal.Holiday(at(t, cal, "2030-12-25 00:00")); !ok || name != "Christmas" {
		t.Errorf("25 December is %q, %v", name, ok)
	}
}

// TestNightShift has hours over midnight, a clock that changes within them,
// and a holiday that cuts them.
func TestNightShift(t *testing.T) {
	c := Config{Zone: load(t, "Europe/Berlin"), Holidays: []Holiday{{Date{2026, 12, 25}, "Christmas"}}}
	for day := range c.Hours {
		c.Hours[day] = []Span{{22 * 60, 6 * 60}}
	}
	cal, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		night string // its evening
		want  time.Duration
	}{
		{"2026-11-26", 8 * time.Hour},
		{"2026-03-28", 7 * time.Hour}, // forward
		{"2026-10-24", 9 * time.Hour}, // back
		{"2026-12-24", 2 * time.Hour}, // until the holiday begins
		{"2026-12-25", 6 * time.Hour}, // from its end
	} {
		from := at(t, cal, tt.night+" 12:00")
		if got := cal.Between(from, from.Add(24*time.Hour)); got != tt.want {
			t.Errorf("the night of %s has %s, want %s", tt.night, got, tt.want)
		}
	}
}

func TestAlways(t *testing.T) {
	whole := Config{}
	for day := range whole.Hours {
		whole.Hours[day] = []Span{{12 * 60, DayEnd}, {0, 12 * 60}}
	}
	same, err := New(whole)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC)
	for _, cal := range []*Calendar{Always(nil), same, Always(load(t, "Europe/Berlin"))} {
		if !cal.always || !cal.Open(now) || !cal.Next(now).Equal(now) {
			t.Error("it is closed")
		}
		if got := cal.Add(now, 24*time.Hour); got.Sub(now) != 24*time.Hour || got.Location() != time.UTC {
			t.Errorf("a day ends at %s", got)
		}
		if cal.Between(now.Add(time.Hour), now) != -time.Hour {
			t.Error("time does not run backwards")
		}
	}
	if got := Always(nil).Between(now, now.Add(Horizon+time.Hour)); got != Horizon {
		t.Errorf("counted to %s", got)
	}
}

// TestHorizon holds that no calendar and no duration make a sum endless.
func TestHorizon(t *testing.T) {
	var c Config
	c.Hours[time.Monday] = []Span{{0, 1}}
	for d := time.Date(leap, 1, 1, 0, 0, 0, 0, time.UTC); d.Month() != 12 || d.Day() != 31; d = d.AddDate(0, 0, 1) {
		if d.Month() != 2 || d.Day() != 29 {
			c.Holidays = append(c.Holidays, Holiday{Date: Date{0, d.Month(), d.Day()}})
		}
	}
	cal, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	if next := cal.Next(now); !cal.Open(next) || next.Month() != 12 || next.Weekday() != time.Monday {
		t.Errorf("opens at %s", next)
	}
	if got := cal.Add(now, 1<<62); !got.Equal(now.Add(Horizon)) {
		t.Errorf("ends at %s", got)
	}
	if got := cal.Between(now, now.Add(Horizon+Horizon/2)); got <= 0 || got > time.Hour {
		t.Errorf("open for %s", got)
	}
}

func TestNewRefuses(t *testing.T) {
	day := func(s ...Span) (c Config) { c.Hours[2] = s; return c }
	many := day(Span{0, 60})
	for d := time.Date(leap, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() == leap; d = d.AddDate(0, 0, 1) {
		many.Holidays = append(many.Holidays, Holiday{Date: Date{0, d.Month(), d.Day()}})
	}
	wrong := day(Span{0, 60})
	wrong.Holidays = []Holiday{{Date{2026, 2, 29}, "no such day"}}
	for _, c := range []Config{{}, day(Span{60, 60}), day(Span{-1, 5}), day(Span{5, DayEnd + 1}), day(make([]Span, 99)...), many, wrong} {
		if _, err := New(c); !errors.Is(err, candor.ErrInvalid) || candor.Hint(err) == "" {
			t.Errorf("%v: %v", c, err)
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	cal := office(b)
	now := time.Date(2026, 3, 20, 10, 0, 0, 0, time.UTC)
	for b.Loop() {
		cal.Add(now, 40*time.Hour)
	}
}
