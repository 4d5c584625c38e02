// Command archive fills the flow archives with an hour of traffic, and prints
// what that takes, how large it is, and how long questions of the last hour
// wait.
//
//	go run -tags duckdb ./bench/cmd/archive -rows 36000000
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	bench "candor/bench/archive"
	"candor/internal/flow/archive/duckdb"
)

func main() {
	c := bench.Config{Log: os.Stdout}
	flag.IntVar(&c.Rows, "rows", 36_000_000, "flows of one hour; 100,000 a second are 360,000,000, and take 9 GB of disk")
	flag.IntVar(&c.Lines, "lines", 100_000, "lines that they are of")
	flag.Uint64Var(&c.Seed, "seed", 1, "the traffic follows from it")
	flag.IntVar(&c.Times, "times", 3, "how often each question is asked")
	flag.IntVar(&c.Ask, "ask", 0, "how many of the questions are asked, from the first; 0: all")
	flag.IntVar(&c.Room, "room", 1_000_000, "rows that may wait to be written; with more, batches are larger and less is joined")
	flag.IntVar(&c.Skip, "skip", 0, "flows, in hundreds of thousands, that the archive has from a run that was broken off: its rows of the raw tier")
	dir := flag.String("dir", "", "keep the archive there; one that is there is asked only")
	threads := flag.Int("threads", 0, "for questions; 0: all processors")
	patience := flag.Duration("patience", 5*time.Minute, "how long a question may take")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, c, duckdb.Options{Dir: *dir, Threads: *threads, Patience: *patience, Room: c.Room})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "archive:", err)
		os.Exit(2)
	}
}

func run(ctx context.Context, c bench.Config, o duckdb.Options) error {
	if o.Dir == "" {
		temporary, err := os.MkdirTemp("", "candor-archive-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(temporary)
		o.Dir = temporary
	}
	clock := &bench.Clock{}
	o.Clock, o.Log = clock.Now, slog.New(slog.NewTextHandler(os.Stderr, nil))
	if _, err := os.Stat(filepath.Join(o.Dir, "raw")); c.Skip > 0 || errors.Is(err, os.ErrNotExist) {
		a, err := duckdb.Open(o)
		if err != nil {
			return err
		}
		if err := bench.Fill(ctx, c, "DuckDB", a, clock); err != nil {
			return err
		}
	}
	o.ReadOnly = true
	a, err := duckdb.Open(o)
	if err != nil {
		return err
	}
	return errors.Join(bench.Ask(ctx, c, "DuckDB", a), a.Close())
}
