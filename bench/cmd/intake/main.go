// Command intake measures how reports are taken in, and prints mails a second, the
// time until whoever they are about is told, and that of a mail with many events.
//
//	go run ./bench/cmd/intake
//	go run ./bench/cmd/intake -database postgres
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"time"

	"candor/bench/intake"
	"candor/internal/store/storetest"
)

func main() {
	c := intake.Config{Log: os.Stderr, Database: func(folder string) (string, error) { return filepath.Join(folder, "candor.db"), nil }}
	database := flag.String("database", "sqlite", `"sqlite", or "postgres" for a server of its own`)
	clients := flag.Int("clients", 32, "clients that send mails at once; 0 leaves that out")
	seconds := flag.Int("seconds", 10, "how long each measurement lasts")
	profile := flag.String("profile", "", "file for a processor profile of the mails that are taken in; that of the desk goes to the same name with .desk")
	flag.StringVar(&c.Program, "program", "", "a candor that was built before, instead of building one")
	flag.IntVar(&c.Rate, "rate", 100, "reports a second")
	flag.IntVar(&c.Events, "events", 1464, "events of the one mail")
	flag.Parse()
	c.Lasts = time.Duration(*seconds) * time.Second
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, c, *database, *clients, *profile)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "intake:", err)
		os.Exit(2)
	}
}

func run(ctx context.Context, c intake.Config, database string, clients int, profile string) (err error) {
	if c.Folder, err = os.MkdirTemp("", "candor-intake-"); err != nil {
		return err
	}
	defer os.RemoveAll(c.Folder)
	if database == "postgres" {
		cluster, err := storetest.StartCluster()
		if err != nil {
			return err
		}
		defer func() { _ = cluster.Stop() }() // what is left is in a temporary folder
		c.Database = func(string) (string, error) { return cluster.Database() }
	}
	if profile != "" {
		c.Profile = profile + ".desk"
		f, err := os.Create(profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
	}
	var kept intake.Kept
	if clients > 0 {
		kept, err = intake.Durable(ctx, c, clients)
	}
	pprof.StopCPUProfile()
	if err != nil {
		return err
	}
	told, err := intake.Notices(ctx, c)
	intake.Print(os.Stdout, kept, told)
	return err
}
