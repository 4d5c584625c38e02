// Package reading reads what came in: it opens what is wrapped, tells reports from
// replies and from what programs answer, and has formats and free text read by
// those who know them.
package reading

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"

	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intake/freetext"
	"candor/internal/intake/kind"
	"candor/internal/intake/message"
	"candor/internal/intake/wrap"
)

// Source is a message or a file as it came.
type Source struct {
	Name, Type string // of a file that is no mail; empty for mails
	Body       io.Reader
}

// Reading is what was read.
type Reading struct {
	kind.Verdict
	// Report is what a report says, but for its events; Person and Confidence too.
	Report intake.Report
	// Mail is the message, opened; nil of a file.
	Mail *message.Message
	// Problems tell what could not be read, and what was opened.
	Problems []string
}

// Formats reads formats of machines, as format.Set does.
type Formats interface {
	Read(m *message.Message, each format.Each) (intake.Report, string, error)
	ReadFile(f format.File, each format.Each) (intake.Report, string, error)
}

// Reader reads messages. It is safe for concurrent use.
type Reader struct {
	Formats Formats
	Text    *freetext.Reader
	Opener  *wrap.Opener
	Ours    kind.Ours // mails of ours, which replies answer
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
	got.Kind = kind.Report
	defer func() {
		if p := recover(); p != nil {
			got.Kind, got.Report.Person = kind.Report, fmt.Sprintf("it could not be read: %v", p)
			slog.Error("reading a report panicked", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	body := &body{from: s.Body}
	if s.Name != "" || s.Type != "" && s.Type != "message/rfc822" {
		err = r.readFile(&got, s, body, each)
	} else {
		err = r.readMail(&got, body, each)
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

// readFile has events taken as they are read: files may be larger than memory.
func (r *Reader) readFile(got *Reading, s Source, from io.Reader, each Each) (err error) {
	var name string
	got.Report, name, err = r.Formats.ReadFile(format.NewFile(s.Name, s.Type, from), func(e intake.Event) error { return give(each(e, true)) })
	if errors.Is(err, format.ErrOther) {
		return fmt.Errorf("no format that is known begins like the file %.100q", s.Name)
	}
	got.Report.Format = cmp.Or(got.Report.Format, name)
	return err
}

func (r *Reader) readMail(got *Reading, from io.Reader, each Each) error {
	m, notes, err := r.Opener.Open(from)
	if err != nil {
		return err
	}
	got.Mail, got.Problems = m, m.Problems
	if got.Verdict = kind.Tell(m, r.Ours); got.Kind != kind.Report {
		return nil
	}
	// Events are handed on once all was read: of what breaks off none are sure.
	var events []intake.Event
	var name string
	got.Report, name, err = r.Formats.Read(m, func(e intake.Event) error { events = append(events, e); return nil })
	switch got.Report.Format = cmp.Or(got.Report.Format, name); {
	case errors.Is(err, format.ErrOther):
		err = r.readText(m, got, true, each)
	case err != nil: // what claims a format and is none of it may say something yet
		claimed := err
		if err = r.readText(m, got, false, each); err == nil {
			got.Report.Person = claimed.Error()
		}
	default:
		got.Report.Confidence = cmp.Or(got.Report.Confidence, 100)
		for _, e := range events {
			if err := give(each(e, got.Report.Person == "")); err != nil {
				return err
			}
		}
	}
	for _, n := range notes {
		if n.Problem != "" {
			got.Problems = append(got.Problems, n.What+": "+n.Problem)
			got.Report.Person = cmp.Or(got.Report.Person, "not all of it could be opened")
		}
	}
	return err
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
