// Command house measures the records of the house at the size of a large
// provider, on SQLite or PostgreSQL, and prints each figure beside its goal.
//
//	go run ./bench/cmd/house -database sqlite
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"candor/bench/house"
	"candor/internal/store/storetest"
)

func main() {
	size, c := house.Large(), house.Config{Clock: time.Now, Log: os.Stderr}
	database := flag.String("database", "sqlite", `"sqlite", "postgres" for a server of its own, or the URL of one`)
	cache := flag.String("cache", defaultCache(), "folder of the filled SQLite file, which is used again")
	flag.IntVar(&size.Findings, "findings", size.Findings, "findings to fill in")
	flag.IntVar(&size.Cases, "cases", size.Cases, "cases to fill in")
	flag.IntVar(&size.Parties, "parties", size.Parties, "parties to fill in")
	flag.IntVar(&size.Sites, "sites", size.Sites, "sites to fill in")
	flag.IntVar(&c.Users, "users", 50, "users, each of whom asks for a page every second")
	flag.IntVar(&c.Alone, "alone", 30, "how often each page is asked for by itself")
	flag.IntVar(&c.Seconds, "seconds", 20, "how long each measurement lasts")
	fill := flag.Bool("fill", true, "fill a PostgreSQL database that is named by its URL")
	flag.StringVar(&c.Profile, "profile", "", "file for a processor profile of the measurements")
	flag.StringVar(&c.Only, "only", "", "the one measurement to make: pages, filing or ledger; all if empty")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	missed, err := run(ctx, *database, *cache, size, *fill, c)
	stop()
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "house:", err)
		os.Exit(2)
	case missed:
		os.Exit(1)
	}
}

func defaultCache() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "candor-bench", "house")
}

// run tells whether a goal was missed.
func run(ctx context.Context, database, cache string, size house.Size, fill bool, c house.Config) (missed bool, err error) {
	folder, err := os.MkdirTemp("", "candor-house-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(folder)
	c.Folder = folder
	switch database {
	case "sqlite":
		c.URL, err = sqliteFile(ctx, cache, folder, size, c)
	case "postgres":
		var cluster *storetest.Cluster
		if cluster, err = storetest.StartCluster(); err != nil {
			return false, err
		}
		defer func() { _ = cluster.Stop() }() // what is left is in a temporary folder
		if c.URL, err = cluster.Database(); err == nil {
			err = house.Fill(ctx, c.URL, size, c.Clock(), c.Log)
		}
	default:
		if c.URL = database; fill {
			err = house.Fill(ctx, c.URL, size, c.Clock(), c.Log)
		}
	}
	if err != nil {
		return false, err
	}
	report, err := house.Run(ctx, c)
	if err != nil {
		return false, err
	}
	return report.Missed(), report.Write(os.Stdout)
}

// sqliteFile gives a copy of the filled file, and makes that if it is not
// there.
func sqliteFile(ctx context.Context, cache, folder string, size house.Size, c house.Config) (string, error) {
	schema, err := house.Schema(ctx, folder)
	if err != nil {
		return "", err
	}
	name := filepath.Join(cache, fmt.Sprintf("%s-%d-%d-%d-%d.db", schema, size.Findings, size.Cases, size.Sites, size.Parties))
	if _, err := os.Stat(name); err != nil {
		if err := os.MkdirAll(cache, 0o700); err != nil {
			return "", err
		}
		part := name + ".part"
		for _, suffix := range []string{"", "-wal", "-shm"} {
			_ = os.Remove(part + suffix) // of a run that was stopped
		}
		if err := house.Fill(ctx, part, size, c.Clock(), c.Log); err != nil {
			return "", err
		}
		if err := os.Rename(part, name); err != nil {
			return "", err
		}
	}
	used := filepath.Join(folder, "candor.db")
	return used, house.Copy(used, name)
}
