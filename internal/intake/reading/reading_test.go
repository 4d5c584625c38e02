package reading_test

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intake/freetext"
	"candor/internal/intake/message"
	"candor/internal/intake/reading"
)

const plain = "From: cert@example.org\r\nTo: abuse@example.net\r\nSubject: Port scan from 203.0.113.9\r\nMessage-ID: <1@example.org>\r\n\r\n" +
	"The host 203.0.113.9 scanned our network on 2026-05-01 10:00:00 UTC.\r\nPlease stop it.\r\n"

// formats reads what it is told to, so that the reader's own choices show.
type formats struct {
	events []intake.Event
	err    error
}

func (f formats) Read(_ *message.Message, each format.Each) (intake.Report, error) {
	for _, e := range f.events {
		if err := each(e); err != nil {
			return intake.Report{}, err
		}
	}
	return intake.Report{Format: "made"}, f.err
}

func (f formats) ReadFile(_ format.File, each format.Each) (intake.Report, error) {
	return f.Read(nil, each)
}

func TestRead(t *testing.T) {
	event := intake.Event{Class: "fraud/phishing"}
	broken := errors.New("line 3 lacks its time")
	for _, x := range []struct {
		name         string
		formats      reading.Formats
		source       reading.Source
		sort         func(*message.Message) (reading.What, []string)
		what         reading.What
		format       string
		sure, unsure int
		person       string
	}{
		{"free text", nil, reading.Source{}, nil, reading.Report, "text", 0, 1, ""},
		{"none of the formats", formats{err: format.ErrOther}, reading.Source{}, nil, reading.Report, "text", 0, 1, ""},
		{"a format", formats{events: []intake.Event{event, event}}, reading.Source{}, nil, reading.Report, "made", 2, 0, ""},
		{"a format, broken", formats{events: []intake.Event{event}, err: broken}, reading.Source{}, nil, reading.Report, "text", 1, 1, broken.Error()},
		{"a reply", nil, reading.Source{}, func(*message.Message) (reading.What, []string) { return reading.Reply, []string{"x"} }, reading.Reply, "", 0, 0, ""},
		{"a file", formats{events: []intake.Event{event}}, reading.Source{Name: "a.csv"}, nil, reading.Report, "made", 1, 0, ""},
		{"a file of no format", formats{err: format.ErrOther}, reading.Source{Name: "a.bin"}, nil, reading.Report, "made", 0, 0, `no format that is known begins like the file "a.bin"`},
	} {
		text := freetext.New()
		text.Sure = 101 // nothing is sure
		r := reading.Reader{Formats: x.formats, Text: text, Sort: x.sort, Limits: message.DefaultLimits()}
		x.source.Body = strings.NewReader(plain)
		sure, unsure := 0, 0
		got, err := r.Read(x.source, func(_ intake.Event, s bool) error {
			if s {
				sure++
			} else {
				unsure++
			}
			return nil
		})
		if err != nil || got.What != x.what || got.Report.Format != x.format || sure != x.sure || unsure != x.unsure {
			t.Errorf("%s: %v, %+v, %d sure, %d not", x.name, err, got, sure, unsure)
		}
		if x.person != "" && got.Report.Person != x.person {
			t.Errorf("%s: a person looks since %q", x.name, got.Report.Person)
		}
	}
}

// TestErrors tells errors of whoever takes events, and of the body, from what is
// wrong with what is read.
func TestErrors(t *testing.T) {
	r := reading.Reader{Text: freetext.New(), Limits: message.DefaultLimits()}
	full := errors.New("the disk is full")
	if _, err := r.Read(reading.Source{Body: strings.NewReader(plain)}, func(intake.Event, bool) error { return full }); err != full {
		t.Errorf("%v", err)
	}
	if _, err := r.Read(reading.Source{Body: iotest.ErrReader(full)}, func(intake.Event, bool) error { return nil }); !errors.Is(err, full) {
		t.Errorf("%v", err)
	}
	got, err := r.Read(reading.Source{Body: strings.NewReader(plain)}, func(intake.Event, bool) error { panic("a hole") })
	if err != nil || got.Report.Person != "it could not be read: a hole" {
		t.Errorf("%v, %+v", err, got)
	}
	got, err = r.Read(reading.Source{Body: strings.NewReader("")}, func(intake.Event, bool) error { return nil })
	if err != nil || got.Report.Person == "" {
		t.Errorf("an empty message: %v, %+v", err, got)
	}
}
