package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"candor/internal/consent/terms"
	"candor/internal/phrase"
	"candor/internal/scan/output"
	"candor/internal/x1207"
)

func (p *program) termsCheckCommand() *cobra.Command {
	var format, language string
	c := &cobra.Command{
		Use:   "check FILE…",
		Short: "Say what is wrong with terms, where, and what to do",
		Long: `Check reads each FILE strictly and looks for what contradicts itself: languages
that are missing or differ in numbers, requirements that there are not, clauses
that act on people without a word on how to say no, consent by silence.
Exit status: 0 no errors (advice may be given), 1 errors, 2 it could not be done.`,
		Args: needArgs("FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := oneOf("format", format, "text", "json"); err != nil {
				return err
			}
			texts, err := languageOf(language)
			if err != nil {
				return err
			}
			check := &termsCheck{program: p, printer: texts.For(language), json: format == "json"}
			for _, path := range args {
				data, err := p.termsData(path)
				if err != nil {
					return err
				}
				if err := check.file(path, data); err != nil {
					return err
				}
			}
			return check.end()
		},
	}
	c.Flags().StringVar(&format, "format", "text", "write problems as `text|json`")
	c.Flags().StringVar(&language, "language", "en", "say it in this `LANGUAGE`: en, zh, ar, es, fr or ru")
	return c
}

// termsCheck writes what is wrong with terms, and counts it.
type termsCheck struct {
	*program
	printer               phrase.Printer
	json                  bool
	files, errors, advice int
}

func (c *termsCheck) file(path string, data []byte) error {
	d, problems := terms.Check(data)
	c.files++
	for _, problem := range problems {
		if problem.Severity == terms.Fault {
			c.errors++
		} else {
			c.advice++
		}
		if err := c.problem(path, problem); err != nil {
			return err
		}
	}
	if d == nil || terms.Faulty(problems) {
		c.status = exitFound
		return nil
	}
	digest, err := d.Digest()
	if err != nil {
		return err
	}
	if c.json {
		return c.line(map[string]any{"type": "terms", "path": path, "document": d.ID, "version": d.Label, "effective": d.Effective, "sha256": digest})
	}
	_, err = fmt.Fprintf(c.out, "%s: terms %s, version %s, sha256 %s\n", output.Printable(path), d.ID, d.Label, digest)
	return err
}

func (c *termsCheck) problem(path string, problem terms.Problem) error {
	what, do := problem.In(c.printer)
	if c.json {
		return c.line(map[string]any{"type": "problem", "path": path, "line": problem.Line, "pointer": problem.Pointer, "code": problem.Code,
			"severity": problem.Severity, "args": problem.Args, "what": what, "do": do})
	}
	at := output.Printable(path)
	if problem.Line > 0 {
		at += fmt.Sprintf(":%d", problem.Line)
	}
	_, err := fmt.Fprintf(c.out, "%s: %s: %s: %s\n    %s\n", at, problem.Severity, output.Printable(cmp.Or(problem.Pointer, "/")), what, do)
	return err
}

func (c *termsCheck) end() error {
	if !c.json {
		return nil
	}
	return c.line(map[string]any{"type": "summary", "files": c.files, "errors": c.errors, "advice": c.advice})
}

func (c *termsCheck) line(v any) error { return json.NewEncoder(c.out).Encode(v) }

func (p *program) termsCoverCommand() *cobra.Command {
	var format, language string
	c := &cobra.Command{
		Use:   "cover [FILE…]",
		Short: "Say which clause carries which requirement, and what is missing",
		Long: `Cover goes through the requirements of ITU-T X.1207 that belong into terms, and
names the clauses of FILE… that serve each; without FILE, those of the library.
Exit status: 0 each is carried, 1 some are missing, 2 it could not be done.`,
		RunE: func(_ *cobra.Command, args []string) error {
			if err := oneOf("format", format, "text", "json"); err != nil {
				return err
			}
			texts, err := languageOf(language)
			if err != nil {
				return err
			}
			if len(args) == 0 {
				args = terms.Library()
			}
			var docs []*terms.Document
			for _, path := range args {
				d, _, err := p.termsOf(path)
				if err != nil {
					return err
				}
				docs = append(docs, d)
			}
			coverage := terms.Cover(docs)
			if !coverage.Whole() {
				p.status = exitFound
			}
			if format == "json" {
				return json.NewEncoder(p.out).Encode(coverage)
			}
			return p.coverageText(coverage, texts.For(language))
		},
	}
	c.Flags().StringVar(&format, "format", "text", "write it as `text|json`")
	c.Flags().StringVar(&language, "language", "en", "say it in this `LANGUAGE`: en, zh, ar, es, fr or ru")
	return c
}

func (p *program) coverageText(c terms.Coverage, t phrase.Printer) error {
	var b strings.Builder
	for _, row := range c.Rows {
		title := ""
		if r, known := x1207.ByID(row.Requirement); known {
			title = r.Title.In(t.Lang())
		}
		fmt.Fprintf(&b, "%-8s %s: %s\n", row.Requirement, title, t.Word("terms.state.", string(row.State)))
		for _, by := range row.Clauses {
			fmt.Fprintf(&b, "         %s %s: %s\n", by.Document, by.Version, by.Clause)
		}
	}
	fmt.Fprintf(&b, "%d / %d\n", c.Covered, c.Asked)
	_, err := fmt.Fprint(p.out, b.String())
	return err
}
