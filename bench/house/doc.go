// Package house measures the records of the house at the size of a large
// provider: how long the console's pages take while people use it, how fast
// findings are filed, and how fast the evidence log takes records.
package house

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/pprof"
	"time"

	"candor"
	"candor/internal/store"
)

// Size says how much a database holds. The zero Size is not usable.
type Size struct {
	Parties  int
	Sites    int
	Cases    int
	Findings int
}

// Large is the size that the goals are set for.
func Large() Size { return Size{Parties: 20_000, Sites: 30_000, Cases: 200_000, Findings: 1_000_000} }

// Goals of the house, on two cores.
const (
	PageGoal   = 100 * time.Millisecond // 99 of 100 pages
	SearchGoal = 200 * time.Millisecond // 99 of 100 searches
	LedgerGoal = 5000                   // records a second
)

// FileGoal is how many findings a second are to be filed durably.
func FileGoal(kind string) float64 {
	if kind == "SQLite" {
		return 2000
	}
	return 5000
}

// open opens a database as the program does.
func open(ctx context.Context, url string) (*store.Store, error) {
	return store.Open(ctx, store.Options{URL: url, Node: "bench", Conceal: conceal})
}

// Config says what is measured.
type Config struct {
	URL     string // of a filled database
	Users   int    // each asks for a page every second
	Seconds int    // how long each measurement lasts
	Alone   int    // how often each page is asked for by itself
	Folder  string // for the evidence log, on the disk that it is to be measured on
	Only    string // the one measurement to make; all if empty
	Profile string // file for a processor profile; none if empty
	Clock   candor.Clock
	Log     io.Writer // progress
}

// Run measures everything in a database that Fill made. It adds to it.
func Run(ctx context.Context, c Config) (Report, error) {
	var r Report
	s, err := open(ctx, c.URL)
	if err != nil {
		return r, err
	}
	defer s.Close()
	r.Database = s.Kind()
	if c.Profile != "" {
		file, err := os.Create(c.Profile)
		if err != nil {
			return r, err
		}
		defer file.Close()
		if err := pprof.StartCPUProfile(file); err != nil {
			return r, err
		}
		defer pprof.StopCPUProfile()
	}
	for _, step := range []struct {
		name string
		do   func(context.Context, *store.Store, Config, *Report) error
	}{{"pages", pages}, {"filing", ingest}, {"ledger", ledger}} {
		if c.Only != "" && c.Only != step.name {
			continue
		}
		fmt.Fprintf(c.Log, "%s: %s, load average %s\n", r.Database, step.name, loadAverage())
		if err := step.do(ctx, s, c, &r); err != nil {
			return r, fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return r, nil
}
