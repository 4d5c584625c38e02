package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"candor"
	"candor/internal/drill"
	"candor/internal/drill/lab"
)

// drillFlags are what a drill is asked for.
type drillFlags struct {
	serveFlags
	format  string
	method  string
	rounds  int
	seed    int64
	abuse   []string
	faults  []string
	patient time.Duration
	verbose bool
}

func (p *program) drillCommand() *cobra.Command {
	var f drillFlags
	c := &cobra.Command{
		Use:   "drill",
		Short: "Rehearse a response and time every stage",
		Long: `Rehearse a response and time every stage.

A live copy of the desk is started in network namespaces of its own, with a
router, subscribers and a server. Made-up abuse is told to it as an exporter tells
it; it has to find it, open a case, isolate the line on the basis of its terms,
lead it to the portal, and let it out again. Then faults are planted, which it has
to notice. Nothing of the real desk, its parties or its network is touched.

Exit status: 0 all is as it should be, 1 something is not, 2 it could not be done.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return p.drill(c.Context(), f) },
	}
	fl := c.Flags()
	fl.StringVar(&f.format, "format", "text", "text or json")
	fl.IntVar(&f.rounds, "rounds", 3, "have `N` lines isolated, one after the other")
	fl.Int64Var(&f.seed, "seed", -1, "what the abuse is drawn from: the same `NUMBER` gives the same (default: another each time)")
	fl.StringSliceVar(&f.abuse, "abuse", texts(drill.Abuses()), "the kinds of abuse")
	fl.StringSliceVar(&f.faults, "faults", texts(drill.Faults()), "the faults that are planted; none for no fault")
	fl.StringVar(&f.method, "method", string(drill.Nftables), "isolate by nftables")
	fl.DurationVar(&f.patient, "patience", 20*time.Second, "how long is waited for each stage, and for a fault to be noticed")
	fl.BoolVar(&f.verbose, "verbose", false, "show what the copy says of itself")
	return c
}

func texts[T ~string](all []T) (out []string) {
	for _, x := range all {
		out = append(out, string(x))
	}
	return out
}

// plan reads the flags.
func (f drillFlags) plan() (p drill.Plan, err error) {
	p = drill.Plan{Method: drill.Method(f.method), Rounds: f.rounds, Seed: f.seed, Patience: f.patient, Version: programVersion(), Now: time.Now}
	if p.Seed < 0 {
		p.Seed = rand.Int64N(1 << 53) //nolint:gosec // no secret
	}
	for _, text := range f.abuse {
		a, err := drill.ParseAbuse(text)
		if err != nil {
			return p, err
		}
		p.Abuse = append(p.Abuse, a)
	}
	for _, text := range f.faults {
		if text == "none" {
			continue
		}
		if !slices.Contains(drill.Faults(), drill.FaultKind(text)) {
			return p, candor.WithHint(fmt.Errorf("there is no fault %.40q: %w", text, candor.ErrInvalid), fmt.Sprintf("Choose some of %v, or none.", drill.Faults()))
		}
		p.Faults = append(p.Faults, drill.FaultKind(text))
	}
	most := lab.Most - 1 - len(drill.Faults())
	if p.Rounds < 1 || p.Rounds > most || len(p.Abuse) == 0 {
		return p, candor.WithHint(fmt.Errorf("%d rounds of %d kinds of abuse: %w", p.Rounds, len(p.Abuse), candor.ErrInvalid), fmt.Sprintf("Ask for 1 to %d rounds, of at least one kind.", most))
	}
	if f.format != "text" && f.format != "json" {
		return p, candor.WithHint(fmt.Errorf("there is no format %q", f.format), "Choose text or json.")
	}
	return p, nil
}

func (p *program) drill(ctx context.Context, f drillFlags) error {
	plan, err := f.plan()
	if err != nil {
		return err
	}
	plan.Say = func(what string) { fmt.Fprintf(p.err, "candor: %s\n", what) }
	var say io.Writer
	if f.verbose {
		say = p.err
	}
	dead := -1
	if n := slices.Index(plan.Faults, drill.DeadCoA); n >= 0 {
		dead = plan.Rounds + n
	}
	plan.Say("make a network and start a copy of the desk in it")
	c, err := openCopy(ctx, plan.Method, plan.Rounds+len(plan.Faults), dead, say)
	if err != nil {
		return plainHint(fmt.Errorf("drill: %w", err))
	}
	report, err := drill.Run(ctx, c, plan)
	if err = errors.Join(err, c.Close()); err != nil {
		return plainHint(fmt.Errorf("drill: %w", err))
	}
	if !report.OK() {
		p.status = exitFound
	}
	if f.format == "json" {
		return json.NewEncoder(p.out).Encode(report)
	}
	return report.Write(p.out)
}
