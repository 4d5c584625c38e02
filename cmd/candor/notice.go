package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"candor"
	"candor/internal/consent/notice"
	"candor/internal/phrase"
	"candor/internal/scan/output"
)

func (p *program) noticeCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "notice",
		Short: "Check, show and serve the notice of a site or program",
		Long: `A notice is a JSON document in which a site or a program declares who is
responsible, what data it takes and why, and every piece of code that it
delivers or runs. docs/notice.md tells its shape.`,
		Args: unknownCommand,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(p.noticeCheckCommand(), p.noticeShowCommand(), p.noticeSnippetCommand())
	return c
}

// readNotice reads a file, or the standard input for "-".
func (p *program) readNotice(path string) (data []byte, err error) {
	in := p.in
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, candor.WithHint(err, "Name a file that can be read, or - for the standard input.")
		}
		defer f.Close()
		in = f
	}
	if data, err = io.ReadAll(io.LimitReader(in, notice.MostBytes+1)); err != nil {
		return nil, candor.WithHint(fmt.Errorf("notice %s: %w", path, err), "Name a file that can be read, or - for the standard input.")
	}
	return data, nil
}

// printerFor gives the printer of a language, which has to be one of the six.
func printerFor(texts *phrase.Catalogue, language string) (phrase.Printer, error) {
	if !slices.Contains(texts.Languages(), language) {
		return phrase.Printer{}, candor.WithHint(fmt.Errorf("language %q: %w", language, candor.ErrInvalid),
			"The languages are "+strings.Join(texts.Languages(), ", ")+".")
	}
	return texts.For(language), nil
}

