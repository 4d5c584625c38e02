package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intake/format/readers"
	"candor/internal/intake/freetext"
	mail "candor/internal/intake/message"
	"candor/internal/scan/output"
)

func (p *program) intakeCommand() *cobra.Command {
	var form, rules string
	var why bool
	c := &cobra.Command{
		Use:   "intake FILE…",
		Short: "Read reports of abuse, and say what they tell and about whom",
		Long: `Intake reads mails that report abuse, and files in formats of such reports, "-" for
one on standard input, and prints which addresses, URLs, domains, hashes and mail
addresses they complain about, how sure that is, and when it happened. Times
without a zone are told as they stand there.

Reports in a format that is known (XARF, X-ARF, ARF, ACNS) are read as that. A mail
in none is read as free text, and so is one that is not as its format has it: then
a person has to look.

The status is 0 if no report complains about anything, 1 if one does, and 2 if a
file could not be read.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := oneOf("format", form, "text", "json"); err != nil {
				return err
			}
			reader := freetext.New()
			if rules != "" {
				var err error
				if reader.Rules, err = readRules(rules); err != nil {
					return err
				}
			}
			return p.intake(reader, args, form, why)
		},
	}
	f := c.Flags()
	f.StringVar(&form, "format", "text", "write what was read as `text|json`")
	f.StringVar(&rules, "rules", "", "read reports of some who report as this `FILE` says")
	f.BoolVar(&why, "explain", false, "say what spoke for and against each value")
	return c
}

// intakeLine is what is told of a file as a line of JSON.
type intakeLine struct {
	Type string `json:"type"` // "report"
	File string `json:"file"`
	intake.Report
	Problems []string `json:"problems,omitempty"`
}

type intakeSummary struct {
	Type    string  `json:"type"` // "summary"
	Reports int     `json:"reports"`
	About   int     `json:"about"`  // reports that complain about something
	Person  int     `json:"person"` // reports that a person has to look at
	Errors  int     `json:"errors"`
	Seconds float64 `json:"seconds"`
}

func readRules(name string) (*freetext.Rules, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rules, err := freetext.ReadRules(f)
	if err != nil {
		return nil, candor.WithHint(fmt.Errorf("%s: %w", name, err), "How rules are written stands in docs/intake.md.")
	}
	return rules, nil
}

func (p *program) intake(text *freetext.Reader, files []string, form string, why bool) error {
	formats, began := readers.All(nil), time.Now()
	sum := intakeSummary{Type: "summary"}
	var failed error
	for _, name := range files {
		got, err := readReport(name, p.in, formats, text)
		if err != nil {
			failed = errors.Join(failed, err)
			sum.Errors++
			continue
		}
		sum.Reports++
		if got.Person != "" {
			sum.Person++
		}
		for _, e := range got.Events {
			if len(e.About) > 0 {
				sum.About++
				break
			}
		}
		if err := p.tellReport(got, form, why); err != nil {
			return err
		}
	}
	sum.Seconds = time.Since(began).Seconds()
	if form == "json" {
		if err := json.NewEncoder(p.out).Encode(sum); err != nil {
			return err
		}
	}
	if sum.About > 0 {
		p.status = exitFound
	}
	return failed
}

// readAs is a report, and the file that it is of.
type readAs struct {
	freetext.Reading
	file, subject string
	problems      []string
}

// readReport reads a mail or a file, as its format or else as free text.
func readReport(name string, in io.Reader, formats format.Set, text *freetext.Reader) (readAs, error) {
	got := readAs{file: name}
	r := in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return got, candor.WithHint(err, "Name mails or reports that are saved as files, or - for one on standard input.")
		}
		defer f.Close()
		r = f
	}
	file := format.NewFile(filepath.Base(name), "", r)
	if looksLikeFile(file) {
		return got, got.readFile(file, formats)
	}
	m, err := mail.Read(file.Body, mail.DefaultLimits())
	if errors.Is(err, mail.ErrNoMail) {
		return got, candor.WithHint(fmt.Errorf("%s: %w", name, err), "Save the mail with its header, as .eml.")
	}
	if err != nil {
		return got, fmt.Errorf("%s: %w", name, err)
	}
	got.subject, got.problems = m.Subject, m.Problems
	got.readMail(m, formats, text)
	return got, nil
}

// looksLikeFile tells files of formats from mails, which begin with the name of a
// field.
func looksLikeFile(f format.File) bool {
	switch strings.ToLower(filepath.Ext(f.Name)) {
	case ".json", ".xml", ".yaml", ".yml", ".csv":
		return true
	}
	start := bytes.TrimLeft(f.Start(), "\xef\xbb\xbf \t\r\n")
	return len(start) > 0 && strings.IndexByte("{[<", start[0]) >= 0
}

func (got *readAs) readFile(f format.File, formats format.Set) error {
	var events []intake.Event
	report, _, err := formats.ReadFile(f, func(e intake.Event) error {
		events = append(events, e)
		return nil
	})
	if errors.Is(err, format.ErrOther) {
		err = candor.WithHint(errors.New("it is no mail, and of no format that is known"), "Save mails with their header, as .eml.")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", got.file, err)
	}
	got.Report = report
	got.Events = events
	return nil
}

func (got *readAs) readMail(m *mail.Message, formats format.Set, text *freetext.Reader) {
	var events []intake.Event
	report, _, err := formats.Read(m, func(e intake.Event) error {
		events = append(events, e)
		return nil
	})
	if err == nil {
		got.Report = report
		got.Events = events
		return
	}
	got.Reading = text.Read(m)
	if !errors.Is(err, format.ErrOther) {
		got.Person = intake.Cut(err.Error(), intake.MostNote)
	}
}

func (p *program) tellReport(got readAs, form string, why bool) error {
	if form == "json" {
		return json.NewEncoder(p.out).Encode(intakeLine{Type: "report", File: got.file, Report: got.Report, Problems: got.problems})
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n  %s from %s, %d %% sure\n", got.file, output.Printable(fmt.Sprintf("%.100s", got.subject)), got.Format, orNone(got.Reporter), got.Confidence)
	for _, e := range got.Events {
		fmt.Fprintf(&b, "  %s", e.Class)
		if e.First != nil {
			fmt.Fprintf(&b, ", %s", whenText(*e.First))
			if e.Last != nil && *e.Last != *e.First {
				fmt.Fprintf(&b, " to %s", whenText(*e.Last))
			}
		}
		b.WriteByte('\n')
		for _, a := range e.About {
			port := ""
			if a.Port != 0 {
				port = fmt.Sprintf(" port %d", a.Port)
			}
			fmt.Fprintf(&b, "    %-8s %s%s (%s)\n", a.Kind, output.Printable(fmt.Sprintf("%.200s", a.Value)), port, a.Role)
		}
	}
	if got.Person != "" {
		fmt.Fprintf(&b, "  needs a person: %s\n", output.Printable(got.Person))
	}
	if got.Rule != "" {
		fmt.Fprintf(&b, "  by rule %s\n", output.Printable(got.Rule))
	}
	if why {
		for _, w := range got.Why {
			fmt.Fprintf(&b, "  %3d %% %s %s:", w.Confidence, w.Role, output.Printable(fmt.Sprintf("%.80s", w.Value)))
			for _, f := range w.Features[:min(len(w.Features), 8)] {
				fmt.Fprintf(&b, " %s %+.1f", f.Name, f.Weight)
			}
			b.WriteByte('\n')
		}
	}
	for _, problem := range got.problems {
		fmt.Fprintf(&b, "  %s\n", problem)
	}
	_, err := io.WriteString(p.out, b.String())
	return err
}

// whenText is a time in UTC, or as it stands in the report, if its zone is not
// told.
func whenText(w intake.When) string {
	if w.Time.IsZero() {
		return fmt.Sprintf("%q (zone not told)", w.Text)
	}
	return w.Time.Format("2006-01-02 15:04:05 UTC")
}

func orNone(s string) string {
	if s == "" {
		return "nobody named"
	}
	return s
}
