package form

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intake/message"
	"candor/internal/regex"
)

// mostFilled bounds what was filled in, in bytes.
const mostFilled = 1 << 20

// Find gives what was filled in of a mail that is of a form.
func Find(m *message.Message) (Form, bool) {
	if m == nil {
		return Form{}, false
	}
	for i := range m.Parts {
		p := &m.Parts[i]
		if p.Type != Type {
			continue
		}
		var f Form
		if c := content(p); len(c) > mostFilled || json.Unmarshal(c, &f) != nil {
			return Form{}, false
		}
		return f, true
	}
	return Form{}, false
}

// tag is a language (BCP 47), in short.
var tag = regex.Of(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$`)

// Reader is a format.MailReader. It is safe for concurrent use.
type Reader struct {
	Files Files // nil: files are not read
}

// Read gives one event, with all that the form is about; then those of the file,
// as Files says.
func (x Reader) Read(m *message.Message, each format.Each) (intake.Report, error) {
	f, ok := Find(m)
	if !ok {
		return intake.Report{}, format.ErrOther
	}
	r := intake.Report{Format: Name, Confidence: 95}
	if len(m.From) > 0 {
		if a, err := intake.NewResource(intake.Mail, m.From[0].Address); err == nil {
			r.Reporter = a.Value
		}
	}
	if tag.MatchString(f.Language) {
		r.Language = f.Language
	}
	class, ok := candor.ParseClass(string(f.Class))
	if !ok || len(f.About) == 0 || len(f.About) > MostAbout {
		return r, errors.New("the form has no class of incidents, or is about nothing; read it by hand")
	}
	e := intake.Event{Class: class, Count: 0}
	for _, x := range f.About {
		a, err := intake.NewResource(x.Kind, x.Value)
		if err != nil {
			return r, fmt.Errorf("the form is about %w; read it by hand", err)
		}
		a.Role, a.Confidence = intake.Source, 95
		if a.Kind == intake.URL || a.Kind == intake.Domain {
			a.Role = intake.Host
		}
		if a.Kind == intake.Address {
			a.Port = x.Port
		}
		e.About = append(e.About, a)
	}
	switch {
	case !f.First.IsZero():
		e.First = &intake.When{Text: f.First.UTC().Format(time.RFC3339), Time: f.First.UTC()}
	case f.Told != "" && len(f.Told) <= 100 && utf8.ValidString(f.Told) && !strings.ContainsRune(f.Told, 0):
		e.First = &intake.When{Text: f.Told}
	}
	e.Evidence = intake.Cut(text(m), intake.MostEvidence)
	if err := each(e); err != nil {
		return r, err
	}
	return r, x.attached(m, &r, class, each)
}

// text is what the reporter wrote.
func text(m *message.Message) string {
	for i := range m.Parts {
		if p := &m.Parts[i]; p.Type == "text/plain" && p.IsText() && p.Name == "" {
			return strings.TrimSpace(p.Text)
		}
	}
	return ""
}

// content is what a part that is no mail holds.
func content(p *message.Part) []byte {
	if p.IsText() {
		return []byte(p.Text)
	}
	return p.Bytes
}
