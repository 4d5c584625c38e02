// Command traffic simulates lines for days, with labelled abuse, and prints
// what the detectors found, what they missed, and whom they would have isolated
// for nothing.
//
//	go run ./bench/cmd/traffic -lines 15000 -days 20
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/pprof"
	"strings"
	"time"

	"candor/bench/traffic"
	"candor/internal/flow/simulate"
)

func main() {
	c := traffic.Config{Progress: os.Stderr}
	flag.Uint64Var(&c.Seed, "seed", uint64(time.Now().UnixNano()), "of the simulation")
	flag.IntVar(&c.Lines, "lines", 3000, "of subscribers")
	flag.IntVar(&c.Days, "days", 10, "to simulate")
	flag.Float64Var(&c.Abuse, "abuse", 0.02, "episodes of abuse a line and day")
	flag.DurationVar(&c.Active, "active", 30*time.Second, "the exporter's active timeout")
	flag.DurationVar(&c.Step, "step", time.Second, "between looks")
	flag.BoolVar(&c.Explain, "explain", false, "tell of each that was missed, and each false one")
	classes := flag.String("classes", "", "of abuse, separated by commas; all when not given")
	profile := flag.String("profile", "", "write a CPU profile to this file")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, c, *classes, *profile)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "traffic:", err)
		os.Exit(2)
	}
}

func run(ctx context.Context, c traffic.Config, classes, profile string) error {
	if classes != "" {
		for name := range strings.SplitSeq(classes, ",") {
			class, err := simulate.ParseClass(name)
			if err != nil {
				return err
			}
			c.Classes = append(c.Classes, class)
		}
	}
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	fmt.Printf("seed %d, %d lines, %d days, active timeout %v\n", c.Seed, c.Lines, c.Days, c.Active)
	r, err := traffic.Run(ctx, c)
	if err != nil {
		return err
	}
	r.Write(os.Stdout)
	return nil
}
