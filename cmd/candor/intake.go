package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/freetext"
	mail "candor/internal/intake/message"
	"candor/internal/scan/output"
)

func (p *program) intakeCommand() *cobra.Command {
	var format, rules string
	var why bool
	c := &cobra.Command{
		Use:   "intake FILE.eml…",
		Short: "Read reports of abuse, and say what they tell and about whom",
		Long: `Intake reads mails that report abuse, "-" for one on standard input, and prints
which addresses, URLs, domains, hashes and mail addresses they complain about, how
sure that is, and when it happened. Times without a zone are told as they stand
there. So far reports are read as free text, whatever else they carry.

The status is 0 if no report complains about anything, 1 if one does, and 2 if a
file could not be read.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := oneOf("format", format, "text", "json"); err != nil {
				return err
			}
			reader := freetext.New()
			if rules != "" {
				var err error
				if reader.Rules, err = readRules(rules); err != nil {
					return err
				}
			}
			return p.intake(reader, args, format, why)
		},
	}
	f := c.Flags()
	f.StringVar(&format, "format", "text", "write what was read as `text|json`")
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

func (p *program) intake(reader *freetext.Reader, files []string, format string, why bool) error {
	began := time.Now()
	sum := intakeSummary{Type: "summary"}
	var failed error
	for _, name := range files {
		m, err := readMail(name, p.in)
		if err != nil {
			failed = errors.Join(failed, err)
			sum.Errors++
			continue
		}
		got := reader.Read(m)
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
		if err := p.tellReport(name, m, got, format, why); err != nil {
			return err
		}
	}
	sum.Seconds = time.Since(began).Seconds()
	if format == "json" {
		if err := json.NewEncoder(p.out).Encode(sum); err != nil {
			return err
		}
	}
	if sum.About > 0 {
		p.status = exitFound
	}
	return failed
}

func readMail(name string, in io.Reader) (*mail.Message, error) {
	r := in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, candor.WithHint(err, "Name mails that are saved as files, or - for one on standard input.")
		}
		defer f.Close()
		r = f
	}
	m, err := mail.Read(r, mail.DefaultLimits())
	if errors.Is(err, mail.ErrNoMail) {
		return nil, candor.WithHint(fmt.Errorf("%s: %w", name, err), "Save the mail with its header, as .eml.")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

func (p *program) tellReport(name string, m *mail.Message, got freetext.Reading, format string, why bool) error {
	if format == "json" {
		return json.NewEncoder(p.out).Encode(intakeLine{Type: "report", File: name, Report: got.Report, Problems: m.Problems})
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n  from %s, %d %% sure\n", name, output.Printable(fmt.Sprintf("%.100s", m.Subject)), orNone(got.Reporter), got.Confidence)
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
		fmt.Fprintf(&b, "  needs a person: %s\n", got.Person)
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
	for _, problem := range m.Problems {
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
