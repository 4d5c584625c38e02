// Command flow sends records of NetFlow v9 over loopback at rising rates, to the
// collector of Candor and beside it to nfcapd, fastnetmon and goflow2, and prints how many of
// them each takes, and what that costs.
//
//	go run ./bench/cmd/flow -rates 100000,400000 -seconds 5
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"

	"candor/bench/flow"
)

func main() {
	rates := flag.String("rates", "100000,200000,400000,700000,1400000", "records a second, one after another")
	seconds := flag.Int("seconds", 5, "how long each rate is sent")
	collect := flag.String("collect", "", "be the collector at this address, until the standard input ends")
	judge := flag.Bool("judge", false, "with -collect: have the detectors look at the records")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *rates, *seconds, *collect, *judge)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "flow:", err)
		os.Exit(2)
	}
}

func run(ctx context.Context, rates string, seconds int, collect string, judge bool) error {
	if collect != "" {
		return flow.Collect(ctx, collect, judge, os.Stdin, os.Stdout)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	c := flow.Config{Seconds: seconds, Self: []string{self, "-collect"}, Log: os.Stderr}
	for text := range strings.SplitSeq(rates, ",") {
		rate, err := strconv.Atoi(text)
		if err != nil || rate < 1 {
			return fmt.Errorf("rate %q is no number of records a second", text)
		}
		c.Rates = append(c.Rates, rate)
	}
	rows, err := flow.Run(ctx, c)
	if err != nil {
		return err
	}
	return flow.Write(os.Stdout, rows)
}
