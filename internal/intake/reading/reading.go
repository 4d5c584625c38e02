// Package reading reads what came in: it tells reports from replies and from
// what programs answer, opens what is wrapped, and has formats and free text
// read by those who know them.
package reading

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"

	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intake/freetext"
	"candor/internal/intake/message"
)

// What is what a message is.
type What string

// What messages are.
const (
	Report    What = "report"
	Reply     What = "reply"     // to what this program wrote
	Automatic What = "automatic" // a bounce, an absence: nobody wrote it
)

// Source is a message or a file as it came.
type Source struct {
	Name, Type string // of a file that is no mail; empty for mails
	Body       io.Reader
}

// Reading is what was read.
type Reading struct {
	What
	// Report is what a report says, but for its events; Person and Confidence too.
	Report intake.Report
	// Mail is the message, opened; nil of a file.
	Mail *message.Message
	// Answers are Message-IDs of what a reply answers.
	Answers []string
	// Problems tell what could not be read, and what was opened.
	Problems []string
}

// Formats reads formats of machines. What is none of them is format.ErrOther.
type Formats interface {
	Read(m *message.Message, each format.Each) (intake.Report, error)
	ReadFile(f format.File, each format.Each) (intake.Report, error)
}

// Reader reads messages. It is safe for concurrent use.
type Reader struct {
	Formats Formats
	Text    *freetext.Reader
	// Sort tells what a mail is; nil takes all as reports.
	Sort func(*message.Message) (what What, answers []string)
	// Open opens what is wrapped, and tells of it; nil opens nothing.
	Open   func(*message.Message) (*message.Message, []string)
	Limits message.Limits
}

// Each takes the events of a report in order. Of one that is not sure a person
// has to say whether it is so.
type Each func(e intake.Event, sure bool) error

// given is an error that came from whoever takes the events.
type given struct{ error }

func (g given) Unwrap() error { return g.error }

// Read reads a message. Whatever it holds is no error: what cannot be read makes
// a report that a person has to look at. Errors are those of the body and of
// each.
func (r *Reader) Read(s Source, each Each) (got Reading, err error) {
	defer func() {
		if p := recover(); p != nil {
			got.What, got.Report.Person = Report, fmt.Sprintf("it could not be read: %v", p)
			slog.Error("reading a report panicked", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	body := &body{from: s.Body}
	if s.Name != "" || s.Type != "" && s.Type != "message/rfc822" {
		got, err = r.readFile(s, body, each)
	} else {
		got, err = r.readMail(body, each)
	}
	var g given
	switch {
	case body.err != nil:
		return got, body.err
	case errors.As(err, &g):
		return got, g.error
	case err != nil:
		got.Report.Person = err.Error()
	}
	return got, nil
}

// body tells errors of reading from those of what is read.
type body struct {
	from io.Reader
	err  error
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}

func (r *Reader) readFile(s Source, from io.Reader, each Each) (Reading, error) {
	got := Reading{What: Report}
	var err error = format.ErrOther
	if r.Formats != nil {
		got.Report, err = r.Formats.ReadFile(format.NewFile(s.Name, s.Type, from), certain(each))
	}
	if errors.Is(err, format.ErrOther) {
		err = fmt.Errorf("no format that is known begins like the file %.100q", s.Name)
	}
	return got, err
}

func (r *Reader) readMail(from io.Reader, each Each) (Reading, error) {
	got := Reading{What: Report}
	m, err := message.Read(from, r.Limits)
	if err != nil {
		return got, err
	}
	got.Mail, got.Problems = m, m.Problems
	if r.Sort != nil {
		if got.What, got.Answers = r.Sort(m); got.What != Report {
			return got, nil
		}
	}
	if r.Open != nil {
		var told []string
		m, told = r.Open(m)
		got.Mail, got.Problems = m, append(m.Problems, told...)
	}
	err = format.ErrOther
	if r.Formats != nil {
		got.Report, err = r.Formats.Read(m, certain(each))
	}
	var g given
	switch {
	case err == nil:
		got.Report.Confidence = 100
	case errors.As(err, &g):
		return got, err
	default: // what claims a format and is none of it may say something yet
		claimed := err
		if err = r.readText(m, &got, errors.Is(claimed, format.ErrOther), each); err == nil && !errors.Is(claimed, format.ErrOther) {
			got.Report.Person = claimed.Error()
		}
	}
	return got, err
}

func certain(each Each) format.Each {
	return func(e intake.Event) error { return give(each(e, true)) }
}

func give(err error) error {
	if err != nil {
		return given{err}
	}
	return nil
}

func (r *Reader) readText(m *message.Message, got *Reading, alone bool, each Each) error {
	text := r.Text.Read(m).Report
	sure := alone && text.Person == ""
	for _, e := range text.Events {
		if err := give(each(e, sure)); err != nil {
			return err
		}
	}
	text.Events = nil
	got.Report = text
	return nil
}
