// Package formattest holds what every reader of a format must do: values are
// canonical and bounded, damaged input is an error or half a report but never a
// panic nor a long wait, and what is of another format is told as that.
package formattest

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intake/message"
)

// Sample is a file, or a mail with its header.
type Sample struct {
	Name, Type string // of a file
	Body       []byte
}

// long is how long a damaged sample may take.
const long = 5 * time.Second

// Files checks a reader of files. own are files of its format that it reads
// without an error; others are of other formats, besides those that every reader
// is tried with. The reader has to give name as the format of its reports.
func Files(t *testing.T, r format.FileReader, name string, own, others []Sample) {
	read := func(s Sample, each format.Each) (intake.Report, error) {
		f := format.NewFile(s.Name, s.Type, bytes.NewReader(s.Body))
		if !r.Knows(f) {
			return intake.Report{}, format.ErrOther
		}
		return r.Read(f, each)
	}
	check(t, read, name, own, append(slices.Clone(others), foreign(name)...))
}

// Mails checks a reader of mails, as Files does one of files. What every reader of
// files is tried with is tried as a mail's text.
func Mails(t *testing.T, r format.MailReader, name string, own, others []Sample) {
	read := func(s Sample, each format.Each) (intake.Report, error) {
		m, err := message.Read(bytes.NewReader(s.Body), message.DefaultLimits())
		if err != nil {
			return intake.Report{}, format.ErrOther
		}
		return r.Read(m, each)
	}
	others = slices.Clone(others)
	for _, s := range foreign(name) {
		head := "From: a@reporter.example\nSubject: report\nContent-Type: " + s.Type + "\n\n"
		if s.Type == "message/rfc822" {
			head = ""
		}
		others = append(others, Sample{Name: s.Name, Body: append([]byte(head), s.Body...)})
	}
	check(t, read, name, own, others)
}

type reading func(Sample, format.Each) (intake.Report, error)

func check(t *testing.T, read reading, name string, own, others []Sample) {
	if len(own) == 0 {
		t.Fatal("no samples of the format")
	}
	for _, s := range own {
		t.Run(s.Name, func(t *testing.T) {
			n := whole(t, read, name, s)
			stops(t, read, s, n)
			damaged(t, read, s)
		})
	}
	for _, s := range others {
		_, err := read(s, func(intake.Event) error {
			t.Errorf("%s of another format gives an event", s.Name)
			return nil
		})
		if !errors.Is(err, format.ErrOther) {
			t.Errorf("%s of another format: %v, want ErrOther", s.Name, err)
		}
	}
}

// whole reads a sample, and gives how many events it has.
func whole(t *testing.T, read reading, name string, s Sample) (n int) {
	report, err := read(s, func(e intake.Event) error {
		n++
		Event(t, e)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if report.Format != name {
		t.Errorf("format %q, want %q", report.Format, name)
	}
	if len(report.Events) > 0 {
		t.Error("events are handed over and in the report")
	}
	if !slices.Contains([]string{"", "clear", "green", "amber", "amber+strict", "red"}, report.TLP) {
		t.Errorf("TLP %q", report.TLP)
	}
	if report.Reporter != "" {
		canonical(t, intake.Resource{Kind: intake.Mail, Value: report.Reporter})
	}
	if report.Confidence < 0 || report.Confidence > 100 {
		t.Errorf("confidence %d", report.Confidence)
	}
	return n
}

var errStop = errors.New("enough")

// stops checks that the error of each is given back, and ends the reading.
func stops(t *testing.T, read reading, s Sample, n int) {
	for after := range min(n, 3) {
		seen := 0
		_, err := read(s, func(intake.Event) error {
			if seen++; seen > after {
				return errStop
			}
			return nil
		})
		if !errors.Is(err, errStop) || seen != after+1 {
			t.Errorf("stopped at event %d of %d: %d seen, error %v", after, n, seen, err)
		}
	}
}

// damaged cuts a sample short and turns bits over. The seed is fixed, so that a
// failure comes again.
func damaged(t *testing.T, read reading, s Sample) {
	random := rand.New(rand.NewPCG(1, uint64(len(s.Body))))
	try := func(body []byte) {
		began := time.Now()
		report, err := read(Sample{s.Name, s.Type, body}, func(e intake.Event) error { Event(t, e); return nil })
		if d := time.Since(began); d > long {
			t.Errorf("a damaged sample took %v:\n%.300q", d, body)
		}
		if err == nil && report.Format == "" {
			t.Errorf("a damaged sample gives a report without a format:\n%.300q", body)
		}
	}
	for range min(len(s.Body), 100) {
		try(s.Body[:random.IntN(len(s.Body))])
		flipped := bytes.Clone(s.Body)
		for range 1 + random.IntN(4) {
			flipped[random.IntN(len(flipped))] ^= 1 << random.IntN(8)
		}
		try(flipped)
		try(slices.Insert(bytes.Clone(s.Body), random.IntN(len(s.Body)+1), 0)) // NUL
		try(slices.Insert(bytes.Clone(s.Body), random.IntN(len(s.Body)+1), []byte(`\u0000`)...))
	}
}

// Event checks that an event is as the words of package intake promise.
func Event(t testing.TB, e intake.Event) {
	t.Helper()
	if !slices.Contains(candor.Classes(), e.Class) {
		t.Errorf("class %q is none", e.Class)
	}
	for _, r := range e.About {
		if !r.Role.Blamed() {
			t.Errorf("%s is complained about as %q", r.Value, r.Role)
		}
		canonical(t, r)
	}
	for _, r := range e.Others {
		if r.Role == "" {
			t.Errorf("%s has no role", r.Value)
		}
		canonical(t, r)
	}
	for _, w := range []*intake.When{e.First, e.Last} {
		if w != nil && (w.Text == "" || w.Time.Location() != time.UTC || len(w.Text) > 100 || strings.ContainsRune(w.Text, 0)) {
			t.Errorf("time %q, %v", w.Text, w.Time)
		}
	}
	if e.Count < 0 {
		t.Errorf("count %d", e.Count)
	}
	bounded(t, "note", e.Note, intake.MostNote)
	bounded(t, "evidence", e.Evidence, intake.MostEvidence)
}

func bounded(t testing.TB, what, text string, most int) {
	t.Helper()
	if len(text) > most || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		t.Errorf("%s of %d bytes: %.80q", what, len(text), text)
	}
}

func canonical(t testing.TB, r intake.Resource) {
	t.Helper()
	again, err := intake.NewResource(r.Kind, r.Value)
	if err != nil || again.Value != r.Value {
		t.Errorf("%s %q is not canonical: %q, %v", r.Kind, r.Value, again.Value, err)
	}
	if r.Confidence < 0 || r.Confidence > 100 {
		t.Errorf("confidence %d", r.Confidence)
	}
}

// Drain is an Each that checks every event; for fuzz tests.
func Drain(t testing.TB) format.Each {
	return func(e intake.Event) error { Event(t, e); return nil }
}
