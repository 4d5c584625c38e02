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
	"mime"
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

// IsFile tells whether it is read as a file, not as a mail.
func (s Source) IsFile() bool {
	mediaType, _, err := mime.ParseMediaType(s.Type)
	return s.Name != "" || s.Type != "" && (err != nil || mediaType != "message/rfc822")
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
	if s.IsFile() {
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

// Open opens a mail, and reads nothing of it: for people to look at. Problems tell
// what could not be read or opened. The errors are those of the body, and of what
// is no mail.
func (r *Reader) Open(from io.Reader) (m *message.Message, problems []string, err error) {
	m, problems, _, err = r.open(from)
	return m, problems, err
}

// open also says why it is not all that was sent; empty if it is.
func (r *Reader) open(from io.Reader) (m *message.Message, problems []string, person string, err error) {
	m, notes, err := r.Opener.Open(from)
	if err != nil {
		return nil, nil, "", err
	}
	problems = m.Problems
	for _, n := range notes {
		if n.Problem != "" {
			problems = append(problems, n.What+": "+n.Problem)
			person = "not all of it could be opened"
		}
	}
	if m.Truncated {
		person = "not all of it was read"
	}
	return m, problems, person, nil
}

func (r *Reader) readMail(got *Reading, from io.Reader, each Each) error {
	m, problems, person, err := r.open(from)
	if err != nil {
		return err
	}
	got.Mail, got.Problems, got.Verdict = m, problems, kind.Tell(m, r.Ours)
	if got.Kind != kind.Report && got.Certain {
		return nil
	}
	found := r.find(m)
	if got.Kind != kind.Report {
		if !found.blames {
			return nil
		}
		person = fmt.Sprintf("it looks like %s: %s", got.Kind.Words(), got.Reason)
		got.Kind = kind.Report
	}
	got.Report = found.report
	got.Report.Person = cmp.Or(got.Report.Person, person)
	return found.give(each, found.sure && got.Report.Person == "")
}
