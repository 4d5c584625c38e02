// Command peers prints what Candor is worth beside yara, YARA-X, clamscan and
// clamd: the same files and definitions, in one run.
//
//	go run ./bench/cmd/peers -content DIR -definitions DIR
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"

	"candor/bench/peers"
)

func main() {
	c := peers.Config{Log: os.Stderr}
	flag.StringVar(&c.Content, "content", os.Getenv("CANDOR_CONTENT"), "folder of files to scan (see bench/cmd/content)")
	flag.StringVar(&c.Definitions, "definitions", os.Getenv("CANDOR_DEFINITIONS"), "folder of the definition sets")
	flag.StringVar(&c.Candor, "candor", "", "the candor binary; built when not given")
	megabytes := flag.Int64("size", 300, "megabytes of content to take, 0 for all")
	flag.IntVar(&c.Repeats, "repeats", 3, "runs of each measurement")
	flag.Parse()
	c.Size = *megabytes * 1e6
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	below, err := run(ctx, c)
	stop()
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(2)
	case below:
		os.Exit(1)
	}
}

// run tells whether a row is below its floor.
func run(ctx context.Context, c peers.Config) (bool, error) {
	if c.Content == "" || c.Definitions == "" {
		return false, fmt.Errorf("name the folders with -content and -definitions")
	}
	if err := peers.Install(ctx); err != nil {
		return false, err
	}
	if c.Candor == "" {
		dir, err := os.MkdirTemp("", "candor-binary-")
		if err != nil {
			return false, err
		}
		defer os.RemoveAll(dir)
		c.Candor = filepath.Join(dir, "candor")
		if out, err := exec.CommandContext(ctx, "go", "build", "-o", c.Candor, "./cmd/candor").CombinedOutput(); err != nil {
			return false, fmt.Errorf("build candor: %w\n%s", err, out)
		}
	}
	report, err := peers.Run(ctx, c)
	if err != nil {
		return false, err
	}
	return report.Below(), report.Write(os.Stdout)
}
