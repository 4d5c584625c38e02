package calendar

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"candor"
)

const holidaysICS = "\ufeffBEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-CALNAME:Holidays\r\n" +
	"BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:19961027T030000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n" +
	"BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260101\r\nDTEND;VALUE=DATE:20260102\r\nRRULE:FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1\r\n" +
	"SUMMARY;LANGUAGE=\"a:b\":New Year\\, a da\r\n y off\r\nBEGIN:VALARM\r\nDTSTART;VALUE=DATE:19990101\r\nEND:VALARM\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\nDTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227\nSUMMARY:Christmas\nEND:VEVENT\n" +
	"BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260501\nSUMMARY:Gone\nSTATUS:CANCELLED\nEND:VEVENT\n" +
	"BEGIN:VEVENT\nDTSTART:20260501T090000Z\nSUMMARY:Meeting\nEND:VEVENT\n" +
	"BEGIN:VEVENT\nDTSTART;VALUE=DATE:20261126\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH\nSUMMARY:Thanksgiving\nEND:VEVENT\n" +
	"BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260101\nDTEND;VALUE=DATE:20270101\nSUMMARY:Year\nEND:VEVENT\n" +
	"BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260102\nSUMMARY:Cut"

func TestParseICS(t *testing.T) {
	holidays, skipped, err := ParseICS("holidays.ics", []byte(holidaysICS))
	if err != nil {
		t.Fatal(err)
	}
	want := []Holiday{
		{Date{0, 1, 1}, "New Year, a day off"},
		{Date{2026, 12, 24}, "Christmas"}, {Date{2026, 12, 25}, "Christmas"}, {Date{2026, 12, 26}, "Christmas"},
	}
	if diff := cmp.Diff(want, holidays); diff != "" {
		t.Error(diff)
	}
	left := []Skipped{
		{30, "Meeting", "it is not an all-day event"},
		{34, "Thanksgiving", "its repetition is not understood; list its dates one by one"},
		{39, "Year", "it lasts longer than 31 days"},
		{44, "Cut", "the text ends within it"},
	}
	if diff := cmp.Diff(left, skipped); diff != "" {
		t.Error(diff)
	}
}

func TestParseICSRefuses(t *testing.T) {
	for _, text := range []string{
		"", "zone: UTC", strings.Repeat("x", maxICS+1),
		"BEGIN:VCALENDAR\n" + strings.Repeat("A:\n", maxICSLines),
		"BEGIN:VCALENDAR\n" + strings.Repeat("BEGIN:VEVENT\nDTSTART:20260101\nEND:VEVENT\n", 2*maxHolidays+1),
	} {
		if _, _, err := ParseICS("x.ics", []byte(text)); !errors.Is(err, candor.ErrInvalid) || candor.Hint(err) == "" {
			t.Errorf("%.30q: %v", text, err)
		}
	}
}

func FuzzParseICS(f *testing.F) {
	f.Add([]byte(holidaysICS))
	f.Add([]byte("BEGIN:VCALENDAR\nBEGIN:VEVENT\n DTSTART:1\nRRULE:FREQ=YEARLY\nEND:VEVENT\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		holidays, skipped, err := ParseICS("x", text)
		if err != nil {
			if !errors.Is(err, candor.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		for _, h := range holidays {
			if !h.Date.valid() {
				t.Fatalf("%v is no date", h)
			}
		}
		for _, s := range skipped {
			if s.Why == "" || s.Line == 0 {
				t.Fatalf("%v says nothing", s)
			}
		}
	})
}
