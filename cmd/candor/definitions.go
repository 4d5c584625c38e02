package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"candor"
	"candor/engine"
	"candor/internal/scan"
	"candor/internal/scan/output"
)

func (p *program) definitionsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "definitions",
		Short: "Look into definitions: list, lint, test, bench",
		Args:  unknownCommand,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.SuggestionsMinimumDistance = 2
	c.AddCommand(p.listCommand(), p.lintCommand(), p.testCommand())
	return c
}

// load reads and compiles the definitions that flags ask for. Problems are
// left to the caller.
func (f *definitionFlags) load() (*scan.Compiled, error) {
	externals, _, err := f.variables()
	if err != nil {
		return nil, err
	}
	d, err := f.read()
	if err != nil {
		return nil, err
	}
	return f.cache().Compile(d, externals), nil
}

func (p *program) listCommand() *cobra.Command {
	f := &definitionFlags{}
	c := &cobra.Command{
		Use:   "list",
		Short: "List the rules and signatures in force",
		Long:  "List prints a line for each rule or signature in force: name, language, file and line, tags, separated by tabs.",
		Args:  unknownCommand,
		RunE: func(*cobra.Command, []string) error {
			compiled, err := f.load()
			if err != nil {
				return err
			}
			for _, r := range compiled.Rules.All() {
				if _, err := fmt.Fprintf(p.out, "%s\t%s\t%s:%d\t%s\n", output.Printable(r.Name), r.Language,
					output.Printable(r.File), r.Line, strings.Join(r.Tags, " ")); err != nil {
					return err
				}
			}
			f.tell(p, compiled)
			return nil
		},
	}
	f.add(c)
	return c
}

func (p *program) lintCommand() *cobra.Command {
	f := &definitionFlags{verbose: true}
	c := &cobra.Command{
		Use:   "lint",
		Short: "Name the definitions that cannot be used, or that cost more than they should",
		Long: `Lint names every definition that cannot be used, with file, line and reason.
Exit status: 0 all can be used, 1 some cannot, 2 it could not be done.`,
		Args: unknownCommand,
		RunE: func(*cobra.Command, []string) error {
			compiled, err := f.load()
			if err != nil {
				return err
			}
			for _, problem := range compiled.Report.Problems {
				if _, err := fmt.Fprintln(p.out, output.Printable(problem.Error())); err != nil {
					return err
				}
			}
			if len(compiled.Report.Problems) > 0 {
				p.status = exitFound
			}
			_, err = fmt.Fprintf(p.out, "%d in force, %d not usable\n", compiled.Report.Rules, len(compiled.Report.Problems))
			return err
		},
	}
	f.add(c)
	return c
}

func (p *program) testCommand() *cobra.Command {
	f := &definitionFlags{}
	c := &cobra.Command{
		Use:   "test FILE…",
		Short: "Show which rules match a file, and why",
		Long: `Test matches FILE and prints each rule that matches, with the strings that were
seen and where. Exit status: 0 no rule matches, 1 some do, 2 it could not be done.`,
		Args: needArgs("FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			compiled, err := f.load()
			if err != nil {
				return err
			}
			f.tell(p, compiled)
			scanner := compiled.Rules.NewScanner(engine.ScanOptions{Strings: true, Log: (&consoleLog{to: p.err}).line})
			for _, path := range args {
				if err := p.test(scanner, path); err != nil {
					return err
				}
			}
			return nil
		},
	}
	f.add(c)
	return c
}

// test prints what matches the file at path.
func (p *program) test(scanner *engine.Scanner, path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return candor.WithHint(err, "Name a file that can be read.")
	}
	matches, err := scanner.Scan(data, engine.File{Name: path, Externals: scan.Externals(path, data)})
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if len(matches) == 0 {
		_, err := fmt.Fprintf(p.out, "%s: no rule matches\n", output.Printable(path))
		return err
	}
	p.status = exitFound
	for _, m := range matches {
		if _, err := fmt.Fprintf(p.out, "%s: %s (%s:%d)\n", output.Printable(path), output.Printable(m.Rule.Name),
			output.Printable(m.Rule.File), m.Rule.Line); err != nil {
			return err
		}
		for _, s := range m.Strings {
			if _, err := fmt.Fprintf(p.out, "    0x%x:%s: %s\n", s.Offset, s.Name, output.Excerpt(s.Data, s.Length)); err != nil {
				return err
			}
		}
	}
	return nil
}
