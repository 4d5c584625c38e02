package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"candor"
	"candor/internal/consent/terms"
	"candor/internal/phrase"
	"candor/internal/scan/output"
)

func (p *program) termsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "terms",
		Short: "Write, check, show and compare terms that people agree to",
		Long: `A YAML file holds one version of one document: hosting terms, acceptable use,
subscriber terms, a software agreement or a privacy policy, with its clauses in
several languages. docs/terms.md tells its shape. FILE may also be the name of
a document of the library, or - for the standard input.`,
		Args: unknownCommand,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(p.termsListCommand(), p.termsShowCommand(), p.termsCheckCommand(), p.termsCompareCommand(), p.termsCoverCommand())
	return c
}

// termsData reads a file, the standard input for "-", or a document of the
// library. A file goes before a document of the same name.
func (p *program) termsData(name string) ([]byte, error) {
	if name == "-" {
		return limited(p.in, name)
	}
	f, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		if data, known := terms.Source(name); known == nil {
			return data, nil
		}
	}
	if err != nil {
		return nil, candor.WithHint(err, `Name a file that can be read, - for the standard input, or a document that "candor terms list" shows.`)
	}
	defer f.Close()
	return limited(f, name)
}

func limited(r io.Reader, name string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, terms.MostBytes+1))
	if err != nil {
		return nil, candor.WithHint(fmt.Errorf("terms %s: %w", name, err), "Name a file that can be read, or - for the standard input.")
	}
	return data, nil
}

// termsOf reads a version that has the shape of one, and gives what was written
// too.
func (p *program) termsOf(name string) (*terms.Document, []byte, error) {
	data, err := p.termsData(name)
	if err != nil {
		return nil, nil, err
	}
	d, problems := terms.Decode(data)
	if d == nil {
		return nil, nil, candor.WithHint(fmt.Errorf("%s is no version of terms: problems: %d: %w", name, len(problems), candor.ErrInvalid),
			fmt.Sprintf("Run \"candor terms check %s\" for what is wrong.", name))
	}
	return d, data, nil
}

func (p *program) termsListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the documents of the library",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			for _, name := range terms.Library() {
				d, _, err := p.termsOf(name)
				if err != nil {
					return err
				}
				if _, err := fmt.Fprintf(p.out, "%-20s %-10s %2d clauses  %s\n", name, d.Label, len(d.Clauses), d.Languages); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func (p *program) termsShowCommand() *cobra.Command {
	var format, language, out string
	c := &cobra.Command{
		Use:   "show FILE",
		Short: "Write a version as people or machines read it",
		Long: `Show writes a version as plain text, as an HTML page that stands alone, as PDF
(with an installed Chromium), as YAML as it was written, or as JSON: the
canonical form (RFC 8785) whose SHA-256 names the version.`,
		Args: cobra.MatchAll(needArgs("FILE"), cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("format", format, "text", "html", "pdf", "json", "yaml"); err != nil {
				return err
			}
			d, data, err := p.termsOf(args[0])
			if err != nil {
				return err
			}
			texts, err := languageOf(language)
			if err != nil {
				return err
			}
			page := d.Page(texts, language)
			return p.deliver(out, func(w io.Writer) error {
				switch format {
				case "html":
					return page.HTML(w)
				case "pdf":
					return terms.Press{}.PDF(c.Context(), w, page.HTML)
				case "json":
					data, err = d.Canonical()
				case "text":
					return page.Text(w)
				}
				if err == nil {
					_, err = w.Write(data)
				}
				return err
			})
		},
	}
	c.Flags().StringVar(&format, "format", "text", "write it as `text|html|pdf|json|yaml`")
	c.Flags().StringVar(&language, "language", "en", "in this `LANGUAGE`: en, zh, ar, es, fr or ru")
	c.Flags().StringVarP(&out, "output", "o", "", "write it to `FILE` instead of the standard output")
	return c
}

// languageOf loads the texts, and refuses a language that they have not.
func languageOf(language string) (*phrase.Catalogue, error) {
	texts, err := phrase.Load()
	if err != nil {
		return nil, err
	}
	_, err = printerFor(texts, language)
	return texts, err
}

// deliver writes to a file or, without a name, to the standard output. A file is
// there whole, or as it was.
func (p *program) deliver(path string, write func(io.Writer) error) error {
	if path == "" {
		return write(p.out)
	}
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil { //nolint:gosec // terms are for everybody to read
		return candor.WithHint(err, "Name a file in a folder that can be written to.")
	}
	return nil
}

func (p *program) termsCompareCommand() *cobra.Command {
	var format, language, out string
	c := &cobra.Command{
		Use:   "compare OLD NEW",
		Short: "Say what changed from one version to the next",
		Long: `Compare says in plain sentences what changed, and lays the texts over each other
word by word (text: {+added+} and [-taken out-]). It holds what the author
marked as material against what seems to matter.
Exit status: 0 nothing to mend, 1 a change that seems to matter is not marked, or
the versions do not follow each other, 2 it could not be done.`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 2 {
				return nil
			}
			return candor.WithHint(errors.New("two versions are needed"), fmt.Sprintf("Usage: %s.", c.UseLine()))
		},
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("format", format, "text", "html", "pdf", "json"); err != nil {
				return err
			}
			texts, err := languageOf(language)
			if err != nil {
				return err
			}
			old, _, err := p.termsOf(args[0])
			if err != nil {
				return err
			}
			next, _, err := p.termsOf(args[1])
			if err != nil {
				return err
			}
			comparison, err := terms.Compare(old, next, texts, language)
			if err != nil {
				return err
			}
			if terms.Faulty(comparison.Problems) {
				p.status = exitFound
			}
			p.unmarked(args[1], comparison, texts.For(language))
			return p.deliver(out, func(w io.Writer) error {
				switch format {
				case "html":
					return comparison.HTML(w)
				case "pdf":
					return terms.Press{}.PDF(c.Context(), w, comparison.HTML)
				case "json":
					return json.NewEncoder(w).Encode(comparison)
				}
				return comparison.Text(w)
			})
		},
	}
	c.Flags().StringVar(&format, "format", "text", "write it as `text|html|pdf|json`")
	c.Flags().StringVar(&language, "language", "en", "in this `LANGUAGE`: en, zh, ar, es, fr or ru")
	c.Flags().StringVarP(&out, "output", "o", "", "write it to `FILE` instead of the standard output")
	return c
}

// unmarked tells the author, beside what readers get, what is to be mended.
func (p *program) unmarked(path string, c *terms.Comparison, t phrase.Printer) {
	for _, problem := range c.Problems {
		what, do := problem.In(t)
		_, _ = fmt.Fprintf(p.err, "%s: %s: %s: %s\n    %s\n", output.Printable(path), problem.Severity, output.Printable(cmp.Or(problem.Pointer, "/")), what, do)
	}
}
