package format

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"

	"candor/internal/intake"
	"candor/internal/intake/message"
)

// Set are the readers that there are, in the order in which they are asked. It is
// safe for concurrent use, as its readers are.
type Set struct {
	Mails []NamedMail
	Files []NamedFile
}

// NamedMail is a reader of mails, and what it is called.
type NamedMail struct {
	Name string
	MailReader
}

// NamedFile is a reader of files, and what it is called.
type NamedFile struct {
	Name string
	FileReader
}

// Read reads a mail by the first reader of mails that knows it; else whatever
// attachments, and texts that are a file by themselves, readers of files know: all
// of them, as one report. It gives the name of the reader, of the first if there
// were several. ErrOther says that nothing is of a known format.
//
// Another error says what is wrong with something that is of a format. Then the
// report is not to be relied on, though events may have been handed over: what the
// mail says is for the reader of free text, and a person has to look.
func (s Set) Read(m *message.Message, each Each) (intake.Report, string, error) {
	for _, r := range s.Mails {
		report, err := r.Read(m, each)
		if !errors.Is(err, ErrOther) {
			return report, r.Name, err
		}
	}
	return s.Attached(m, each)
}

// Attached is as Read, without the readers of mails.
func (s Set) Attached(m *message.Message, each Each) (intake.Report, string, error) {
	all := joined{left: MostOfMail}
	err := s.parts(m, each, &all, 0)
	if err == nil && all.n == 0 {
		err = ErrOther
	}
	if all.report.Reporter == "" && all.n > 0 {
		all.report.Reporter = sender(m)
	}
	return all.report, all.name, err
}

// deepest is how deep mails lie in each other whose attachments are read.
const deepest = 5

func (s Set) parts(m *message.Message, each Each, all *joined, depth int) error {
	for i := range m.Parts {
		p := &m.Parts[i]
		if p.Message != nil {
			if depth < deepest {
				if err := s.parts(p.Message, each, all, depth+1); err != nil {
					return err
				}
			}
			continue
		}
		f := fileOf(p)
		most := min(all.left, int64(len(p.Bytes)+len(p.Text))*MostRatio+64<<10)
		left := most
		f.Unpacked = &left
		report, name, err := s.ReadFile(f, each)
		all.left -= most - left
		if errors.Is(err, ErrOther) {
			continue
		}
		all.add(report, name)
		if err != nil {
			return err
		}
	}
	return nil
}

// fileOf is a part of a mail as a file.
func fileOf(p *message.Part) File {
	var r io.Reader = strings.NewReader(p.Text)
	if !p.IsText() {
		r = bytes.NewReader(p.Bytes)
	}
	return NewFile(p.Name, p.Type, r)
}

// ReadFile reads a file by the first reader that knows it, and gives the reader's
// name. ErrOther says that none does; other errors are as of Read.
func (s Set) ReadFile(f File, each Each) (intake.Report, string, error) {
	for _, r := range s.Files {
		if !r.Knows(f) {
			continue
		}
		report, err := r.Read(f, each)
		if !errors.Is(err, ErrOther) {
			return report, r.Name, err
		}
	}
	return intake.Report{}, "", ErrOther
}

// joined is what several reports of one mail say.
type joined struct {
	report intake.Report
	name   string
	n      int
	left   int64 // bytes that may be unpacked yet
}

// add keeps what holds for all: who reports, if that is one; the strictest label;
// the least confidence; and why a person has to look.
func (j *joined) add(r intake.Report, name string) {
	if j.n++; j.n == 1 {
		j.report, j.name = r, name
		return
	}
	if r.Reporter != j.report.Reporter {
		j.report.Reporter = ""
	}
	j.report.Reference = ""
	if Strictness(r.TLP) > Strictness(j.report.TLP) {
		j.report.TLP = r.TLP
	}
	j.report.Confidence = min(j.report.Confidence, r.Confidence)
	if j.report.Person == "" {
		j.report.Person = r.Person
	}
}

// Strictness ranks labels of the traffic light: the fewer may see it, the more.
func Strictness(label string) int {
	return slices.Index([]string{"clear", "green", "amber", "amber+strict", "red"}, label)
}

func sender(m *message.Message) string {
	for _, a := range m.From {
		if r, err := intake.NewResource(intake.Mail, a.Address); err == nil {
			return r.Value
		}
	}
	return ""
}
