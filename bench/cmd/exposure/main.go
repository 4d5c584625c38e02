// Command exposure prints what it costs to hold the software of many servers against
// Debian's tracker and other feeds, beside the goals. The files are made up, in the
// form and of the size of the real ones.
//
//	go run ./bench/cmd/exposure -database postgres
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"

	"candor/bench/exposure"
	"candor/internal/store/storetest"
)

func main() {
	c := exposure.Config{Log: os.Stderr}
	database := flag.String("database", "sqlite", `"sqlite", or "postgres" for a server of its own`)
	profile := flag.String("profile", "", "file for a processor profile")
	dir := flag.String("dir", "", "folder to make the database in; a temporary one when not given")
	flag.IntVar(&c.Servers, "servers", 1000, "how many there are, with 1,000 packages each")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	missed, err := run(ctx, *database, *dir, *profile, c)
	stop()
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "exposure:", err)
		os.Exit(2)
	case missed:
		os.Exit(1)
	}
}

// run tells whether a goal was missed.
func run(ctx context.Context, database, dir, profile string, c exposure.Config) (missed bool, err error) {
	if c.Folder, err = os.MkdirTemp(dir, "candor-exposure-"); err != nil {
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
		c.Server = cluster.Process()
		if c.URL, err = cluster.Database(); err != nil {
			return false, err
		}
	default:
		return false, fmt.Errorf("there is no database %q", database)
	}
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			return false, err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return false, err
		}
		defer pprof.StopCPUProfile()
	}
	report, err := exposure.Run(ctx, c)
	if err != nil {
		return false, err
	}
	return report.Missed(), report.Write(os.Stdout)
}
