// Command estate prints what scans cost that follow what changed, beside what
// is the least that they could cost and beside clamd, in one run.
//
//	go run ./bench/cmd/estate -content DIR -definitions DIR [PART…]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"

	"candor/bench/estate"
	"candor/bench/peers"
)

func main() {
	c := estate.Config{Log: os.Stderr}
	flag.StringVar(&c.Content, "content", os.Getenv("CANDOR_CONTENT"), "folder of files to scan (see bench/cmd/content)")
	flag.StringVar(&c.Definitions, "definitions", os.Getenv("CANDOR_DEFINITIONS"), "folder of the definition sets")
	flag.StringVar(&c.Dir, "dir", "", "folder to make trees in; a temporary one when not given")
	flag.IntVar(&c.Files, "files", 1_000_000, "files of the tree that does not change")
	flag.IntVar(&c.Tenants, "tenants", 100, "copies of one CMS")
	gigabytes := flag.Float64("unique", 10, "gigabytes of content that is all different")
	flag.IntVar(&c.Repeats, "repeats", 3, "runs of each measurement")
	flag.Parse()
	c.Unique = int64(*gigabytes * 1e9)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	met, err := run(ctx, c, flag.Args())
	stop()
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "estate:", err)
		os.Exit(2)
	case !met:
		os.Exit(1)
	}
}

// run tells whether all goals are met.
func run(ctx context.Context, c estate.Config, parts []string) (bool, error) {
	if c.Content == "" || c.Definitions == "" {
		return false, errors.New("name the folders with -content and -definitions")
	}
	names := slices.Sorted(maps.Keys(estate.Parts))
	if len(parts) == 0 {
		parts = names
	}
	for _, p := range parts {
		if estate.Parts[p] == nil {
			return false, fmt.Errorf("there is no part %q; there are %s", p, strings.Join(names, ", "))
		}
	}
	if err := peers.Install(ctx); err != nil {
		return false, err
	}
	dir, err := os.MkdirTemp(c.Dir, "candor-estate-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	c.Dir = dir
	b, err := estate.New(c)
	if err != nil {
		return false, err
	}
	for _, p := range parts {
		if err := estate.Parts[p](b, ctx); err != nil {
			return false, fmt.Errorf("%s: %w", p, err)
		}
	}
	return estate.Write(os.Stdout, b.Rows)
}
