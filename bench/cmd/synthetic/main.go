// Command synthetic has a desk read a million reports about a world in which it is
// known who held what when, and prints how many of them would have been told to the
// right party, left to a person, or told to a wrong one, of which there must be none.
//
//	go run ./bench/cmd/synthetic
//	go run ./bench/cmd/synthetic -reports 20000 -subscribers 2000
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"time"

	"candor/bench/synthetic"
)

func main() {
	c := synthetic.Config{Log: os.Stderr, Workers: runtime.GOMAXPROCS(0)}
	flag.Uint64Var(&c.Seed, "seed", 1, "another world")
	flag.IntVar(&c.Mails, "reports", 1_000_000, "reports")
	flag.IntVar(&c.Subscribers, "subscribers", 10_000, "parties")
	profile := flag.String("profile", "", "file for a processor profile")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, c, *profile)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "synthetic:", err)
		os.Exit(2)
	}
}

func run(ctx context.Context, c synthetic.Config, profile string) (err error) {
	if c.Folder, err = os.MkdirTemp("", "candor-synthetic-"); err != nil {
		return err
	}
	defer os.RemoveAll(c.Folder)
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
	debug.SetGCPercent(300)
	started := time.Now()
	t, err := synthetic.Play(ctx, c)
	if err != nil {
		return err
	}
	t.Print(os.Stdout)
	fmt.Printf("\n%s\n", time.Since(started).Round(time.Second))
	if n := t.Wrong(); n > 0 {
		return fmt.Errorf("%d would have been told to a wrong party", n)
	}
	return nil
}
