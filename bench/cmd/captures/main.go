// Command captures has the detectors of traffic look at public captures whose
// hosts are labelled, and prints what they found and missed. It fails if a
// benign host would be isolated.
//
//	go run ./bench/cmd/captures -folder /path
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"candor"
	"candor/bench/captures"
)

func main() {
	folder := flag.String("folder", "", "that holds the collections of captures")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *folder, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "captures:", err)
		if hint := candor.Hint(err); hint != "" {
			fmt.Fprintln(os.Stderr, hint)
		}
		os.Exit(2)
	}
}

func run(ctx context.Context, folder string, to io.Writer) error {
	if folder == "" {
		return candor.WithHint(errors.New("no folder is named"), "Name the folder that holds the collections: make flow-captures CAPTURES=/path\n"+captures.Collections)
	}
	table, err := captures.Table()
	if err != nil {
		return err
	}
	report, err := captures.Run(ctx, folder, table)
	if err != nil {
		return err
	}
	report.Write(to)
	if n := report.Totals().Isolated; n > 0 {
		return errors.New("a benign host would be isolated")
	}
	return nil
}
