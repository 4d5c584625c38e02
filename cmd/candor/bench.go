package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"candor"
	"candor/engine"
	"candor/internal/scan"
	"candor/internal/scan/output"
)

func (p *program) benchCommand() *cobra.Command {
	f := &definitionFlags{}
	c := &cobra.Command{
		Use:   "bench PATH…",
		Short: "Measure what definitions cost on content of yours",
		Long: `Bench matches the files under PATH with each definitions file by itself, and with
all of them together, on one thread, and prints the time that each took, the
slowest first; then the rules that took most time to evaluate, and for how many
files that was. Take content that is like what will be scanned, and not more than
a few hundred megabytes: it is matched once for every definitions file.`,
		Args: needArgs("PATH"),
		RunE: func(c *cobra.Command, args []string) error { return p.bench(c, f, args) },
	}
	f.add(c)
	return c
}

// cost is what one definitions file took so far.
type cost struct {
	name    string
	rules   int
	matches int
	spent   time.Duration
	scanner *engine.Scanner
}

// costs is a scan.Matcher that matches with each and finds nothing.
type costs []cost

func (c costs) Scan(data []byte, f engine.File) ([]engine.Match, error) {
	for i := range c {
		began := time.Now()
		matches, err := c[i].scanner.Scan(data, f)
		c[i].spent += time.Since(began)
		c[i].matches += len(matches)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c[i].name, err)
		}
	}
	return nil, nil
}

// failures is a scan.Sink for a scan whose matcher finds nothing.
type failures struct{ p *program }

func (failures) Finding(candor.Finding) error { return nil }

func (s failures) Failure(f scan.Failure) error {
	_, err := fmt.Fprintf(s.p.err, "candor: %s: %v\n", output.Printable(f.Path), f.Err)
	return err
}

func (p *program) bench(c *cobra.Command, f *definitionFlags, args []string) error {
	externals, fixed, err := f.variables()
	if err != nil {
		return err
	}
	all, err := f.read()
	if err != nil {
		return err
	}
	var table costs
	for i, d := range append([]*scan.Definitions{all}, all.Apart()...) {
		name := "all together"
		if i > 0 {
			name = d.Sources[0].Name
		}
		compiled := scan.Cache{}.Compile(d, externals)
		if compiled.Report.Rules > 0 {
			o := engine.ScanOptions{Costs: i == 0}
			table = append(table, cost{name: name, rules: compiled.Report.Rules, scanner: compiled.Rules.NewScanner(o)})
		}
	}
	if len(table) == 0 {
		return candor.WithHint(fmt.Errorf("none of the definitions can be used: %w", candor.ErrInvalid), "Run \"candor definitions lint\" for the reasons.")
	}
	summary, err := scan.Scan(c.Context(), scan.Paths(args...), failures{p}, scan.Options{
		NewMatcher: func() scan.Matcher { return table }, Threads: 1, Fixed: fixed, Clock: time.Now,
	})
	if err != nil {
		return err
	}
	if summary.Errors > 0 || summary.Interrupted {
		p.status = exitError
	}
	return p.printCosts(table, summary)
}

func (p *program) printCosts(table costs, s scan.Summary) error {
	slices.SortStableFunc(table[1:], func(a, b cost) int { return int(b.spent - a.spent) })
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "milliseconds\tMB/s\trules\tmatches\t  definitions\n")
	for _, c := range table {
		fmt.Fprintf(w, "%.1f\t%.0f\t%d\t%d\t  %s\n", c.spent.Seconds()*1e3, float64(s.Bytes)/1e6/max(c.spent.Seconds(), 1e-9),
			c.rules, c.matches, strings.TrimSpace(output.Printable(c.name)))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := p.printRules(table[0].scanner.Costs(), s); err != nil {
		return err
	}
	_, err := fmt.Fprintf(p.out, "\n%d files, %s\n", s.Files, output.Size(s.Bytes))
	return err
}

// dearest is the number of rules that are printed.
const dearest = 20

// printRules prints what the dearest rules cost once their grams had been found.
func (p *program) printRules(rules []engine.RuleCost, s scan.Summary) error {
	if len(rules) == 0 {
		return nil
	}
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "\nmilliseconds\tfiles\tof all\t  rule (evaluated where its grams were found)\n")
	for _, r := range rules[:min(len(rules), dearest)] {
		fmt.Fprintf(w, "%.1f\t%d\t%.1f%%\t  %s\n", r.Time.Seconds()*1e3, r.Candidate,
			100*float64(r.Candidate)/float64(max(s.Files, 1)), output.Printable(r.Rule.Name))
	}
	return w.Flush()
}
