package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"candor"
	"candor/internal/agent"
	"candor/internal/config"
)

// agentFlags are the options of the agent.
type agentFlags struct {
	nodes   []string
	token   string
	data    string
	roots   []string
	name    string
	cpu     string
	memory  string
	threads int
	watch   bool
	survey  bool
	system  string
	alone   time.Duration
	log     string
}

func (p *program) agentCommand() *cobra.Command {
	var f agentFlags
	c := &cobra.Command{
		Use:   "agent",
		Short: "Look after this hosting server: scan what lies here, act here on order",
		Long: `Look after this hosting server for a desk that runs elsewhere (candor serve
--agents): scan the sites that lie here, look at files as they change,
report what is found and which software is installed, move files away on order. While the desk cannot be reached it goes on by itself, and reports later.

The first time it needs a token, which "candor enrol" makes. Each option can also
be given by the environment: CANDOR_AGENT_SERVER, CANDOR_AGENT_TOKEN and so on.`,
		Args: unknownCommand,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := f.environment(c); err != nil {
				return err
			}
			return p.agent(c.Context(), f)
		},
	}
	c.Flags().StringSliceVar(&f.nodes, "server", nil, "the desk's address for agents, `HOST:PORT`; further ones are used when it does not answer")
	c.Flags().StringVar(&f.token, "token", "", "enrol with `TOKEN`, or with the one in the file @PATH")
	c.Flags().StringVar(&f.data, "data", "/var/lib/candor-agent", "keep what is the agent's own in `DIR`")
	c.Flags().StringSliceVar(&f.roots, "root", nil, "scan and act only within `DIR`, whatever the desk says; may be given several times")
	c.Flags().StringVar(&f.name, "name", "", "call this machine `NAME` (default: its host name)")
	c.Flags().StringVar(&f.cpu, "cpu", "25%", "take at most this `SHARE` of one processor; 0 for no bound")
	c.Flags().StringVar(&f.memory, "memory", "512M", "keep to about `SIZE` of memory")
	c.Flags().IntVar(&f.threads, "threads", 1, "scan with `N` threads")
	c.Flags().BoolVar(&f.watch, "watch", true, "look at files as they change, if the desk wants it; --watch=false does not")
	c.Flags().BoolVar(&f.survey, "survey", true, "tell the desk which software is installed here; --survey=false does not")
	c.Flags().StringVar(&f.system, "system", "/", "read the packages of the system below `DIR`; of none if empty")
	c.Flags().DurationVar(&f.alone, "alone", 10*time.Minute, "go by the last schedule after `TIME` without an answer")
	c.Flags().StringVar(&f.log, "log", "info", "say this much: debug, info, warn, error")
	return c
}

// environment takes what was not given as an option.
func (f *agentFlags) environment(c *cobra.Command) error {
	for _, name := range []string{"server", "token", "data", "root", "name", "cpu", "memory", "threads", "watch", "survey", "system", "alone", "log"} {
		value, ok := os.LookupEnv("CANDOR_AGENT_" + strings.ToUpper(name))
		if !ok || c.Flags().Changed(name) {
			continue
		}
		if err := c.Flags().Set(name, value); err != nil {
			return candor.WithHint(fmt.Errorf("CANDOR_AGENT_%s: %w: %w", strings.ToUpper(name), candor.ErrInvalid, err), "Write it as the option of that name.")
		}
	}
	return nil
}

func (p *program) agent(ctx context.Context, f agentFlags) error {
	if len(f.nodes) == 0 {
		return candor.WithHint(fmt.Errorf("no desk was named: %w", candor.ErrInvalid), "Give its address for agents with --server HOST:PORT.")
	}
	share, err := parseShare(f.cpu)
	if err != nil {
		return err
	}
	memory, err := parseSize(f.memory)
	if err != nil {
		return err
	}
	token, err := readToken(f.token)
	if err != nil {
		return err
	}
	dir, err := filepath.Abs(f.data)
	if err != nil {
		return err
	}
	for i, root := range f.roots {
		if f.roots[i] = filepath.Clean(root); !filepath.IsAbs(root) {
			return candor.WithHint(fmt.Errorf("the root %q is not absolute: %w", root, candor.ErrInvalid), "Write it like /srv/www.")
		}
	}
	if f.name == "" {
		if f.name, err = os.Hostname(); err != nil {
			return err
		}
	}
	log := logger(config.Log{Level: f.log}, p.err)
	if memory > 0 {
		debug.SetMemoryLimit(memory)
	}
	debug.SetGCPercent(50)
	runtime.GOMAXPROCS(min(runtime.GOMAXPROCS(0), max(f.threads, 1)+1))
	if err := agent.StepBack(); err != nil {
		log.Warn("the agent does not step back behind others", "error", err)
	}
	survey := time.Duration(0) // as usual
	if !f.survey {
		survey = -1
	}
	a, err := agent.New(ctx, agent.Config{Nodes: f.nodes, Token: token, Dir: dir, Roots: f.roots, Name: f.name, Version: programVersion(), Build: programIdentity(),
		CPU: share, Threads: f.threads, Watch: f.watch, Alone: f.alone, System: f.system, Survey: survey, RPM: readRPM, Log: log, Clock: time.Now})
	if err != nil {
		return err
	}
	fmt.Fprintln(p.out, "The agent is at work.")
	return a.Run(ctx)
}

// parseShare reads a share of one processor: 25%, or 0.25.
func parseShare(text string) (float64, error) {
	number, percent := strings.CutSuffix(text, "%")
	share, err := strconv.ParseFloat(number, 64)
	if percent {
		share /= 100
	}
	if err != nil || share < 0 || share > 64 {
		return 0, candor.WithHint(fmt.Errorf("the share %.20q of a processor: %w", text, candor.ErrInvalid), "Write it as 25%, of one processor.")
	}
	return share, nil
}

// readToken gives a token, or what is in the file that is named.
func readToken(text string) (string, error) {
	name, ok := strings.CutPrefix(text, "@")
	if !ok {
		return text, nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return "", candor.WithHint(fmt.Errorf("the token: %w", err), "Name the file that holds it.")
	}
	return strings.TrimSpace(string(data)), nil
}
