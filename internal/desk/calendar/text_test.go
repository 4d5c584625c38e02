package calendar

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
)

const officeText = `
zone: Europe/Berlin
hours:
  monday-thursday: [09:00-12:30, 13:30-18:00]
  fri: 09:00-12:00, 13:00-15:00
  saturday, sunday: closed
holidays:
  01-01: New Year's Day
  2026-04-03: Good Friday
`

const officeJSON = `{"zone": "Europe/Berlin", "hours": {"mon-thu": ["09:00-12:30", "13:30-18:00"], "friday": "09:00-12:00, 13:00-15:00"},
"holidays": {"01-01": "New Year's Day", "2026-04-03": "Good Friday"}}`

func TestParse(t *testing.T) {
	week := []Span{{9 * 60, 12*60 + 30}, {13*60 + 30, 18 * 60}}
	want := [7][]Span{nil, week, week, week, week, {{9 * 60, 12 * 60}, {13 * 60, 15 * 60}}, nil}
	for _, text := range []string{officeText, officeJSON} {
		c, err := Parse("desk.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, c.Hours); diff != "" {
			t.Error(diff)
		}
		holidays := []Holiday{{Date{0, 1, 1}, "New Year's Day"}, {Date{2026, 4, 3}, "Good Friday"}}
		if diff := cmp.Diff(holidays, c.Holidays); diff != "" || c.Zone.String() != "Europe/Berlin" {
			t.Error(c.Zone, diff)
		}
	}
	c, err := Parse("desk.yaml", []byte("zone: UTC\nhours: always\n"))
	if err != nil {
		t.Fatal(err)
	}
	if cal, err := New(c); err != nil || !cal.always {
		t.Error(err)
	}
}

func TestParseErrors(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"hours: always", "desk.yaml, line 1: zone is missing"},
		{"zone: UTC", "desk.yaml, line 1: hours are missing"},
		{"zone: Local\nhours: always", `desk.yaml, line 1: zone "Local"`},
		{"zone: Mars/Phobos\nhours: always", `desk.yaml, line 1: zone "Mars/Phobos" is not known`},
		{"zone: ../../etc/passwd\nhours: always", "desk.yaml, line 1: zone"},
		{"zone: UTC\nhours: sometimes", "desk.yaml, line 2: names with values"},
		{"zone: UTC\nhours:\n  moonday: 1:00-2:00", `desk.yaml, line 3: "moonday" is no day`},
		{"zone: UTC\nhours:\n  mon: 1:00-2:00\n  sun-tue: 1:00-2:00", "desk.yaml, line 4: Monday has hours in line 3"},
		{"zone: UTC\nhours:\n  mon-sun, tue: 1:00-2:00", "desk.yaml, line 3: "},
		{"zone: UTC\nhours:\n  mon: 9-17", `desk.yaml, line 3: "9-17" is no span`},
		{"zone: UTC\nhours:\n  mon: 09:00-09:00", "desk.yaml, line 3: "},
		{"zone: UTC\nhours:\n  mon: 09:00-24:01", "desk.yaml, line 3: "},
		{"zone: UTC\nhours:\n  mon: []", "desk.yaml, line 3: 1 to 48 spans"},
		{"zone: UTC\nhours:\n  mon: closed", "desk.yaml, line 3: no hours"},
		{"zone: UTC\nhours: always\nholidays:\n  02-30: x", `desk.yaml, line 4: "02-30" is no date`},
		{"zone: UTC\nhours: always\nholidays:\n  2026-02-29: x", "desk.yaml, line 4: "},
		{"zone: UTC\nhours: always\nholidays: [a]", "desk.yaml, line 3: names with values"},
		{"zone: UTC\nhours: always\nopen: 1", `desk.yaml, line 3: "open" is not known`},
	} {
		_, err := Parse("desk.yaml", []byte(tt.text))
		if !errors.Is(err, candor.ErrInvalid) || !strings.HasPrefix(err.Error(), tt.want) || candor.Hint(err) == "" {
			t.Errorf("%q: %v (hint %q), want %s", tt.text, err, candor.Hint(err), tt.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(officeText))
	f.Add([]byte(officeJSON))
	f.Add([]byte("zone: UTC\nhours: {mon-sun: 22:00-6:00}\nholidays: {02-29: x}"))
	now := time.Date(2026, 3, 29, 0, 59, 59, 999, time.UTC)
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse("x", text)
		if err != nil {
			if !errors.Is(err, candor.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		cal, err := New(c)
		if err != nil {
			t.Fatalf("Parse took what New refuses: %v", err)
		}
		due := cal.Add(now, 90*time.Minute)
		if got := cal.Between(now, due); got != 90*time.Minute && !due.Equal(now.Add(Horizon)) {
			t.Fatalf("90 minutes are %s", got)
		}
	})
}
