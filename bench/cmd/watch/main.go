// Command watch writes files to a site that is watched, and prints how long after
// a file was closed what is found in it is stored, beside the goals.
//
//	go run ./bench/cmd/watch -database sqlite
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"candor/bench/watch"
	"candor/internal/store/storetest"
)

func main() {
	c := watch.Config{Log: os.Stderr}
	database := flag.String("database", "sqlite", `"sqlite", or "postgres" for a server of its own`)
	dir := flag.String("dir", "", "folder to make the site in; a temporary one when not given")
	flag.StringVar(&c.Definitions, "definitions", "", "folder of definitions; the starter set when not given")
	flag.IntVar(&c.Rate, "rate", 500, "files to write a second")
	flag.IntVar(&c.Seconds, "seconds", 20, "how long files are written")
	flag.IntVar(&c.One, "bad", 50, "one in so many files is bad")
	flag.IntVar(&c.Threads, "threads", 0, "threads of a scan; 0 for one a processor")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	missed, err := run(ctx, *database, *dir, c)
	stop()
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "watch:", err)
		os.Exit(2)
	case missed:
		os.Exit(1)
	}
}

// run tells whether a goal was missed.
func run(ctx context.Context, database, dir string, c watch.Config) (missed bool, err error) {
	if c.Folder, err = os.MkdirTemp(dir, "candor-watch-"); err != nil {
		return false, err
	}
	defer os.RemoveAll(c.Folder)
	switch database {
	case "sqlite":
		c.URL = filepath.Join(c.Folder, "candor.db")
	case "postgres":
		cluster, err := storetest.StartCluster()
		if err != nil {
			return false, err
		}
		defer func() { _ = cluster.Stop() }() // what is left is in a temporary folder
		if c.URL, err = cluster.Database(); err != nil {
			return false, err
		}
	default:
		return false, fmt.Errorf("there is no database %q", database)
	}
	report, err := watch.Run(ctx, c)
	if err != nil {
		return false, err
	}
	return report.Missed(), report.Write(os.Stdout)
}
