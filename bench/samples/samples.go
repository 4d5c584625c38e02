// Package samples has the readers of formats read public collections of samples,
// and tells what they took and what they refused, and what of it is attributed to whose
// it is in a made-up estate that has all that the samples complain about.
package samples

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intake/freetext"
	"candor/internal/intake/kind"
	"candor/internal/intake/message"
	"candor/internal/intake/reading"
	"candor/internal/intake/wrap"
)

// Want is what has to become of the files of a set.
type Want string

// What has to become of them.
const (
	Accepted Want = "accepted"
	Rejected Want = "rejected"
	Other    Want = "other" // of no format
)

// Set is a collection of samples.
type Set struct {
	Name   string
	Folder string   // below the folder that holds all, the name of a repository
	Files  []string // patterns below it, as of filepath.Match
	Except []string // names of files that the set does not count
	Mails  bool     // they are mails; else files
	Text   bool     // mails of no format are read as free text, as the desk does; whether rightly is not judged
	Want   Want
}

// Count is what became of a set.
type Count struct {
	Set
	All      int
	Accepted int
	Events   int
	// Attributed are events of which all that they complain about was found to be whose
	// it is.
	Attributed int
	Left       []string // what was not attributed: its reason
	Person     int      // of those that were accepted
	Refused    []string // file: reason
	Other      int      // of no format
	Wrong      []string
	events     []intake.Event
}

// Run reads the sets that are below a folder. A set of which there is no file is
// an error.
func Run(folder string, sets []Set, readers format.Set) ([]Count, error) {
	var all []Count
	for _, s := range sets {
		c, err := s.run(folder, readers)
		if err != nil {
			return all, err
		}
		all = append(all, c)
	}
	return all, attributeAll(all)
}

// attributeAll attributes what the sets complain about, in the estate of all of them.
func attributeAll(all []Count) error {
	var events []intake.Event
	for _, c := range all {
		events = append(events, c.events...)
	}
	e := estateOf(events)
	for i := range all {
		j, err := e.judge(context.Background(), all[i].events)
		if err != nil {
			return err
		}
		all[i].Attributed, all[i].Left, all[i].Wrong = j.attributed, j.left, append(all[i].Wrong, j.wrong...)
	}
	return nil
}

func (s Set) run(folder string, readers format.Set) (Count, error) {
	c := Count{Set: s}
	var names []string
	for _, pattern := range s.Files {
		some, err := filepath.Glob(filepath.Join(folder, s.Folder, filepath.FromSlash(pattern)))
		if err != nil {
			return c, err
		}
		names = append(names, some...)
	}
	if len(names) == 0 {
		return c, fmt.Errorf("%s: no file in %s", s.Name, filepath.Join(folder, s.Folder))
	}
	for _, name := range names {
		if slices.Contains(s.Except, filepath.Base(name)) {
			continue
		}
		short, err := filepath.Rel(folder, name)
		if err != nil {
			return c, err
		}
		if err := c.read(name, short, readers); err != nil {
			return c, err
		}
	}
	return c, nil
}

// read reads a file; the error is one of reading it from disk.
func (c *Count) read(name, short string, readers format.Set) error {
	body, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	report, events, err := c.Set.read(filepath.Base(name), body, readers)
	c.All++
	got := Accepted
	switch {
	case errors.Is(err, format.ErrOther):
		got = Other
		c.Other++
	case err != nil:
		got = Rejected
		c.Refused = append(c.Refused, fmt.Sprintf("%s: %v", short, err))
	default:
		c.Accepted++
		c.Events += len(events)
		c.events = append(c.events, events...)
		if report.Person != "" {
			c.Person++
		}
	}
	// What is of no format is not read either.
	if got != c.Want && (c.Want != Rejected || got != Other) {
		c.Wrong = append(c.Wrong, fmt.Sprintf("%s: %s, but has to be %s: %v", short, got, c.Want, err))
	}
	return nil
}

func (s Set) read(name string, body []byte, readers format.Set) (report intake.Report, events []intake.Event, err error) {
	each := func(e intake.Event) error { events = append(events, e); return nil }
	if s.Text {
		desk := reading.Reader{Formats: readers, Text: freetext.New(), Opener: wrap.New(wrap.Options{})}
		got, err := desk.Read(reading.Source{Body: bytes.NewReader(body)}, func(e intake.Event, _ bool) error {
			events = append(events, e)
			return nil
		})
		if err == nil && got.Kind != kind.Report {
			err = format.ErrOther
		}
		return got.Report, events, err
	}
	if !s.Mails {
		report, _, err = readers.ReadFile(format.NewFile(name, "", bytes.NewReader(body)), each)
		return report, events, err
	}
	m, err := message.Read(bytes.NewReader(body), message.DefaultLimits())
	if errors.Is(err, message.ErrNoMail) {
		return report, nil, format.ErrOther
	}
	if err != nil {
		return report, nil, err
	}
	report, _, err = readers.Read(m, each)
	return report, events, err
}

// Write prints a line a set, then what is wrong; with reasons also why files were
// rejected, and complaints not attributed.
func Write(to io.Writer, counts []Count, reasons bool) error {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "set\tfiles\taccepted\tevents\tattributed\tperson\trejected\tno format\twrong\t")
	for _, c := range counts {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", c.Name, c.All, c.Accepted, c.Events, c.Attributed, c.Person, len(c.Refused), c.Other, len(c.Wrong))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	var b strings.Builder
	for _, c := range counts {
		for _, line := range c.Refused {
			if reasons {
				fmt.Fprintln(&b, "rejected", line)
			}
		}
		for _, line := range c.Left {
			if reasons {
				fmt.Fprintf(&b, "not attributed, %s, %s\n", c.Name, line)
			}
		}
		for _, line := range c.Wrong {
			fmt.Fprintln(&b, "wrong", line)
		}
	}
	_, err := io.WriteString(to, b.String())
	return err
}