func (p *program) noticeCheckCommand() *cobra.Command {
	var format, language string
	c := &cobra.Command{
		Use:   "check FILE…",
		Short: "Say what is wrong with notices, where, and what to do",
		Long: `Check holds each FILE ("-" is the standard input) against the schema of notices,
looks for what contradicts itself, and measures how long and how hard to read
the short notice is in each language that the notice has.
Exit status: 0 no errors (advice may be given), 1 errors, 2 it could not be done.`,
		Args: needArgs("FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			texts, err := phrase.Load()
			if err != nil {
				return err
			}
			t, err := printerFor(texts, language)
			if err != nil {
				return err
			}
			if err := oneOf("format", format, "text", "json"); err != nil {
				return err
			}
			check := &noticeCheck{program: p, texts: texts, printer: t, json: format == "json"}
			for _, path := range args {
				data, err := p.readNotice(path)
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

// oneOf tells whether an option has one of its values.
func oneOf(option, value string, values ...string) error {
	if slices.Contains(values, value) {
		return nil
	}
	return candor.WithHint(fmt.Errorf("--%s %q: %w", option, value, candor.ErrInvalid), "Write --"+option+" "+strings.Join(values, " or ")+".")
}

// noticeCheck writes what is wrong with notices, and counts it.
type noticeCheck struct {
	*program
	texts                 *phrase.Catalogue
	printer               phrase.Printer
	json                  bool
	files, errors, advice int
}

func (c *noticeCheck) file(path string, data []byte) error {
	n, problems := notice.Check(data, c.texts)
	c.files++
	for _, problem := range problems {
		if problem.Severity == notice.Fault {
			c.errors++
		} else {
			c.advice++
		}
		if err := c.problem(path, problem); err != nil {
			return err
		}
	}
	if n == nil || notice.Faulty(problems) {
		c.status = exitFound
		return nil
	}
	digest, err := n.Digest()
	if err != nil {
		return err
	}
	if c.json {
		return c.line(map[string]any{"type": "notice", "path": path, "notice_id": n.ID, "version": n.Version, "sha256": digest})
	}
	_, err = fmt.Fprintf(c.out, "%s: notice %s, version %s, sha256 %s\n", output.Printable(path), n.ID, n.Version, digest)
	return err
}

func (c *noticeCheck) problem(path string, problem notice.Problem) error {
	what, do := problem.In(c.printer)
	if c.json {
		return c.line(map[string]any{"type": "problem", "path": path, "pointer": problem.Pointer, "code": problem.Code,
			"severity": problem.Severity, "args": problem.Args, "what": what, "do": do})
	}
	at := problem.Pointer
	if at == "" {
		at = "/"
	}
	_, err := fmt.Fprintf(c.out, "%s: %s: %s: %s\n    %s\n", output.Printable(path), problem.Severity, output.Printable(at), what, do)
	return err
}

func (c *noticeCheck) end() error {
	if !c.json {
		return nil
	}
	return c.line(map[string]any{"type": "summary", "files": c.files, "errors": c.errors, "advice": c.advice})
}

func (c *noticeCheck) line(v any) error { return json.NewEncoder(c.out).Encode(v) }

func (p *program) noticeShowCommand() *cobra.Command {
	var layer, format, language string
	c := &cobra.Command{
		Use:   "show FILE",
		Short: "Write a notice as people or machines read it",
		Long: `Show writes the short notice or the full text as HTML or plain text in one of six
languages. --format json writes the machine copy, in the canonical form (RFC
8785) whose SHA-256 names the version; --format jsonld writes it with a context
that maps it onto the W3C Data Privacy Vocabulary.`,
		Args: cobra.MatchAll(needArgs("FILE"), cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := oneOf("layer", layer, "short", "full"); err != nil {
				return err
			}
			if err := oneOf("format", format, "html", "text", "json", "jsonld"); err != nil {
				return err
			}
			n, texts, err := p.noticeOf(args[0])
			if err != nil {
				return err
			}
			t, err := printerFor(texts, language)
			if err != nil {
				return err
			}
			return p.showNotice(n, t, layer, format)
		},
	}
	c.Flags().StringVar(&layer, "layer", "short", "which layer: `short|full`")
	c.Flags().StringVar(&format, "format", "text", "write it as `html|text|json|jsonld`")
	c.Flags().StringVar(&language, "language", "en", "in this `LANGUAGE`: en, zh, ar, es, fr or ru")
	return c
}

// noticeOf reads a notice that has the shape of one.
func (p *program) noticeOf(path string) (*notice.Notice, *phrase.Catalogue, error) {
	texts, err := phrase.Load()
	if err != nil {
		return nil, nil, err
	}
	data, err := p.readNotice(path)
	if err != nil {
		return nil, nil, err
	}
	n, problems := notice.Decode(data)
	if n == nil {
		return nil, nil, candor.WithHint(fmt.Errorf("%s is no notice: problems: %d: %w", path, len(problems), candor.ErrInvalid),
			fmt.Sprintf("Run \"candor notice check %s\" for what is wrong.", path))
	}
	return n, texts, nil
}

func (p *program) showNotice(n *notice.Notice, t phrase.Printer, layer, format string) error {
	switch format {
	case "json", "jsonld":
		write := n.Canonical
		if format == "jsonld" {
			write = n.LinkedData
		}
		data, err := write()
		if err == nil {
			_, err = p.out.Write(data)
		}
		return err
	}
	page := n.Short
	if layer == "full" {
		page = n.Full
	}
	if format == "html" {
		return page(t).HTML(p.out)
	}
	return page(t).Text(p.out)
}

func (p *program) noticeSnippetCommand() *cobra.Command {
	var server, file string
	c := &cobra.Command{
		Use:   "snippet FILE --for nginx|apache|wordpress",
		Short: "Write what serves a notice at its well-known address",
		Long: `Snippet writes a piece of configuration for nginx or Apache, or a must-use plug-in
for WordPress, that serves the machine copy of the notice at
` + notice.WellKnown + `. nginx and Apache read the copy from a file:
write it there with "candor notice show FILE --format json".`,
		Args: cobra.MatchAll(needArgs("FILE"), cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := oneOf("for", server, notice.Servers()...); err != nil {
				return err
			}
			n, _, err := p.noticeOf(args[0])
			if err != nil {
				return err
			}
			if file == "" {
				file = n.KeptAt()
			}
			text, err := n.Snippet(server, file)
			if err != nil {
				return candor.WithHint(err, "Choose another path with --path.")
			}
			_, err = io.WriteString(p.out, text)
			return err
		},
	}
	c.Flags().StringVar(&server, "for", "", "write it for `nginx|apache|wordpress`")
	c.Flags().StringVar(&file, "path", "", "the machine copy is kept at `PATH` (default: /var/lib/candor/notice/ID.json)")
	return c
}
