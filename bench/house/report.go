package house

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// Rate is how much was done a second.
type Rate struct {
	Name  string
	Value float64
	Goal  float64
	Load  string  // average of the machine afterwards
	CPU   float64 // processors that this program had meanwhile, of those of the machine
}

// Missed tells whether it was too slow.
func (r Rate) Missed() bool { return r.Value < r.Goal }

// Report is the outcome of one run.
type Report struct {
	Database             string
	Alone, Together      []Times
	Pages, Searches      Times
	AloneLoad, PagesLoad string
	Rates                []Rate
}

// Missed tells whether a goal was missed.
func (r Report) Missed() bool {
	missed := r.Pages.Missed() || r.Searches.Missed()
	for _, x := range r.Rates {
		missed = missed || x.Missed()
	}
	return missed
}

// Write prints the report as a table.
func (r Report) Write(out io.Writer) error {
	var b strings.Builder
	if r.Pages.Count > 0 {
		r.writePages(&b)
	}
	if len(r.Rates) > 0 {
		r.writeRates(&b)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func (r Report) writePages(out io.Writer) {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer t.Flush()
	fmt.Fprintf(t, "%s, milliseconds\tpages\tp50\tp95\tp99\tlongest\tprocessor\tgoal (p99)\t\t\n", r.Database)
	for _, x := range r.Alone {
		writeTimes(t, "alone, "+x.Name, x)
	}
	for _, x := range r.Together {
		writeTimes(t, "together, "+x.Name, x)
	}
	writeTimes(t, fmt.Sprintf("ALL PAGES, TOGETHER (load %s)", r.PagesLoad), r.Pages)
	writeTimes(t, fmt.Sprintf("ALL SEARCHES, TOGETHER (load %s)", r.PagesLoad), r.Searches)
}

func (r Report) writeRates(out io.Writer) {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer t.Flush()
	fmt.Fprintf(t, "%s\ta second\tgoal\tload average\tprocessors had\t\t\n", r.Database)
	for _, x := range r.Rates {
		fmt.Fprintf(t, "%s\t%.0f\t%.0f\t%s\t%.2f\t%s\t\n", x.Name, x.Value, x.Goal, x.Load, x.CPU, verdict(x.Missed()))
	}
}

func writeTimes(t io.Writer, name string, x Times) {
	ms := func(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d)/float64(time.Millisecond)) }
	fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", name, x.Count, ms(x.P50), ms(x.P95), ms(x.P99), ms(x.Longest), ms(x.CPU), ms(x.Goal), verdict(x.Missed()))
}

func verdict(missed bool) string {
	if missed {
		return "MISSED"
	}
	return "reached"
}
