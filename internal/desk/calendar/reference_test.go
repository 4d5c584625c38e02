package calendar

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// reference is a Calendar that looks at every minute. It shares no code with
// the one that it judges.
type reference struct {
	Config
}

func (r reference) open(t time.Time) bool {
	local := t.In(r.Zone)
	for _, h := range r.Holidays {
		d := h.Date
		if (d.Year == 0 || d.Year == local.Year()) && d.Month == local.Month() && d.Day == local.Day() {
			return false
		}
	}
	now := Minute(local.Hour()*60 + local.Minute())
	for _, s := range r.Hours[local.Weekday()] {
		if s.From < s.To && s.From <= now && now < s.To || s.From > s.To && now >= s.From {
			return true
		}
	}
	for _, s := range r.Hours[(local.Weekday()+6)%7] { // what came over midnight
		if s.From > s.To && now < s.To {
			return true
		}
	}
	return false
}

func (r reference) between(a, b time.Time) (sum time.Duration) {
	for t := a; t.Before(b); t = t.Add(time.Minute) {
		if r.open(t) {
			sum += time.Minute
		}
	}
	return sum
}

// add gives the first minute at which d has passed; ok is false if that is
// later than last.
func (r reference) add(t time.Time, d time.Duration, last time.Time) (at time.Time, ok bool) {
	for ; d > 0; t = t.Add(time.Minute) {
		if t.After(last) {
			return t, false
		}
		if r.open(t) {
			d -= time.Minute
		}
	}
	return t, true
}

// oddities are moments around which clocks did something strange.
var oddities = []struct{ zone, at string }{
	{"UTC", "2026-12-31T23:00:00Z"},
	{"Europe/Berlin", "2026-03-29T01:00:00Z"},
	{"Europe/Berlin", "2026-10-25T01:00:00Z"},
	{"America/New_York", "2026-11-01T06:00:00Z"},
	{"America/Sao_Paulo", "2018-11-04T03:00:00Z"},   // midnight is skipped
	{"America/Sao_Paulo", "2018-02-18T02:00:00Z"},   // midnight comes twice
	{"Australia/Lord_Howe", "2026-04-04T15:00:00Z"}, // half an hour
	{"Australia/Lord_Howe", "2026-10-03T15:30:00Z"},
	{"Pacific/Apia", "2011-12-30T10:00:00Z"}, // a whole date is skipped
	{"Africa/Casablanca", "2026-02-15T02:00:00Z"},
	{"Asia/Kathmandu", "2024-02-28T12:00:00Z"},
}

func randomConfig(r *rand.Rand, zone *time.Location, near time.Time) Config {
	c := Config{Zone: zone}
	for day := range c.Hours {
		for range r.IntN(3) {
			s := Span{Minute(r.IntN(96) * 15), Minute(r.IntN(97) * 15)}
			if s.valid() {
				c.Hours[day] = append(c.Hours[day], s)
			}
		}
	}
	c.Hours[r.IntN(7)] = []Span{{8 * 60, 12 * 60}}
	for range r.IntN(4) {
		t := near.In(zone).AddDate(0, 0, r.IntN(9)-4)
		d := Date{t.Year(), t.Month(), t.Day()}
		if r.IntN(2) == 0 {
			d.Year = 0
		}
		c.Holidays = append(c.Holidays, Holiday{d, "holiday"})
	}
	return c
}

// TestReference holds Calendar against every minute of the days around the
// oddities, for calendars drawn at random.
func TestReference(t *testing.T) {
	r := rand.New(rand.NewPCG(1207, 2008))
	added := 0
	for round := range 220 {
		odd := oddities[round%len(oddities)]
		zone, err := time.LoadLocation(odd.zone)
		if err != nil {
			t.Fatal(err)
		}
		near, err := time.Parse(time.RFC3339, odd.at)
		if err != nil {
			t.Fatal(err)
		}
		config := randomConfig(r, zone, near)
		cal, err := New(config)
		if err != nil {
			t.Fatal(err)
		}
		want := reference{config}
		a := near.Add(time.Duration(r.IntN(8*24*60)-4*24*60) * time.Minute)
		b := a.Add(time.Duration(r.IntN(8*24*60)) * time.Minute)
		d := time.Duration(r.IntN(20*60)) * time.Minute
		if got, want := cal.Open(a), want.open(a); got != want {
			t.Fatalf("%s: Open(%s) = %v\n%v", zone, a, got, config)
		}
		sum := cal.Between(a, b)
		if want := want.between(a, b); sum != want || cal.Between(b, a) != -sum {
			t.Fatalf("%s: Between(%s, %s) = %s, want %s\n%v", zone, a, b, sum, want, config)
		}
		at := cal.Add(a, d)
		if want, ok := want.add(a, d, a.AddDate(0, 0, 15)); ok {
			added++
			if !at.Equal(want) {
				t.Fatalf("%s: Add(%s, %s) = %s, want %s\n%v", zone, a, d, at, want, config)
			}
		}
		if got := cal.Between(a, at); got != d {
			t.Fatalf("%s: Between(a, Add(a, %s)) = %s", zone, d, got)
		}
		next := cal.Next(a)
		if !cal.Open(next) || next.Before(a) || cal.Between(a, next) != 0 {
			t.Fatalf("%s: Next(%s) = %s\n%v", zone, a, next, config)
		}
	}
	if added < 100 {
		t.Fatalf("only %d sums were compared", added)
	}
}

// TestLaws holds that working time adds up, to the nanosecond.
func TestLaws(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2008))
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	near := time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC)
	for range 400 {
		cal, err := New(randomConfig(r, zone, near))
		if err != nil {
			t.Fatal(err)
		}
		var at [3]time.Time
		for i := range at {
			at[i] = near.Add(time.Duration(r.Int64N(int64(20*24*time.Hour))) - 10*24*time.Hour)
		}
		slices.SortFunc(at[:], time.Time.Compare)
		if sum := cal.Between(at[0], at[1]) + cal.Between(at[1], at[2]); sum != cal.Between(at[0], at[2]) {
			t.Fatalf("parts of %s are %s", cal.Between(at[0], at[2]), sum)
		}
		d := time.Duration(r.Int64N(int64(20 * time.Hour)))
		first, second := cal.Add(at[0], d), cal.Add(at[1], d)
		if second.Before(first) {
			t.Fatalf("who starts later is done earlier: %s, %s", first, second)
		}
		if d > 0 && cal.Between(at[0], first.Add(-1)) >= d {
			t.Fatalf("Add(%s, %s) = %s is not the first moment", at[0], d, first)
		}
	}
}
