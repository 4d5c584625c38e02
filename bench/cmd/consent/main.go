// Command consent fills a database with acceptances, and prints how fast it is
// asked what a party agreed to, beside the goals.
//
//	go run ./bench/cmd/consent -database postgres
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"candor/bench/consent"
	"candor/internal/store/storetest"
)

func main() {
	c := consent.Config{Log: os.Stderr}
	database := flag.String("database", "sqlite", `"sqlite", or "postgres" for a server of its own`)
	dir := flag.String("dir", "", "folder to make the database in; a temporary one when not given")
	settings := flag.String("settings", "", `of PostgreSQL's server, such as "shared_buffers=2GB max_wal_size=4GB"; as Debian has them when not given`)
	flag.IntVar(&c.Server, "server", 0, "process of the database's server, to measure its work, where -url names one of this machine")
	flag.StringVar(&c.URL, "url", "", "address of a database to use instead: an empty one, or one that an earlier run filled with as many")
	flag.IntVar(&c.Acceptances, "acceptances", 0, "how many there are; 1,000,000 for SQLite and 10,000,000 for PostgreSQL when not given")
	flag.IntVar(&c.Seconds, "seconds", 20, "how long each part takes")
	flag.IntVar(&c.Asks, "asks", 2000, "questions a second")
	flag.IntVar(&c.Writes, "writes", 500, "acceptances a second beside them")
	flag.DurationVar(&c.Patience, "patience", 0, "how long each part waits for other programs to be quiet")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	missed, err := run(ctx, *database, *dir, strings.Fields(*settings), c)
	stop()
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "consent:", err)
		os.Exit(2)
	case missed:
		os.Exit(1)
	}
}

// run tells whether a goal was missed.
func run(ctx context.Context, database, dir string, settings []string, c consent.Config) (missed bool, err error) {
	if c.Folder, err = os.MkdirTemp(dir, "candor-consent-"); err != nil {
		return false, err
	}
	defer os.RemoveAll(c.Folder)
	most := 1_000_000
	switch {
	case c.URL != "":
	case database == "sqlite":
		c.URL = filepath.Join(c.Folder, "candor.db")
	case database == "postgres":
		most = 10_000_000
		cluster, err := storetest.StartCluster(settings...)
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
	if c.Acceptances == 0 {
		c.Acceptances = most
	}
	report, err := consent.Run(ctx, c)
	if err != nil {
		return false, err
	}
	return report.Missed(), report.Write(os.Stdout)
}
