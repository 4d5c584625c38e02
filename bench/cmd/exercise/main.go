// Command exercise writes generated content for a set of YARA rules into a
// folder, and says what share of the rules yara finds satisfied by it.
//
//	go run ./bench/cmd/exercise -definitions DIR -set signature-base -out DIR
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"candor/bench/exercise"
	"candor/bench/judge"
	"candor/bench/ruleset"
)

func main() {
	definitions := flag.String("definitions", os.Getenv("CANDOR_DEFINITIONS"), "folder of the definition sets")
	name := flag.String("set", "signature-base", "the set to exercise")
	out := flag.String("out", "", "folder to write to")
	seed := flag.Uint64("seed", 1, "another seed gives other content")
	verbose := flag.Bool("v", false, "name the rules that are not satisfied")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *definitions, *name, *out, *seed, *verbose); err != nil {
		fmt.Fprintln(os.Stderr, "exercise:", err)
		os.Exit(2)
	}
}

func run(ctx context.Context, definitions, name, out string, seed uint64, verbose bool) error {
	if definitions == "" || out == "" {
		return fmt.Errorf("name the folders with -definitions and -out")
	}
	sets, err := ruleset.All(definitions)
	if err != nil {
		return err
	}
	for _, s := range sets {
		if s.Name != name {
			continue
		}
		e, err := exercise.Write(s, seed, out)
		if err != nil {
			return err
		}
		v, complaints, err := judge.YARA(ctx, s.YARA(), e.Files(), false)
		if err != nil {
			return err
		}
		fmt.Println(e.Satisfied(v))
		for _, line := range complaints {
			fmt.Println("yara:", line)
		}
		if verbose {
			e.WriteUnsatisfied(os.Stdout, v)
		}
		return nil
	}
	return fmt.Errorf("no set %q; the sets are signature-base, php-malware-finder, rfxn.yara", name)
}
