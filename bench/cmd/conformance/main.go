// Command conformance compares the engine's verdicts with those of yara and
// clamscan over real and generated content.
//
//	go run ./bench/cmd/conformance -content DIR -definitions DIR
//
// It ends with 1 when there are differences that nothing explains.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"candor/bench/conformance"
)

func main() {
	c := conformance.Config{Log: os.Stderr}
	flag.StringVar(&c.Content, "content", os.Getenv("CANDOR_CONTENT"), "folder of files to scan (see bench/cmd/content)")
	flag.StringVar(&c.Definitions, "definitions", os.Getenv("CANDOR_DEFINITIONS"), "folder of the definition sets")
	megabytes := flag.Int64("size", 300, "megabytes of content to take, 0 for all")
	flag.Uint64Var(&c.Seed, "seed", 1, "another seed generates other content")
	flag.StringVar(&c.Only, "set", "", "compare this set alone")
	out := flag.String("out", "", "file for all differences")
	explained := flag.String("explained", "bench/conformance/explained.txt", "the differences that are explained")
	flag.Parse()
	c.Size = *megabytes * 1e6
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	different, err := run(ctx, c, *explained, *out)
	stop()
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(2)
	case different:
		os.Exit(1)
	}
}

func run(ctx context.Context, c conformance.Config, explained, out string) (different bool, err error) {
	if c.Content == "" || c.Definitions == "" {
		return false, errors.New("name the folders with -content and -definitions")
	}
	f, err := os.Open(explained)
	if err != nil {
		return false, err
	}
	defer f.Close()
	if c.Explained, err = conformance.ReadExplanations(f); err != nil {
		return false, fmt.Errorf("%s: %w", explained, err)
	}
	report, err := conformance.Run(ctx, c)
	if err != nil {
		return false, err
	}
	if out != "" {
		all, err := os.Create(out)
		if err != nil {
			return false, err
		}
		if err := errors.Join(report.WriteAll(all), all.Close()); err != nil {
			return false, err
		}
	}
	return len(report.Unexplained()) > 0, report.Write(os.Stdout)
}
