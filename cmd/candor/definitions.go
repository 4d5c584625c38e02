package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

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
	c.AddCommand(p.listCommand(), p.lintCommand(), p.testCommand(), p.benchCommand())
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

// lint prints problems and costly rules to where results go.
func (p *program) lint(c *scan.Compiled) error {
	notes, err := c.Rules.Lint()
	if err != nil {
		return fmt.Errorf("rules could not be judged: %w", err)
	}
	for _, problem := range c.Report.Problems {
		if _, err := fmt.Fprintln(p.out, output.Printable(problem.Error())); err != nil {
			return err
		}
	}
	for _, n := range notes {
		if _, err := fmt.Fprintf(p.out, "%s:%d: %s: costly: %s (%s)\n", output.Printable(n.Rule.File), n.Rule.Line,
			output.Printable(n.Rule.Name), n.Reason, n.Cost); err != nil {
			return err
		}
	}
	if len(c.Report.Problems) > 0 {
		p.status = exitFound
	}
	_, err = fmt.Fprintf(p.out, "%d in force, %d not usable, %d costly\n", c.Report.Rules, len(c.Report.Problems), len(notes))
	return err
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
		Long: `Lint names every definition that cannot be used, with file, line and reason, and
every rule that has no rare sequence of bytes to be recognised by, so that it is
evaluated for much content that it does not match, with the reason and the cost.
Exit status: 0 all can be used, 1 some cannot, 2 it could not be done.`,
		Args: unknownCommand,
		RunE: func(*cobra.Command, []string) error {
			compiled, err := f.load()
			if err != nil {
				return err
			}
			return p.lint(compiled)
		},
	}
	f.add(c)
	return c
}
