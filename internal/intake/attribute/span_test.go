package attribute

import (
	"testing"
	"time"

	"candor/internal/intake"
)

// TestWall reads what clocks showed, of texts that have no zone.
func TestWall(t *testing.T) {
	received := time.Date(2026, 1, 3, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"2026-03-01 12:00:05": "2026-03-01T12:00:05Z", "2026/3/1 2:05": "2026-03-01T02:05:00Z", "01.03.2026, 12:00": "2026-03-01T12:00:00Z", "01/Mar/2026:13:00:05": "2026-03-01T13:00:05Z",
		"Mar  1 13:00:05": "2025-03-01T13:00:05Z", "Jan  3 09:00:05": "2026-01-03T09:00:05Z", "March 1st, 2026 at 3:04": "2026-03-01T03:04:00Z", "Sun Mar  1 13:00:05 2026": "2026-03-01T13:00:05Z", "Sun, 1 Mar 2026 13:00:05 CEST": "2026-03-01T13:00:05Z",
		"2026年3月1日 12:00": "2026-03-01T12:00:00Z", "March 17, 2026 12:43:40 AM CST": "2026-03-17T00:43:40Z", "12:00:05": "", "31.02.2026 12:00": "", "yesterday": "", "03/01/2026 12:00": "",
	} {
		at, _, ok := wall(text, received)
		got := ""
		if ok {
			got = at.Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("%q is %q, not %q", text, got, want)
		}
	}
}

// TestSpan bounds when it happened.
func TestSpan(t *testing.T) {
	received := time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)
	a := New(nil, nil, nil, nil, Options{Now: func() time.Time { return received.Add(time.Hour) }})
	told := func(text string) *intake.When {
		w := &intake.When{Text: text}
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			w.Time = at.UTC()
		}
		return w
	}
	const week = "2026-03-13T12:00:00Z 2026-03-20T12:00:00Z"
	for _, x := range []struct {
		name        string
		first, last *intake.When
		want        string
		untimed     bool
		broken      bool
	}{
		{"with a zone", told("2026-03-05T10:00:05Z"), nil, "2026-03-05T10:00:05Z 2026-03-05T10:00:05Z", false, false},
		{"no seconds", &intake.When{Text: "2026-03-05 10:00 UTC", Time: time.Date(2026, 3, 5, 10, 0, 0, 0, time.UTC)}, nil, "2026-03-05T10:00:00Z 2026-03-05T10:00:59Z", false, false},
		{"no zone", told("2026-03-05 10:00:05"), nil, "2026-03-04T20:00:05Z 2026-03-05T22:01:05Z", true, false},
		{"the last has none", told("2026-03-05T10:00:00Z"), told("2026-03-05 11:00:00"), "2026-03-04T08:00:00Z 2026-03-05T23:01:00Z", true, false},
		{"no time", nil, nil, week, true, false},
		{"no day", told("10:00:05"), nil, week, true, false},
		{"ahead", told("2026-03-20T13:00:00Z"), nil, "2026-03-19T11:00:00Z 2026-03-20T12:00:00Z", true, false},
		{"far ahead", told("2027-03-20T13:00:00Z"), nil, week, true, true},
		{"the end before the beginning", told("2026-03-05T10:00:00Z"), told("2026-03-05T09:00:00Z"), "2026-03-04T07:00:00Z 2026-03-06T12:00:00Z", true, false},
	} {
		s := a.span(x.first, x.last, received)
		if got := s.first.Format(time.RFC3339) + " " + s.last.Format(time.RFC3339); got != x.want || (s.untimed != "") != x.untimed || s.broken != x.broken {
			t.Errorf("%s: %s, %+v", x.name, got, s)
		}
	}
}
