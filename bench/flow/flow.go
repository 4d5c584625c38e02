// Package flow measures collectors of export datagrams beside each other: how
// many records of NetFlow v9 each takes over loopback at rising rates, how many
// of them are lost, and how much processor time that takes.
package flow

import (
	"context"
	"fmt"
	"io"
	"time"
)

// Config says what to measure.
type Config struct {
	Rates   []int // records a second
	Seconds int   // each rate is sent for
	Self    []string
	Log     io.Writer
}

// Row is one collector at one rate.
type Row struct {
	Name     string
	Rate     int           // asked for
	Took     time.Duration // to send
	Sent     int
	Received int
	Told     int // lost, as the collector itself says; -1 if it does not
	CPU      time.Duration
}

// Lost is how many records did not arrive.
func (r Row) Lost() int { return r.Sent - r.Received }

// PerCore is how many records were taken in a second of processor time.
func (r Row) PerCore() float64 {
	if r.CPU == 0 {
		return 0
	}
	return float64(r.Received) / r.CPU.Seconds()
}

// taken is what a collector says in the end.
type taken struct {
	Received int
	Lost     int
	CPU      time.Duration
}

// collector is a program that takes export datagrams.
type collector interface {
	name() string
	// start has it listen at an address of UDP; stop waits until it took what
	// arrived, and ends it.
	start(ctx context.Context, address string) error
	stop() (taken, error)
}

// Run measures all collectors that are there, rate by rate.
func Run(ctx context.Context, c Config) (rows []Row, err error) {
	for _, rate := range c.Rates {
		for _, made := range []func() collector{
			func() collector { return &own{command: c.Self} },
			func() collector { return &own{command: c.Self, judges: true} },
			func() collector { return &nfcapd{} },
			func() collector { return &fastnetmon{} },
			func() collector { return &goflow2{} },
		} {
			x := made()
			row, err := measure(ctx, x, rate, c.Seconds)
			if err != nil {
				fmt.Fprintf(c.Log, "%s: %v\n", x.name(), err)
				if ctx.Err() != nil {
					return rows, ctx.Err()
				}
				continue
			}
			rows = append(rows, row)
			fmt.Fprintf(c.Log, "%s at %d: %d of %d\n", row.Name, rate, row.Received, row.Sent)
		}
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("no collector could be measured")
	}
	return rows, nil
}

func measure(ctx context.Context, x collector, rate, seconds int) (Row, error) {
	address, err := free()
	if err != nil {
		return Row{}, err
	}
	if err := x.start(ctx, address); err != nil {
		return Row{}, err
	}
	row := Row{Name: x.name(), Rate: rate}
	row.Sent, row.Took, err = send(ctx, address, rate, seconds)
	said, failed := x.stop()
	if err == nil {
		err = failed
	}
	row.Received, row.Told, row.CPU = said.Received, said.Lost, said.CPU
	return row, err
}
