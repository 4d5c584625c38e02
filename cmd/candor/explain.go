package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"candor"
	"candor/engine"
	"candor/internal/scan"
	"candor/internal/scan/output"
)

func (p *program) testCommand() *cobra.Command {
	f := &definitionFlags{}
	var rules []string
	c := &cobra.Command{
		Use:   "test FILE…",
		Short: "Show which rules match a file, and why",
		Long: `Test matches FILE and prints each rule that matches: the strings that were seen
and where, and each part of its condition with what it amounted to. A rule that
is named with --rule is explained whether it matches or not.
Exit status: 0 no rule matches, 1 some do, 2 it could not be done.`,
		Args: needArgs("FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			compiled, err := f.load()
			if err != nil {
				return err
			}
			f.tell(p, compiled)
			_, fixed, err := f.variables()
			if err != nil {
				return err
			}
			t := &ruleTest{
				program: p, fixed: fixed,
				scanner: compiled.Rules.NewScanner(engine.ScanOptions{Strings: true, Log: (&consoleLog{to: p.err}).line}),
			}
			if t.named, err = findRules(compiled.Rules.All(), rules); err != nil {
				return err
			}
			for _, path := range args {
				if err := t.file(path); err != nil {
					return err
				}
			}
			return nil
		},
	}
	f.add(c)
	c.Flags().StringArrayVarP(&rules, "rule", "r", nil, "explain the rule `NAME` whether it matches or not; may be repeated")
	return c
}

// findRules gives the rules of these names.
func findRules(all []*engine.Rule, names []string) (found []*engine.Rule, err error) {
	for _, name := range names {
		before := len(found)
		for _, r := range all {
			if r.Name == name {
				found = append(found, r)
			}
		}
		if len(found) == before {
			return nil, candor.WithHint(fmt.Errorf("no rule is called %q: %w", name, candor.ErrNotFound),
				"Run \"candor definitions list\" with the same --definitions for the rules there are.")
		}
	}
	return found, nil
}

// ruleTest tests files and explains what comes of it.
type ruleTest struct {
	*program
	scanner *engine.Scanner
	fixed   map[string]bool
	named   []*engine.Rule
}

func (t *ruleTest) file(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return candor.WithHint(err, "Name a file that can be read.")
	}
	file := engine.File{Name: path, Externals: scan.Externals(path, data, t.fixed)}
	matches, err := t.scanner.Scan(data, file)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	matches = keep(matches) // explaining uses the scanner again
	var b strings.Builder
	if len(matches) == 0 {
		fmt.Fprintf(&b, "%s: no rule matches\n", output.Printable(path))
	} else {
		t.status = exitFound
	}
	for _, m := range matches {
		fmt.Fprintf(&b, "%s: %s matches (%s)\n", output.Printable(path), output.Printable(m.Rule.Name), place(m.Rule))
		for _, s := range m.Strings {
			fmt.Fprintf(&b, "    0x%x:%s: %s\n", s.Offset, s.Name, output.Excerpt(s.Data, s.Length))
		}
		if err := t.explain(&b, data, file, m.Rule); err != nil {
			return err
		}
	}
	for _, r := range t.named {
		if slices.ContainsFunc(matches, func(m engine.Match) bool { return m.Rule == r }) {
			continue
		}
		fmt.Fprintf(&b, "%s: %s does not match (%s)\n", output.Printable(path), output.Printable(r.Name), place(r))
		if err := t.explain(&b, data, file, r); err != nil {
			return err
		}
	}
	_, err = t.out.Write([]byte(b.String()))
	return err
}

// keep copies matches out of the scanner's memory.
func keep(matches []engine.Match) []engine.Match {
	matches = slices.Clone(matches)
	for i := range matches {
		matches[i].Strings = slices.Clone(matches[i].Strings)
		for j, s := range matches[i].Strings {
			matches[i].Strings[j].Data = slices.Clone(s.Data)
		}
	}
	return matches
}

// explain writes the parts of a YARA rule's condition.
func (t *ruleTest) explain(b *strings.Builder, data []byte, file engine.File, r *engine.Rule) error {
	if r.Language != "yara" {
		return nil
	}
	parts, err := t.scanner.Explain(data, file, r)
	if err != nil {
		return fmt.Errorf("%s: %w", r.Name, err)
	}
	for _, part := range parts {
		fmt.Fprintf(b, "    %-9s %s%s\n", part.Result, strings.Repeat("  ", part.Depth), output.Printable(part.Text))
	}
	return nil
}

func place(r *engine.Rule) string { return fmt.Sprintf("%s:%d", output.Printable(r.File), r.Line) }
