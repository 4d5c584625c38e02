package reading_test

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intake/freetext"
	"candor/internal/intake/kind"
	"candor/internal/intake/message"
	"candor/internal/intake/reading"
	"candor/internal/intake/wrap"
)

const plain = "From: cert@example.org\r\nTo: abuse@example.net\r\nSubject: Port scan from 203.0.113.9\r\nMessage-ID: <1@example.org>\r\n\r\n" +
	"The host 203.0.113.9 scanned our network on 2026-05-01 10:00:00 UTC.\r\nPlease stop it.\r\n"

// formats reads what it is told to, so that the reader's own choices show.
type formats struct {
	events []intake.Event
	err    error
}

func (f formats) Read(_ *message.Message, each format.Each) (intake.Report, string, error) {
	for _, e := range f.events {
		if err := each(e); err != nil {
			return intake.Report{}, "made", err
		}
	}
	return intake.Report{}, "made", f.err
}

func (f formats) ReadFile(_ format.File, each format.Each) (intake.Report, string, error) {
	return f.Read(nil, each)
}

func reader(f formats) *reading.Reader {
	text := freetext.New()
	text.Sure = 101 // nothing is sure
	return &reading.Reader{Formats: f, Text: text, Opener: wrap.New(wrap.Options{Now: time.Now}), Ours: kind.Ours{Domains: []string{"desk.example"}}}
}

func TestRead(t *testing.T) {
	event, broken, none := intake.Event{Class: "fraud/phishing"}, errors.New("line 3 lacks its time"), formats{err: format.ErrOther}
	reply := strings.Replace(plain, "Message-ID:", "In-Reply-To: <01980000000070008000000000000001@desk.example>\r\nMessage-ID:", 1)
	for _, x := range []struct {
		name         string
		formats      formats
		source       reading.Source
		text         string
		kind         kind.Kind
		format       string
		sure, unsure int
		person       string
	}{
		{"free text", none, reading.Source{}, plain, kind.Report, "text", 0, 1, ""},
		{"a format", formats{events: []intake.Event{event, event}}, reading.Source{}, plain, kind.Report, "made", 2, 0, ""},
		{"a format, broken", formats{events: []intake.Event{event}, err: broken}, reading.Source{}, plain, kind.Report, "text", 0, 1, broken.Error()},
		{"a reply", none, reading.Source{}, reply, kind.Reply, "", 0, 0, ""},
		{"a file", formats{events: []intake.Event{event}}, reading.Source{Name: "a.csv"}, "x", kind.Report, "made", 1, 0, ""},
		{"a file, broken", formats{events: []intake.Event{event}, err: broken}, reading.Source{Name: "a.csv"}, "x", kind.Report, "made", 1, 0, broken.Error()},
		{"a file of no format", none, reading.Source{Name: "a.bin"}, "x", kind.Report, "", 0, 0, `no format that is known begins like the file "a.bin"`},
	} {
		x.source.Body = strings.NewReader(x.text)
		sure, unsure := 0, 0
		got, err := reader(x.formats).Read(x.source, func(_ intake.Event, s bool) error {
			if s {
				sure++
			} else {
				unsure++
			}
			return nil
		})
		if err != nil || got.Kind != x.kind || x.format != "" && got.Report.Format != x.format || sure != x.sure || unsure != x.unsure {
			t.Errorf("%s: %v, %s %s, %d sure, %d not", x.name, err, got.Kind, got.Report.Format, sure, unsure)
		}
		if x.person != "" && got.Report.Person != x.person {
			t.Errorf("%s: a person looks since %q", x.name, got.Report.Person)
		}
	}
}

// TestErrors tells errors of whoever takes events, and of the body, from what is
// wrong with what is read.
func TestErrors(t *testing.T) {
	r, full := reader(formats{err: format.ErrOther}), errors.New("the disk is full")
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
