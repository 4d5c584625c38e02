// Package acns reads notices of infringed copyright in the XML of the Automated
// Copyright Notice System, versions 1.0 to 2.x: as files, and in the text of mails.
package acns

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intake/message"
)

// Name is the format of the reports that the readers give.
const Name = "acns"

// Bounds of a file.
const (
	mostBytes = 8 << 20
	mostDepth = 30
	mostItems = 1000 // files that one notice names
)

// Files reads notices in files. It is safe for concurrent use.
type Files struct{}

// NewFiles makes a reader of files.
func NewFiles() Files { return Files{} }

// Knows tells whether a file begins as a notice does.
func (Files) Knows(f format.File) bool { return begins(f.Start()) >= 0 }

// begins is where a notice begins in a text; -1 if it does not.
func begins(text []byte) int {
	for at := 0; ; {
		i := bytes.IndexByte(text[at:], '<')
		if i < 0 {
			return -1
		}
		at += i + 1
		end := bytes.IndexAny(text[at:], " \t\r\n>")
		if end < 0 {
			return -1
		}
		_, name, prefixed := bytes.Cut(text[at:at+end], []byte(":"))
		if !prefixed {
			name = text[at : at+end]
		}
		if string(name) == "Infringement" {
			return at - 1
		}
	}
}

// Read gives an event for each notice.
func (r Files) Read(f format.File, each format.Each) (intake.Report, error) {
	if !r.Knows(f) {
		return intake.Report{}, format.ErrOther
	}
	start := f.Start()
	// Texts of mails were decoded before, whatever they say of themselves.
	decoded := utf8.Valid(start[:max(0, len(start)-utf8.UTFMax)])
	return read(f.Body, decoded, each)
}

// Mails reads notices that stand in the text of a mail. It is safe for concurrent
// use.
type Mails struct{}

// NewMails makes a reader of mails.
func NewMails() Mails { return Mails{} }

var end = []byte("Infringement>")

// Read gives an event for each notice in the mail's texts. Notices that are
// attached are for Files.
func (Mails) Read(m *message.Message, each format.Each) (intake.Report, error) {
	report, found := intake.Report{}, false
	for i := range m.Parts {
		p := &m.Parts[i]
		if !p.IsText() || !p.Inline || p.Type != "text/plain" || p.Name != "" {
			continue
		}
		text := []byte(p.Text)
		at := begins(text)
		if at < 0 {
			continue
		}
		last := bytes.LastIndex(text, append([]byte("</"), end...))
		if last < 0 {
			if last = bytes.LastIndex(text, end); last < at {
				return report, errors.New("ACNS: the notice does not end; ask the reporter to send it again")
			}
		}
		r, err := read(bufio.NewReader(bytes.NewReader(text[at:min(len(text), last+len(end)+2)])), true, each)
		if !found {
			report, found = r, true
		} else {
			report.Reference = ""
		}
		if err != nil {
			return report, err
		}
	}
	if !found {
		return report, format.ErrOther
	}
	return report, nil
}

// read reads notices one behind the other.
func read(from io.Reader, decoded bool, each format.Each) (intake.Report, error) {
	report := intake.Report{Format: Name, Confidence: 95}
	n := 0
	err := notices(io.LimitReader(from, mostBytes), decoded, func(x *notice) error {
		e, err := x.event()
		if err != nil {
			return err
		}
		if n++; n == 1 {
			report.Reference = intake.Cut(x.get("case/id"), intake.MostNote)
			if r, err := intake.NewResource(intake.Mail, x.get("complainant/email")); err == nil {
				report.Reporter = r.Value
			}
		} else {
			report.Reference = ""
		}
		return each(e)
	})
	if err == nil && n == 0 {
		err = errors.New("ACNS: the notice does not end; ask the reporter to send it again")
	}
	return report, err
}

func wrong(what string) error {
	return fmt.Errorf("ACNS: %s; ask the reporter to correct it, or read the notice by hand", what)
}

// lower is the name of an element without what versions write differently.
func lower(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name))
}
