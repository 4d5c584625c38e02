package form

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"strings"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intake/message"
)

// Files reads files that are attached, as format.Set does.
type Files interface {
	Read(m *message.Message, each format.Each) (intake.Report, string, error)
	Attached(m *message.Message, each format.Each) (intake.Report, string, error)
}

// mostMails bounds the mails that are read of a file: a zip may hold several.
const mostMails = 10

// attached reads the file of a form as if it had been mailed: what is of a format of
// machines is complained about too, of the form's class if the file tells none. A
// mail in it counts if a program wrote it as a report; else it is what was
// complained about, such as spam, and is for people to look at, as are pictures and
// all else. What cannot be read is for a person.
func (x Reader) attached(m *message.Message, r *intake.Report, class candor.Class, each format.Each) error {
	if x.Files == nil {
		return nil
	}
	var stopped error
	take := func(e intake.Event) error {
		if e.Class == "" || e.Class == candor.Undetermined {
			e.Class = class
		}
		stopped = each(e)
		return stopped
	}
	files, mails := apart(m)
	if len(mails) > mostMails {
		r.Person, mails = fmt.Sprintf("of %d mails in the file only %d were read", len(mails), mostMails), mails[:mostMails]
	}
	said, _, err := x.Files.Attached(files, take)
	add(r, said, err)
	for i := 0; i < len(mails) && stopped == nil; i++ {
		said, _, err := x.Files.Read(mails[i], take)
		add(r, said, err)
	}
	return stopped
}

// apart gives what is attached: files, and mails.
func apart(m *message.Message) (files *message.Message, mails []*message.Message) {
	files = &message.Message{From: m.From}
	for i := range m.Parts {
		p := &m.Parts[i]
		switch {
		case p.Message != nil:
			mails = append(mails, p.Message)
		case p.Name == "" || p.Type == Type:
		case strings.EqualFold(path.Ext(p.Name), ".eml"):
			if one, err := message.Read(bytes.NewReader(content(p)), message.DefaultLimits()); err == nil {
				mails = append(mails, one)
			}
		default:
			files.Parts = append(files.Parts, *p)
		}
	}
	return files, mails
}

// add has a form say what its file does of who may see it and how sure it is.
func add(r *intake.Report, said intake.Report, err error) {
	switch {
	case errors.Is(err, format.ErrOther):
		return
	case err != nil && r.Person == "":
		r.Person = "the file could not be read: " + err.Error()
	case r.Person == "":
		r.Person = said.Person
	}
	if format.Strictness(said.TLP) > format.Strictness(r.TLP) {
		r.TLP = said.TLP
	}
	if said.Confidence > 0 {
		r.Confidence = min(r.Confidence, said.Confidence)
	}
	r.Passed += said.Passed
}
