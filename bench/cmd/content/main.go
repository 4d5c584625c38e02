// Command content gathers the files that benchmarks and conformance scan.
//
//	go run ./bench/cmd/content DIR
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"candor/bench/content"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: content DIR")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	s, err := content.Gather(ctx, os.Args[1], os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "content:", err)
		os.Exit(2)
	}
	fmt.Printf("%d files, %.1f MB, %d packages missing %v\n", s.Files, float64(s.Bytes)/1e6, len(s.Missing), s.Missing)
}
