// Package watch measures how long after a file is written what the desk says of
// it is stored, through the desk's own parts: the watch, the scan with what is
// known of files, and the desk on a database.
package watch

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/engine"
	"candor/internal/scan"
	"candor/internal/scan/known"
	"candor/internal/scan/site"
	"candor/internal/scan/starter"
	"candor/internal/scan/unpack"
	"candor/internal/scan/watch"
	"candor/internal/store"
)

// Goals from the moment when a file is closed until what is found in it is
// durable in the database.
const (
	HalfGoal = 10 * time.Millisecond  // 50 of 100 files
	MostGoal = 100 * time.Millisecond // 99 of 100 files
)

// Config says what is measured.
type Config struct {
	URL         string // of an empty database: a file for SQLite, or postgres://
	Folder      string // on the disk that it is to be measured on
	Definitions string // a folder; the starter set if empty
	Rate        int    // files a second
	Seconds     int
	One         int // one in so many files is found to be bad
	Threads     int // of a scan; one a processor if 0
	Log         io.Writer
}

// Report is what was measured.
type Report struct {
	Database string
	Config   Config
	Filed    []time.Duration // bad files: until the database has them, sorted
	Matched  []time.Duration // all files: until they were matched, sorted
	Files    int
	Lost     int // of the bad ones
	Rules    int
	Load     string // of the machine
}

// ruleOfBad finds the bad ones.
const ruleOfBad = `rule Bench_Bad { meta: severity = "high" strings: $a = "bench-bad-content" condition: $a }`

// Run measures.
func Run(ctx context.Context, c Config) (*Report, error) {
	compiled, err := definitions(c)
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, store.Options{URL: c.URL, Node: "bench", Conceal: conceal})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	root := filepath.Join(c.Folder, "root")
	for i := range folders {
		if err := os.MkdirAll(filepath.Join(root, fmt.Sprint(i)), 0o755); err != nil {
			return nil, err
		}
	}
	asset, err := addSite(ctx, s, root)
	if err != nil {
		return nil, err
	}
	k, err := known.Open(filepath.Join(c.Folder, "known.db"), time.Now)
	if err != nil {
		return nil, err
	}
	defer k.Close()
	t := newTimes()
	sites := service(c, s, k, compiled, t)
	watching, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- sites.Watch(watching, watch.Options{Clock: time.Now, Log: sites.Log}) }()
	if err = begun(ctx, s, asset); err == nil {
		err = t.write(ctx, c, root)
	}
	lost := t.wait(ctx)
	stop()
	<-ended
	filed, matched := t.sorted()
	return &Report{Database: s.Kind(), Config: c, Filed: filed, Matched: matched, Files: t.files, Lost: lost, Rules: compiled.Report.Rules, Load: load()}, err
}

func definitions(c Config) (*scan.Compiled, error) {
	d := &scan.Definitions{Sources: starter.Sources()}
	if c.Definitions != "" {
		var err error
		if d, err = scan.ReadDefinitions(c.Definitions); err != nil {
			return nil, err
		}
	}
	d.Sources = append(slices.Clone(d.Sources), engine.Source{Name: "bench.yar", Namespace: "bench", Data: []byte(ruleOfBad)})
	return scan.Cache{}.Compile(d, scan.BuiltinExternals()), nil
}

func conceal(value string) (digest, salt string) {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(value))), ""
}

func addSite(ctx context.Context, s *store.Store, root string) (candor.ID, error) {
	now := time.Now().UTC()
	p := candor.Party{ID: candor.NewID(now), Kind: candor.Customer, Name: "bench", Language: "en", Created: now, Updated: now}
	a := candor.Asset{ID: candor.NewID(now), Kind: candor.Site, Owner: p.ID, Name: "bench.example", Roots: []string{root}, Created: now, Updated: now}
	return a.ID, s.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.AddParty(ctx, p); err != nil {
			return err
		}
		return tx.AddAsset(ctx, a, time.Time{})
	})
}

// service makes what the desk watches sites with.
func service(c Config, s *store.Store, k *known.Store, compiled *scan.Compiled, t *times) *site.Service {
	inside := &unpack.Options{}
	return site.New(site.Config{Store: siteStore{s}, Desk: filer{newDesk(s), t}, Clock: time.Now, Log: slog.New(slog.NewTextHandler(c.Log, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Threads: c.Threads, Inside: inside, Definitions: func() (site.Definitions, error) {
			session, err := k.Begin(compiled.Rules, scan.Opening(inside))
			if err != nil {
				return site.Definitions{}, err
			}
			return site.Definitions{Generation: "bench", Known: session, Release: func() {
				if err := session.Close(); err != nil {
					fmt.Fprintln(c.Log, "what was learned is not kept:", err)
				}
			}, NewMatcher: func() scan.Matcher {
				return &matcher{Scanner: compiled.Rules.NewScanner(engine.ScanOptions{Strings: true}), times: t}
			}}, nil
		}})
}

// begun waits until the site is watched, whose first scan is asked for then.
func begun(ctx context.Context, s *store.Store, asset candor.ID) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		page, err := s.Scans(ctx, candor.Everything, candor.ScanFilter{Asset: asset}, candor.Cut{Limit: 1})
		if err != nil || len(page.Items) > 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// load is how busy the machine is.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}

// Missed tells whether a goal was missed.
func (r *Report) Missed() bool {
	return r.Lost > 0 || len(r.Filed) == 0 || at(r.Filed, 50) > HalfGoal || at(r.Filed, 99) > MostGoal
}

// Write prints the report.
func (r *Report) Write(to io.Writer) error {
	_, err := fmt.Fprintf(to, `%s, %d files at %d/s, one in %d bad, %d rules, load %s
  closed to matched  p50 %6.1f ms             p99 %6.1f ms             of %d files
  closed to filed    p50 %6.1f ms (goal %3d)  p99 %6.1f ms (goal %3d)  most %.1f ms, of %d files, %d lost
`, r.Database, r.Files, r.Config.Rate, r.Config.One, r.Rules, r.Load, ms(at(r.Matched, 50)), ms(at(r.Matched, 99)), len(r.Matched),
		ms(at(r.Filed, 50)), HalfGoal.Milliseconds(), ms(at(r.Filed, 99)), MostGoal.Milliseconds(), ms(at(r.Filed, 100)), len(r.Filed), r.Lost)
	return err
}

// at gives a percentile.
func at(sorted []time.Duration, percent int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)*percent/100, len(sorted)-1)]
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
