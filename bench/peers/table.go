package peers

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Verdict places a figure between the floor and the aim.
type Verdict string

const (
	Aimed Verdict = "aim"
	Held  Verdict = "floor"
	Below Verdict = "BELOW"
)

// Ratio is a row that compares two rates.
type Ratio struct {
	What       string
	Peer       string
	PeerRate   float64 // MB/s
	Rate       float64 // MB/s
	Floor, Aim float64 // of Rate / PeerRate
	Spread     float64 // of the slower of both, as a share of the median
}

// Value is the ratio.
func (r Ratio) Value() float64 {
	if r.PeerRate == 0 {
		return 0
	}
	return r.Rate / r.PeerRate
}

// Verdict judges the ratio.
func (r Ratio) Verdict() Verdict { return judge(r.Value() >= r.Aim, r.Value() >= r.Floor) }

// Limit is a row with a figure that is to stay low.
type Limit struct {
	What       string
	Unit       string
	Value      float64
	Floor, Aim float64
	Peers      string // the same figure of others, as text
}

// Verdict judges the figure.
func (l Limit) Verdict() Verdict { return judge(l.Value <= l.Aim, l.Value <= l.Floor) }

func judge(aim, floor bool) Verdict {
	switch {
	case aim:
		return Aimed
	case floor:
		return Held
	}
	return Below
}

// Report is the outcome of one run.
type Report struct {
	Files  int
	Bytes  int64
	Ratios []Ratio
	Limits []Limit
}

// Write prints the report as tables.
func (r Report) Write(out io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d files, %.1f MB, page cache warm\n\n", r.Files, float64(r.Bytes)/1e6)
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "scope\tpeer\tpeer MB/s\tcandor MB/s\tratio\tfloor\taim\tspread\treached\t")
	for _, x := range r.Ratios {
		fmt.Fprintf(t, "%s\t%s\t%.1f\t%.1f\t%.2fx\t%gx\t%gx\t%.0f%%\t%s\t\n",
			x.What, x.Peer, x.PeerRate, x.Rate, x.Value(), x.Floor, x.Aim, 100*x.Spread, x.Verdict())
	}
	t.Flush()
	b.WriteByte('\n')
	t = tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "figure\tcandor\tfloor\taim\treached\t")
	for _, x := range r.Limits {
		fmt.Fprintf(t, "%s\t%.0f %s\t%g\t%g\t%s\t\n", x.What, x.Value, x.Unit, x.Floor, x.Aim, x.Verdict())
	}
	t.Flush()
	for _, x := range r.Limits {
		if x.Peers != "" {
			fmt.Fprintf(&b, "\n%s, of peers (%s): %s\n", x.What, x.Unit, x.Peers)
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// Below tells whether any row is below its floor.
func (r Report) Below() bool {
	for _, x := range r.Ratios {
		if x.Verdict() == Below {
			return true
		}
	}
	for _, x := range r.Limits {
		if x.Verdict() == Below {
			return true
		}
	}
	return false
}
