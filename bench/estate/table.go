package estate

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Write prints rows as a table, and tells whether each goal is met.
func Write(out io.Writer, rows []Row) (met bool, err error) {
	met = true
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "what\tfigure\tbeside\tfigure\tratio\tCPU s\tCPU s\tratio\tgoal\tmet")
	for _, r := range rows {
		other := ""
		if r.Other > 0 {
			other = fmt.Sprintf("%.4g %s", r.Other, r.Unit)
		}
		word := "yes"
		if !r.Met {
			word, met = "NO", false
		}
		fmt.Fprintf(t, "%s\t%.4g %s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.What, r.Value, r.Unit, r.Peer, other, ratio(r.Value, r.Other),
			seconds(r.CPU), seconds(r.OtherCPU), ratio(r.CPU, r.OtherCPU), r.Goal, word)
	}
	return met, t.Flush()
}

func ratio(a, b float64) string {
	if a <= 0 || b <= 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", a/b)
}

func seconds(s float64) string {
	if s <= 0 {
		return ""
	}
	return fmt.Sprintf("%.1f", s)
}
