package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"candor"
	"candor/internal/config"
	"candor/internal/drill"
	"candor/internal/drill/lab"
	"candor/internal/evidence"
)

// drillFlags are what a drill is asked for.
type drillFlags struct {
	serveFlags
	format  string
	method  string
	nas     string
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
		Args: unknownCommand,
		RunE: func(c *cobra.Command, _ []string) error { return p.drill(c.Context(), f) },
	}
	c.AddCommand(p.drillVerifyCommand(), p.drillRouterCommand())
	fl := c.Flags()
	fl.StringVar(&f.file, "config", "", "read where reports are kept from the configuration in `FILE`")
	fl.StringVar(&f.data, "data", "", "keep the report in the data folder `DIR`; without one it is only shown")
	fl.StringVar(&f.format, "format", "text", "text or json")
	fl.IntVar(&f.rounds, "rounds", 3, "have `N` lines isolated, one after the other")
	fl.Int64Var(&f.seed, "seed", -1, "what the abuse is drawn from: the same `NUMBER` gives the same (default: another each time)")
	fl.StringSliceVar(&f.abuse, "abuse", texts(drill.Abuses()), "the kinds of abuse")
	fl.StringSliceVar(&f.faults, "faults", nil, "the faults that are planted, or none (default: all that the method knows)")
	fl.StringVar(&f.method, "method", string(drill.Nftables), "isolate by nftables, by coa at an access server (RADIUS), or by flowspec at a router (BGP)")
	fl.StringVar(&f.nas, "nas", "", "isolate at the access server of your own lab that `FILE` names, in place of a made-up network")
	fl.DurationVar(&f.patient, "patience", 20*time.Second, "how long is waited for each stage, and for a fault to be noticed")
	fl.BoolVar(&f.verbose, "verbose", false, "show what the copy says of itself")
	return c
}

// drillFolder is where reports are kept, in the data folder.
const drillFolder = "drills"

// desk is the configuration of the desk that the drill is held for; nil for none.
func (f *drillFlags) desk() (*config.Config, error) {
	if f.data == "" && f.file == "" {
		return nil, nil
	}
	return f.load()
}

// shelf is where reports are kept, and those of former drills; empty if they are
// only shown.
func shelf(conf *config.Config) (folder drill.Folder, former []drill.Kept, err error) {
	if conf == nil {
		return "", nil, nil
	}
	folder = drill.Folder(filepath.Join(conf.Data.Dir, drillFolder))
	if former, err = folder.All(); err != nil {
		return "", nil, fmt.Errorf("read the reports of former drills: %w", err)
	}
	return folder, former, nil
}

func (p *program) drillVerifyCommand() *cobra.Command {
	var key, format string
	c := &cobra.Command{
		Use:   "verify FILE",
		Short: "Check a signed report of a drill, with no network and no server",
		Args:  needArgs("report"),
		RunE: func(_ *cobra.Command, args []string) error {
			if key == "" {
				key = filepath.Join(filepath.Dir(args[0]), "key.json")
			}
			k, err := drill.ReadKey(key)
			if err != nil {
				return candor.WithHint(err, "Name the key that drills of that desk are signed with, by --key; it is drills/key.json of its data folder.")
			}
			text, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			r, err := drill.Open(string(text), k)
			if errors.Is(err, candor.ErrDenied) || errors.Is(err, candor.ErrInvalid) {
				p.status = exitFound
				fmt.Fprintf(p.out, "It does not verify: %v\n", err)
				return nil
			}
			if err != nil {
				return err
			}
			if format == "json" {
				return json.NewEncoder(p.out).Encode(r)
			}
			fmt.Fprintf(p.out, "Signed with %s. It verifies.\n\n", k.ID())
			return r.Write(p.out)
		},
	}
	c.Flags().StringVar(&key, "key", "", "the public key in `FILE`, from a source that you trust (default: key.json beside the report)")
	c.Flags().StringVar(&format, "format", "text", "text or json")
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
	if p.Seed > drill.MostSeed {
		return p, candor.WithHint(fmt.Errorf("the seed %d: %w", p.Seed, candor.ErrInvalid), fmt.Sprintf("Choose one from 0 to %d.", drill.MostSeed))
	}
	if p.Seed < 0 {
		p.Seed = rand.Int64N(drill.MostSeed + 1) //nolint:gosec // no secret
	}
	for _, text := range f.abuse {
		a, err := drill.ParseAbuse(text)
		if err != nil {
			return p, err
		}
		p.Abuse = append(p.Abuse, a)
	}
	if f.nas != "" {
		p.Method = drill.LabNAS
	} else if made := []drill.Method{drill.Nftables, drill.CoA, drill.Flowspec}; !slices.Contains(made, p.Method) {
		return p, candor.WithHint(fmt.Errorf("there is no method %.40q: %w", f.method, candor.ErrInvalid), fmt.Sprintf("Choose one of %v, or name an access server of your lab by --nas.", made))
	}
	if f.faults == nil {
		f.faults = texts(p.Method.Faults())
	}
	for _, text := range f.faults {
		if text == "none" {
			continue
		}
		if !slices.Contains(p.Method.Faults(), drill.FaultKind(text)) {
			return p, candor.WithHint(fmt.Errorf("there is no fault %.40q of %s: %w", text, p.Method, candor.ErrInvalid), fmt.Sprintf("Choose some of %v, or none.", p.Method.Faults()))
		}
		p.Faults = append(p.Faults, drill.FaultKind(text))
	}
	most := min(drill.MostRounds, lab.Most-1-len(drill.Faults()))
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
	conf, err := f.desk()
	if err != nil {
		return err
	}
	folder, former, err := shelf(conf) // before anything that would be in vain
	if err != nil {
		return err
	}
	made := copyPlan{method: plan.Method, lines: plan.Rounds + len(plan.Faults), dead: -1}
	if f.nas != "" {
		if made.nas, made.at, err = readLabNAS(f.nas); err == nil && conf != nil {
			err = made.nas.notReal(ctx, conf)
		}
		if err != nil {
			return err
		}
	}
	plan.Say = func(what string) { fmt.Fprintf(p.err, "candor: %s\n", what) }
	if f.verbose {
		made.say = p.err
	}
	if n := slices.Index(plan.Faults, drill.DeadCoA); n >= 0 {
		made.dead = plan.Rounds + n
	}
	evidence.LogTo(logger(config.Log{Level: "error", Format: "text"}, p.err))
	if plan.Say("make a network and start a copy of the desk in it"); made.nas != nil && conf == nil {
		plan.Say("no desk is named by --data or --config: that this is a lab, only the file says")
	}
	c, err := openCopy(ctx, made)
	if err != nil {
		return plainHint(fmt.Errorf("drill: %w", err))
	}
	report, err := drill.Run(ctx, c, plan)
	if err = errors.Join(err, c.Close()); err != nil {
		return plainHint(fmt.Errorf("drill: %w", err))
	}
	if report.Compare(former); !report.OK() {
		p.status = exitFound
	}
	show := func() error { return report.Write(p.out) }
	if f.format == "json" {
		show = func() error { return json.NewEncoder(p.out).Encode(report) }
	}
	if err := show(); err != nil || folder == "" {
		return err
	}
	name, err := folder.Keep(report)
	if err != nil {
		return candor.WithHint(err, "Name a data folder that can be written to, with --data.")
	}
	p.say("the signed report is in %s", name)
	return nil
}
