package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"candor"
	"candor/internal/flow/simulate"
)

// simulateFlags are the options of candor flow simulate.
type simulateFlags struct {
	config   simulate.Config
	from, to string
	days     int
	zone     string
	classes  []string
	format   string
	summary  bool
	truth    string
	out      string // a file of export datagrams
	send     string // a collector
	speed    float64
}

func (p *program) flowSimulateCommand() *cobra.Command {
	f := &simulateFlags{}
	c := &cobra.Command{
		Use:   "simulate",
		Short: "Make traffic of households from a seed, with labelled abuse",
		Long: `Simulate makes the flow records that an edge router would tell of: households and
businesses over days or weeks, and abuse of which it is known when and where it
is. The same seed gives the same traffic. Without more it prints a summary;
--format json prints one record a line, and --out or --send tells of them as
exporters do. docs/simulate.md tells what is in it.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return p.flowSimulate(c, f) },
	}
	flags := c.Flags()
	flags.Uint64Var(&f.config.Seed, "seed", 1, "the traffic follows from `N`")
	flags.IntVar(&f.config.Lines, "lines", 1000, "simulate `N` lines")
	flags.StringVar(&f.from, "from", "2026-03-02", "begin at a `DATE`, a time (RFC 3339), or now")
	flags.StringVar(&f.to, "to", "", "end at a `DATE` or a time")
	flags.IntVar(&f.days, "days", 1, "take `N` days, if there is no --to")
	flags.StringVar(&f.zone, "zone", "UTC", "people live by the clocks of `ZONE`, such as Europe/Berlin")
	flags.Float64Var(&f.config.Abuse, "abuse", 0, "put in `N` episodes of abuse a line and day, at most 0.3")
	flags.StringSliceVar(&f.classes, "class", nil, "only abuse of a `CLASS`; may be repeated (default: all of "+strings.Join(names(simulate.Classes()), ", ")+")")
	flags.BoolVar(&f.config.Full, "full", false, "as many flows as in truth, rather than few of the same volume")
	flags.DurationVar(&f.config.Active, "active", time.Minute, "tell of long flows in pieces of `TIME`")
	flags.Uint32Var(&f.config.Sampling, "sampling", 0, "count one of `N` packets")
	flags.StringVar(&f.format, "format", "", "`FORMAT` of the output: text, json; with --out or --send v9, ipfix, v5, sflow (default: text, v9)")
	flags.BoolVar(&f.summary, "summary", false, "with --format json: labels and a summary only, no records")
	flags.StringVar(&f.truth, "truth", "", "write the lines and the labels into `FILE`, as JSON lines")
	flags.StringVar(&f.out, "out", "", "write export datagrams into `FILE`, a pcap")
	flags.StringVar(&f.send, "send", "", "send export datagrams to a collector at `HOST:PORT`")
	flags.Float64Var(&f.speed, "speed", 1, "with --send: simulated seconds a second; 0 does not wait")
	return c
}

func noArgs(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return candor.WithHint(fmt.Errorf("%q takes no arguments, and got %q", c.CommandPath(), args[0]), fmt.Sprintf("Run %q for the options there are.", c.CommandPath()+" --help"))
}

func names[T fmt.Stringer](all []T) []string {
	list := make([]string, len(all))
	for i, v := range all {
		list[i] = v.String()
	}
	return list
}

func (p *program) flowSimulate(c *cobra.Command, f *simulateFlags) error {
	if err := f.checkFormat(); err != nil {
		return err
	}
	w, from, to, err := f.world()
	if err != nil {
		return err
	}
	if f.truth != "" {
		if err := writeTruth(f.truth, w, from, to); err != nil {
			return candor.WithHint(err, "Name a file that can be written.")
		}
	}
	if f.out != "" || f.send != "" {
		return p.tell(c.Context(), f, w, from, to)
	}
	out := bufio.NewWriterSize(p.out, 1<<16)
	if f.format == "json" && !f.summary {
		err = printFlows(c.Context(), out, w, from, to)
	} else {
		var s *simulate.Summary
		if s, err = w.Summarize(c.Context(), from, to); err == nil {
			err = printSummary(out, f.format, s, from)
		}
	}
	if err != nil {
		return err
	}
	return out.Flush()
}

// checkFormat sees to it that the format is one, and goes with where it is to
// go.
func (f *simulateFlags) checkFormat() error {
	known, usual, hint := f.format == "text" || f.format == "json", "text", "Formats are text, json; v9, ipfix, v5 and sflow need --out or --send."
	if f.out != "" && f.send != "" {
		return candor.WithHint(errors.New("--out and --send at once"), "Give one of them.")
	}
	if f.out != "" || f.send != "" {
		_, known = versions()[f.format]
		usual, hint = "v9", "Formats of datagrams are v9, ipfix, v5, sflow."
	}
	if f.format == "" {
		f.format, known = usual, true
	}
	if !known {
		return candor.WithHint(fmt.Errorf("no format %q", f.format), hint)
	}
	if f.speed < 0 {
		return candor.WithHint(fmt.Errorf("a speed of %v", f.speed), "Speeds are 0 or more.")
	}
	return nil
}

// world reads the options.
func (f *simulateFlags) world() (w *simulate.World, from, to time.Time, err error) {
	const hint = "Run \"candor flow simulate --help\" for what options take."
	if f.config.Zone, err = time.LoadLocation(f.zone); err != nil {
		return nil, from, to, candor.WithHint(err, "Name a zone such as Europe/Berlin.")
	}
	if from, err = f.time(f.from); err != nil {
		return nil, from, to, candor.WithHint(err, hint)
	}
	to = from.AddDate(0, 0, f.days)
	if f.to != "" {
		if to, err = f.time(f.to); err != nil {
			return nil, from, to, candor.WithHint(err, hint)
		}
	}
	if !to.After(from) {
		return nil, from, to, candor.WithHint(fmt.Errorf("from %v to %v there is no time", from, to), hint)
	}
	for _, name := range f.classes {
		class, err := simulate.ParseClass(name)
		if err != nil {
			return nil, from, to, candor.WithHint(err, hint)
		}
		f.config.Classes = append(f.config.Classes, class)
	}
	w, err = simulate.New(f.config)
	return w, from, to, candor.WithHint(err, hint)
}

func (f *simulateFlags) time(text string) (time.Time, error) {
	if text == "now" {
		return time.Now().Truncate(time.Second), nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, text, f.config.Zone); err == nil {
		return t, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, fmt.Errorf("%q is no date such as 2026-03-02 and no time such as 2026-03-02T18:00:00Z", text)
	}
	return t, nil
}

// writeTruth writes what is known of the lines and of abuse.
func writeTruth(name string, w *simulate.World, from, to time.Time) (err error) {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(file)
	defer func() {
		if e := file.Close(); err == nil {
			err = e
		}
	}()
	for l := range slices.Values(w.Lines()) {
		if err := printJSON(out, lineJSON(&l)); err != nil {
			return err
		}
	}
	for l := range slices.Values(w.Labels(from, to)) {
		if err := printJSON(out, labelJSON(&l)); err != nil {
			return err
		}
	}
	return out.Flush()
}
