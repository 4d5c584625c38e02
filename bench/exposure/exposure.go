// Package exposure measures what it costs to hold the software of many servers
// against what feeds tell of vulnerabilities: Debian's whole tracker, what is known to
// be exploited, and how likely that is.
package exposure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"candor"
	"candor/bench/consent"
	"candor/internal/house"
	"candor/internal/intel/feed"
	"candor/internal/intel/tlp"
	"candor/internal/store"
)

// Config is one run.
type Config struct {
	URL     string // of the database, which is empty
	Folder  string // for the files of feeds
	Servers int    // with 1,000 packages each
	Server  int    // the database's first process, if it has its own
	Log     io.Writer
}

// Goals: one turn of a feed with all that follows, and one server's list.
const (
	FeedGoal   = time.Minute
	ReportGoal = time.Second
)

// run is what the parts of a run share.
type run struct {
	Config
	house   *house.House
	at      time.Time
	servers []candor.Asset
	report  *Report
}

// analyst reads exposures.
var analyst = candor.Principal{User: "0190a000-0000-7000-8000-000000000001", Name: "Ada", Role: candor.RoleAnalyst}

// Run fills the database and measures.
func Run(ctx context.Context, c Config) (*Report, error) {
	s, err := store.Open(ctx, store.Options{URL: c.URL, Node: "bench", Conceal: func(v string) (string, string) { return v, v }})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	r := &run{Config: c, at: time.Now(), report: &Report{Database: s.Kind()}}
	r.house = &house.House{Store: s, Clock: func() time.Time { return r.at }}
	r.house.Feeds = house.Feeds{HTTP: files(c.Folder), Spool: c.Folder, Threshold: 80, All: []feed.Feed{
		of("kev", feed.KEV, "known.json"), of("debian", feed.Debian, "tracker.json"), of("epss", feed.EPSS, "epss.csv")}}
	return r.report, r.all(ctx)
}

func of(name string, kind feed.Kind, file string) feed.Feed {
	return feed.Feed{Name: name, Kind: kind, URL: "https://feeds.example/" + file, Every: time.Hour, Licence: "none", Trust: 100, TLP: tlp.Clear}
}

func (r *run) all(ctx context.Context) error {
	if err := r.publish(map[string]int{"tracker.json": 0, "known.json": 0, "epss.csv": 0}); err != nil {
		return err
	}
	if err := r.fill(ctx); err != nil {
		return err
	}
	judge := func() error { return r.house.JudgeSoftware(ctx) }
	turn := func() error {
		r.at = r.at.Add(time.Hour)
		return errors.Join(r.house.TurnFeeds(ctx), judge())
	}
	steps := []struct {
		name    string
		goal    time.Duration
		edition map[string]int
		do      func() error
	}{
		{"all feeds for the first time", FeedGoal, nil, turn},
		{"feeds as they were", FeedGoal, nil, turn},
		{"the tracker tells some 800 entries otherwise", FeedGoal, map[string]int{"tracker.json": 1}, turn},
		{"one more is exploited", FeedGoal, map[string]int{"known.json": 1}, turn},
		{"chances are others", FeedGoal, map[string]int{"epss.csv": 1}, turn},
		{"one server's list, 50 packages newer", ReportGoal, nil, func() error {
			l := updated(packagesOf(0))
			_, err := r.house.TakeInventory(ctx, r.servers[0].ID, "", "", &l)
			return errors.Join(err, judge())
		}},
		{"a new server's list", ReportGoal, nil, func() error {
			l := packagesOf(r.Servers)
			_, err := r.house.TakeInventory(ctx, r.servers[r.Servers].ID, "", "", &l)
			return errors.Join(err, judge())
		}},
		{"first page of exposures", ReportGoal, nil, func() error {
			page, err := r.house.Exposures(ctx, analyst, house.ExposureFilter{}, candor.Cut{})
			if err == nil && len(page.Items) == 0 {
				err = errors.New("there are no exposures")
			}
			return err
		}},
		{"exposures of one server", ReportGoal, nil, func() error {
			all, err := r.house.Store.ExposuresOf(ctx, r.servers[0].ID, 200)
			if err == nil && len(all) == 0 {
				err = errors.New("the server has no exposures")
			}
			return err
		}},
	}
	for _, s := range steps {
		if err := r.publish(s.edition); err != nil {
			return err
		}
		if err := r.measure(s.name, s.goal, s.do); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return r.count(ctx)
}

// publish writes files of feeds in some editions.
func (r *run) publish(editions map[string]int) error {
	for name, edition := range editions {
		write := map[string]func(io.Writer, int) error{"tracker.json": writeTracker, "known.json": writeKEV, "epss.csv": writeEPSS}[name]
		f, err := os.Create(filepath.Join(r.Folder, name))
		if err != nil {
			return err
		}
		if err := errors.Join(write(f, edition), f.Close()); err != nil {
			return err
		}
		if info, err := os.Stat(f.Name()); err == nil && edition == 0 {
			r.report.Files = append(r.report.Files, fmt.Sprintf("%s %d MB", name, info.Size()>>20))
		}
	}
	return nil
}

// fill makes the servers, one more than are measured, and keeps the lists of all but
// that.
func (r *run) fill(ctx context.Context) error {
	now := r.at
	owner := candor.Party{ID: candor.NewID(now), Kind: candor.Customer, Name: "owner", Created: now, Updated: now}
	for n := range r.Servers + 1 {
		r.servers = append(r.servers, candor.Asset{ID: candor.NewID(now), Kind: candor.Server, Owner: owner.ID, Name: fmt.Sprintf("server-%d.example", n), Created: now, Updated: now})
	}
	err := r.house.Store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.AddParty(ctx, owner); err != nil {
			return err
		}
		for _, a := range r.servers {
			if err := tx.AddAsset(ctx, a, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return r.measure(fmt.Sprintf("lists of %d servers kept", r.Servers), 0, func() error {
		for n := range r.Servers {
			l := packagesOf(n)
			if _, err := r.house.TakeInventory(ctx, r.servers[n].ID, "", "", &l); err != nil {
				return err
			}
		}
		return nil
	})
}

func (r *run) measure(name string, goal time.Duration, do func() error) error {
	fmt.Fprintln(r.Log, "  "+name)
	debug.FreeOSMemory() // what was held before is not of this
	most, err := newPeak()
	if err != nil {
		return err
	}
	program, server, begin := processors(), consent.ServerWork(r.Server), time.Now()
	if err := do(); err != nil {
		return err
	}
	p := Part{Name: name, Goal: goal, Took: time.Since(begin), Program: processors() - program, Server: consent.ServerWork(r.Server) - server}
	if p.Memory, err = most(); err != nil {
		return err
	}
	r.report.Parts = append(r.report.Parts, p)
	return nil
}

// count tells how much there is.
func (r *run) count(ctx context.Context) error {
	entries, _, err := r.house.Store.FeedCounts(ctx)
	if err != nil {
		return err
	}
	programs, exposed, err := r.house.Store.SoftwareCounts(ctx)
	r.report.Entries, r.report.Programs, r.report.Exposed = entries["debian"], programs, exposed
	return err
}

// files answers requests with files of a folder.
type files string

// Do is of feed.Doer.
func (f files) Do(req *http.Request) (*http.Response, error) {
	file, err := os.Open(filepath.Join(string(f), strings.TrimPrefix(req.URL.Path, "/")))
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusOK, Status: "200 OK", Header: http.Header{}, Body: file, Request: req}, nil
}
