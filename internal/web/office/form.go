package office

import (
	"errors"
	"net/mail"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"candor"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// form is what somebody typed, and what is wrong with it, both by field.
type form struct {
	values map[string]string
	errors map[string]string
	failed string // what the house says that no field is to blame for
}

// typed takes fields of a form as they were sent.
func typed(r *web.Request, fields ...string) form {
	f := form{values: map[string]string{}, errors: map[string]string{}}
	for _, name := range fields {
		f.values[name] = r.Line(name)
	}
	return f
}

// given is a form with values from what is kept, pairs of name and value.
func given(pairs ...string) form {
	f := form{values: map[string]string{}, errors: map[string]string{}}
	for pair := range slices.Chunk(pairs, 2) {
		f.values[pair[0]] = pair[1]
	}
	return f
}

// refuse notes what is wrong with a field.
func (f *form) refuse(name, text string) {
	if _, ok := f.errors[name]; !ok {
		f.errors[name] = text
	}
}

// bad tells whether the form has to go back.
func (f *form) bad() bool { return len(f.errors) > 0 || f.failed != "" }

// blame takes up an error that whoever typed can do something about. It gives
// back any other.
func (f *form) blame(r *web.Request, err error) error {
	switch {
	case errors.Is(err, candor.ErrExists):
		f.failed = r.T("office.form.exists")
	case errors.Is(err, candor.ErrInvalid), errors.Is(err, candor.ErrNotFound):
		f.failed = advice(r, err)
	default:
		return err
	}
	return nil
}

// advice says what an error advises in the reader's language. Where it can be
// had in English only, it is led in by the error's message.
func advice(r *web.Request, err error) string {
	hint, known := r.Printer.Hint(candor.Hint(err))
	if known && r.Printer.Lang() != "en" {
		return hint
	}
	return strings.TrimSpace(plain(err) + ". " + hint)
}

// refused is an error with what it advises, as a message.
func refused(r *web.Request, err error) ui.Message {
	hint, known := r.Printer.Hint(candor.Hint(err))
	if known && r.Printer.Lang() != "en" {
		return ui.Message{Tone: ui.Bad, Title: hint}
	}
	return ui.Message{Tone: ui.Bad, Title: plain(err), Text: hint}
}

// plain is an error's message without the name of its kind at the end.
func plain(err error) string {
	text := err.Error()
	for _, kind := range []error{candor.ErrInvalid, candor.ErrNotFound, candor.ErrChanged, candor.ErrUnavailable, candor.ErrDenied} {
		text = strings.TrimSuffix(text, ": "+kind.Error())
	}
	return text
}

// input is a field with its label, and what was typed into it.
func (f form) input(name, label, hint string) ui.Input {
	return ui.Input{Name: name, Label: label, Hint: hint, Value: f.values[name], Error: f.errors[name]}
}

// summary lists the errors in the order of the fields.
func (f form) summary(fields ...string) (all []ui.FormError) {
	for _, name := range fields {
		if text, ok := f.errors[name]; ok {
			all = append(all, ui.FormError{Name: name, Text: text})
		}
	}
	return all
}

// name asks for a name that fits.
func (f *form) name(r *web.Request) {
	if v := f.values["name"]; v == "" || len(v) > 200 {
		f.refuse("name", r.T("office.form.name.bad"))
	}
}

// tag asks for a language, or nothing.
func (f *form) tag(r *web.Request, field string) {
	if v := f.values[field]; v != "" {
		if _, err := language.Parse(v); err != nil {
			f.refuse(field, r.T("office.form.language.bad"))
		}
	}
}

// zone asks for a time zone, or nothing.
func (f *form) zone(r *web.Request, field string) {
	if v := f.values[field]; v != "" {
		if _, err := time.LoadLocation(v); err != nil || v == "Local" {
			f.refuse(field, r.T("office.form.zone.bad"))
		}
	}
}

// mail asks for an address.
func (f *form) mail(r *web.Request, field string) {
	v := f.values[field]
	if a, err := mail.ParseAddress(v); err != nil || a.Address != v {
		f.refuse(field, r.T("office.form.mail.bad"))
	}
}

// lines are the lines of a text, without empty ones.
func lines(text string) (all []string) {
	for l := range strings.SplitSeq(text, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			all = append(all, l)
		}
	}
	return all
}

// must says that a field has to be filled.
func must(in ui.Input) ui.Input {
	in.Required = true
	return in
}

// mono is a field for paths and the like.
func mono(in ui.Input) ui.Input {
	in.Mono = true
	return in
}

// of is a field of another of HTML's types.
func of(kind string, in ui.Input) ui.Input {
	in.Type = kind
	return in
}
