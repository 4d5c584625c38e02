package reading

import (
	"cmp"
	"errors"

	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intake/message"
)

// mostHeld is how many events of a mail are held until all of it was read. Of a
// mail that has more, all are read once more, so that memory does not grow with it.
const mostHeld = 20_000

// finding is what a mail says, with its events not yet handed on: of what breaks
// off none are sure.
type finding struct {
	report intake.Report
	sure   bool
	blames bool // an event names what is complained about
	events []intake.Event
	more   bool // events are only the first ones
	again  func(format.Each) error
}

func (f *finding) note(e intake.Event) {
	f.blames = f.blames || len(e.About) > 0
	if len(f.events) == mostHeld {
		f.more = true
		return
	}
	f.events = append(f.events, e)
}

// find has a mail read by those who know its format; else, or if it breaks what
// the format says, as free text.
func (r *Reader) find(m *message.Message) *finding {
	f := &finding{sure: true, again: func(each format.Each) error {
		_, _, err := r.Formats.Read(m, each)
		return err
	}}
	var name string
	var err error
	f.report, name, err = r.Formats.Read(m, func(e intake.Event) error { f.note(e); return nil })
	if err == nil {
		f.report.Format = cmp.Or(f.report.Format, name)
		f.report.Confidence = cmp.Or(f.report.Confidence, 100)
		return f
	}
	text := r.Text.Read(m).Report
	f = &finding{report: text, sure: errors.Is(err, format.ErrOther)}
	for _, e := range text.Events {
		f.blames = f.blames || len(e.About) > 0
	}
	f.events, f.report.Events = text.Events, nil
	if !f.sure { // what claims a format and is none of it may say something yet
		f.report.Person = err.Error()
	}
	return f
}

// give hands the events on.
func (f *finding) give(each Each, sure bool) error {
	if f.more {
		f.events = nil
		return f.again(func(e intake.Event) error { return give(each(e, sure)) })
	}
	for _, e := range f.events {
		if err := give(each(e, sure)); err != nil {
			return err
		}
	}
	return nil
}

func give(err error) error {
	if err != nil {
		return given{err}
	}
	return nil
}
