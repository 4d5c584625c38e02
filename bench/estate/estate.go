// Package estate measures what a scan costs that follows what changed, beside
// what is the least that it could cost, and beside ClamAV's daemon, on one
// machine in one run. What counts are the ratios.
package estate

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"candor"
	"candor/bench/ruleset"
	"candor/engine"
	"candor/internal/scan"
	"candor/internal/scan/known"
	"candor/internal/scan/unpack"
)

// Config says what to measure.
type Config struct {
	Content     string // folder of files to scan
	Definitions string // folder of the definition sets
	Dir         string // where trees are made, on a disk with room
	Files       int    // of the tree that does not change
	Tenants     int    // that hold the same
	Unique      int64  // bytes of content that are all different
	Repeats     int
	Log         io.Writer
}

// Row is a figure and what it is held against.
type Row struct {
	What  string
	Unit  string
	Value float64
	Peer  string  // what the other figure is of
	Other float64 // 0 for none
	Goal  string
	Met   bool
	// CPU and OtherCPU are what both took of this process's processors, in
	// seconds: other work on the machine changes them less than times. 0 where
	// that is not known.
	CPU, OtherCPU float64
}

// Parts are what can be measured, by name.
var Parts = map[string]func(*Bench, context.Context) error{
	"recheck": (*Bench).recheck, "tenants": (*Bench).tenants, "rules": (*Bench).newRules, "instream": (*Bench).instream,
}

// Bench is one run on its way.
type Bench struct {
	Config
	Rows    []Row
	sources []engine.Source // all sets
	rules   *engine.Rules

	unindexed bool // scans learn verdicts alone
}

// New prepares a run.
func New(c Config) (*Bench, error) {
	sets, err := ruleset.All(c.Definitions)
	if err != nil {
		return nil, err
	}
	b := &Bench{Config: c}
	for _, s := range sets {
		sources, err := s.Sources()
		if err != nil {
			return nil, err
		}
		b.sources = append(b.sources, sources...)
	}
	b.rules = compile(b.sources)
	return b, nil
}

func compile(sources []engine.Source) *engine.Rules {
	rules, _ := engine.Compile(sources, engine.Options{Externals: scan.BuiltinExternals()})
	return rules
}

func (b *Bench) say(format string, args ...any) { fmt.Fprintf(b.Log, format+"\n", args...) }

func (b *Bench) row(r Row) {
	b.Rows = append(b.Rows, r)
	b.say("%s: %.3g %s (%s %.3g), CPU %.1f s (%.1f), goal %s", r.What, r.Value, r.Unit, r.Peer, r.Other, r.CPU, r.OtherCPU, r.Goal)
}

// timed adds what took so long beside what else did.
func (b *Bench) timed(what string, mine cost, peer string, other cost, goal string, met bool) {
	b.row(Row{What: what, Unit: "s", Value: mine.time.Seconds(), Peer: peer, Other: other.time.Seconds(), Goal: goal, Met: met,
		CPU: mine.cpu.Seconds(), OtherCPU: other.cpu.Seconds()})
}

// inside is as candor scan looks by default.
var inside = unpack.Options{}

// cost is what something took.
type cost struct {
	time time.Duration
	cpu  time.Duration // of this process, user and system
}

// plus adds a share of another cost.
func (c cost) plus(o cost, share float64) cost {
	return cost{c.time + time.Duration(share*float64(o.time)), c.cpu + time.Duration(share*float64(o.cpu))}
}

// meter begins to measure. What it gives ends it.
func meter() func() cost {
	began, used := time.Now(), processor()
	return func() cost { return cost{time.Since(began), processor() - used} }
}

// processor is what this process has used of all processors.
func processor() time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &u) // it cannot fail
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// scan scans paths with what is known, or without if store is nil. It gives
// what that took, writing included.
func (b *Bench) scan(ctx context.Context, rules *engine.Rules, store *known.Store, paths ...string) (cost, scan.Summary, error) {
	spent := meter()
	o := scan.Options{NewMatcher: func() scan.Matcher { return rules.NewScanner(engine.ScanOptions{}) }, Inside: &inside}
	if store != nil {
		var err error
		if o.Known, err = store.Begin(rules, scan.Opening(&inside)); err != nil {
			return cost{}, scan.Summary{}, err
		}
		o.Known.Unindexed = b.unindexed
	}
	s, err := scan.Scan(ctx, scan.Paths(paths...), nobody{}, o)
	if err == nil && o.Known != nil {
		err = o.Known.Close()
	}
	return spent(), s, err
}

// nobody takes what is found.
type nobody struct{}

func (nobody) Finding(candor.Finding) error { return nil }
func (nobody) Failure(f scan.Failure) error { return fmt.Errorf("%s: %w", f.Path, f.Err) }

// open opens what is known, in a file of its own.
func (b *Bench) open(name string) (*known.Store, error) {
	name = filepath.Join(b.Dir, name)
	if err := os.RemoveAll(name); err != nil {
		return nil, err
	}
	return known.Open(name, time.Now)
}

// median repeats a measurement, and gives that of the median time.
func (b *Bench) median(one func() (cost, error)) (cost, error) {
	var all []cost
	for range b.Repeats {
		c, err := one()
		if err != nil {
			return cost{}, err
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b cost) int { return cmp.Compare(a.time, b.time) })
	return all[len(all)/2], nil
}
