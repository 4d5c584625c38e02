package flow

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Write prints what was measured, with how many times as much processor time
// each peer takes for a record as the first collector of the same rate.
func Write(w io.Writer, rows []Row) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "collector\tsent/s\tsent\ttaken\tlost\tlost, it says\tCPU s\ttaken/CPU s\tcandor's is\t")
	var first Row
	for _, r := range rows {
		if r.Name == "candor" {
			first = r
		}
		said := "-"
		if r.Told >= 0 {
			said = fmt.Sprint(r.Told)
		}
		times := "-"
		if first.Rate == r.Rate && r.Name != first.Name && r.PerCore() > 0 {
			times = fmt.Sprintf("%.1f x", first.PerCore()/r.PerCore())
		}
		fmt.Fprintf(t, "%s\t%.0f\t%d\t%d\t%.2f %%\t%s\t%.2f\t%.0f\t%s\t\n", r.Name, float64(r.Sent)/r.Took.Seconds(), r.Sent, r.Received,
			100*float64(r.Lost())/float64(max(r.Sent, 1)), said, r.CPU.Seconds(), r.PerCore(), times)
	}
	return t.Flush()
}
