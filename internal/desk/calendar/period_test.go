package calendar

import (
	"errors"
	"testing"
	"time"

	"candor"
)

func TestPeriodText(t *testing.T) {
	for _, tt := range []struct {
		text  string
		want  Period
		again string
	}{
		{"4h", Hours(4), "4h"},
		{"1mo", Period{Months: 1}, "1mo"},
		{"90m", Period{Time: 90 * time.Minute}, "90m"},
		{"2w", Period{Days: 14}, "14d"},
		{"3d12h", Period{Days: 3, Time: 12 * time.Hour}, "3d12h"},
		{" 1mo2w3d4h5m ", Period{1, 17, 4*time.Hour + 5*time.Minute}, "1mo17d4h5m"},
	} {
		p, err := ParsePeriod(tt.text)
		if err != nil || p != tt.want || p.String() != tt.again {
			t.Errorf("%q: %+v (%s), %v", tt.text, p, p, err)
		}
	}
	for _, text := range []string{"", "0h", "4", "h", "4 h", "-4h", "4h1d", "1.5h", "1M", "121mo", "9999999999h", "4hh", "88000h"} {
		if p, err := ParsePeriod(text); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%q was read as %s", text, p)
		}
	}
}

func TestAfter(t *testing.T) {
	berlin, apia := load(t, "Europe/Berlin"), load(t, "Pacific/Apia")
	month, day := Period{Months: 1}, Period{Days: 1}
	for _, tt := range []struct {
		zone       *time.Location
		from, want string
		p          Period
	}{
		{time.UTC, "2026-01-31T10:00:00Z", "2026-02-28T10:00:00Z", month},
		{time.UTC, "2028-01-31T10:00:00Z", "2028-02-29T10:00:00Z", month},
		{time.UTC, "2026-02-28T10:00:00Z", "2026-03-28T10:00:00Z", month},
		{time.UTC, "2026-12-31T23:59:00Z", "2027-01-31T23:59:00Z", month},
		{time.UTC, "2024-02-29T10:00:00Z", "2025-02-28T10:00:00Z", Period{Months: 12}},
		{time.UTC, "2026-01-31T10:00:00Z", "2026-03-01T11:30:00Z", Period{1, 1, 90 * time.Minute}},
		{berlin, "2026-01-30T23:30:00Z", "2026-02-27T23:30:00Z", month},         // 31 January in Berlin
		{berlin, "2026-03-28T01:30:00+01:00", "2026-03-29T01:30:00+01:00", day}, // before the change
		{berlin, "2026-03-28T02:30:00+01:00", "2026-03-29T03:00:00+02:00", day}, // skipped
		{berlin, "2026-03-28T12:00:00+01:00", "2026-03-29T12:00:00+02:00", day}, // 23 hours
		{berlin, "2026-10-24T02:30:00+02:00", "2026-10-25T02:30:00+02:00", day}, // shown twice: the first
		{berlin, "2026-10-24T12:00:00+02:00", "2026-10-25T12:00:00+01:00", day}, // 25 hours
		{berlin, "2026-10-24T12:00:00+02:00", "2026-10-25T11:00:00+01:00", Hours(24)},
		{apia, "2011-12-29T12:00:00-10:00", "2011-12-31T00:00:00+14:00", day}, // the 30th never was
	} {
		from, err := time.Parse(time.RFC3339, tt.from)
		if err != nil {
			t.Fatal(err)
		}
		want, err := time.Parse(time.RFC3339, tt.want)
		if err != nil {
			t.Fatal(err)
		}
		if got := tt.p.After(from, tt.zone); !got.Equal(want) {
			t.Errorf("%s + %s = %s, want %s", tt.from, tt.p, got.In(tt.zone).Format(time.RFC3339), tt.want)
		}
	}
}

func FuzzPeriod(f *testing.F) {
	f.Add("1mo2w3d4h5m", int64(1_792_800_000))
	f.Add("90m", int64(-1))
	berlin := load(f, "Europe/Berlin")
	f.Fuzz(func(t *testing.T, text string, seconds int64) {
		p, err := ParsePeriod(text)
		if err != nil {
			return
		}
		if again, err := ParsePeriod(p.String()); err != nil || again != p {
			t.Fatalf("%q became %s, %v", text, p, err)
		}
		from := time.Unix(seconds%(1<<33), 0)
		after := p.After(from, berlin)
		lowest := time.Duration(p.Months)*28*24*time.Hour + time.Duration(p.Days)*24*time.Hour + p.Time - 2*time.Hour
		if d := after.Sub(from); d < lowest || d > lowest+time.Duration(p.Months)*3*24*time.Hour+4*time.Hour {
			t.Fatalf("%s after %s is %s", p, from, after)
		}
	})
}
