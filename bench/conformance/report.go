package conformance

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// maxListed is the number of unexplained differences that Write lists.
const maxListed = 50

// Write prints the counts, and the first of the differences that nothing explains.
func (r *Report) Write(out io.Writer) error {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "set\tfiles\tpairs agreed\tonly ours\tonly theirs\tother strings\tunexplained\t")
	for _, c := range r.Comparisons {
		ours, u1 := c.Count(OnlyOurs)
		theirs, u2 := c.Count(OnlyTheirs)
		other, u3 := c.Count(Strings)
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t\n", c.Set, c.Files, c.Agreed, ours, theirs, other, u1+u2+u3)
	}
	t.Flush()
	for _, set := range slices.Sorted(maps.Keys(r.Shares)) {
		fmt.Fprintf(&b, "generated for %s: %v\n", set, r.Shares[set])
	}
	fmt.Fprintf(&b, "definitions that the engine leaves out: %d\n", len(r.LeftOut))
	for i, p := range r.LeftOut {
		if i == maxListed {
			fmt.Fprintln(&b, "…")
			break
		}
		fmt.Fprintln(&b, "  "+p.Error())
	}
	differences := r.Unexplained()
	fmt.Fprintf(&b, "differences without an explanation: %d\n", len(differences))
	for i, d := range differences {
		if i == maxListed {
			fmt.Fprintln(&b, "…")
			break
		}
		fmt.Fprintln(&b, "  "+d.String())
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// WriteAll prints every difference, a line each, explained ones with their reason.
func (r *Report) WriteAll(out io.Writer) error {
	for _, c := range r.Comparisons {
		for _, d := range c.Differences {
			if _, err := fmt.Fprintln(out, d); err != nil {
				return err
			}
		}
	}
	return nil
}
