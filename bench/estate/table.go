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
	fmt.Fprintln(t, "what\tfigure\tbeside\tfigure\tratio\tgoal\tmet")
	for _, r := range rows {
		other, ratio := "", ""
		if r.Other > 0 {
			other, ratio = fmt.Sprintf("%.4g %s", r.Other, r.Unit), fmt.Sprintf("%.2f", r.Value/r.Other)
		}
		word := "yes"
		if !r.Met {
			word, met = "NO", false
		}
		fmt.Fprintf(t, "%s\t%.4g %s\t%s\t%s\t%s\t%s\t%s\n", r.What, r.Value, r.Unit, r.Peer, other, ratio, r.Goal, word)
	}
	return met, t.Flush()
}
