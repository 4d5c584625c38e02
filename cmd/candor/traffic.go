package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"candor"
	"candor/internal/config"
	"candor/internal/desk"
	"candor/internal/flow"
	"candor/internal/flow/collect"
	"candor/internal/flow/detect"
	"candor/internal/flow/lease"
	"candor/internal/flow/line"
	"candor/internal/flow/normal"
)

// traffic is what watches the lines: exporters are heard, records are somebody's
// by leases, and what is not usual is filed.
type traffic struct {
	watch     *line.Watch
	leases    *leases
	collector *collect.Collector
	sampling  map[netip.Addr]uint32 // of exporters that are registered with one
}

// openTraffic makes ready to hear exporters, if the configuration names where.
func (r *running) openTraffic(ctx context.Context) error {
	c := r.setup.traffic
	if !r.setup.does(config.RoleCollector) || len(c.Listen) == 0 {
		return nil
	}
	feed, err := readFeeds(c.Feeds)
	if err != nil {
		return err
	}
	t := &traffic{sampling: map[netip.Addr]uint32{}}
	if t.leases, err = openLeases(r.setup.leases, r.setup.data.at(leaseFolder), references{t}, r.setup.log); err != nil {
		return err
	}
	r.closings = append(r.closings, t.leases.table.Close)
	policy := detect.DefaultPolicy()
	policy.FalseAlarms, policy.Off, policy.Suspects = c.FalseAlarms, c.Off, c.Suspects
	own, shared := networks(config.Networks(c.Own)), networks(config.Networks(c.Shared))
	t.watch, err = line.Open(ctx, line.Config{
		Store: r.Store, Clock: r.setup.clock, Log: r.setup.log, File: r.fileTraffic, Baselines: r.setup.data.at("baselines"), Changed: t.changed, Holds: t.holds,
		Detect: detect.Config{
			Who: t.leases.table, Calendar: normal.Calendar{Zone: r.setup.zone, Holiday: r.holiday}, Policy: policy, Seed: rand.Uint64(),
			Own: own.has, Shared: shared.has, Feed: feed,
		},
	})
	if err != nil {
		return err
	}
	options := intakeOptions(c)
	for _, e := range options.Exporters {
		t.sampling[e.Address] = e.Sampling
	}
	in, err := collect.NewIntake(options)
	if err != nil {
		return err
	}
	t.collector = collect.New(in, collect.Listening{Addresses: c.Listen}, t.watch)
	r.traffic, r.House.Traffic = t, t
	return nil
}

// Network implements house.Traffic.
func (t *traffic) Network() line.Network { return t.watch.Network(t.collector.Stats(), t.sampling) }

// View implements house.Traffic.
func (t *traffic) View(id candor.ID) (line.View, bool) { return t.watch.View(id) }

// holds gives the addresses of a line by its sessions that go on.
func (t *traffic) holds(n flow.Line) (all []netip.Prefix) {
	for _, s := range t.leases.table.Session(n) {
		for _, p := range s.Prefixes {
			if !slices.Contains(all, p) {
				all = append(all, p)
			}
		}
	}
	return all
}

func intakeOptions(c config.Traffic) collect.Options {
	o := collect.Options{Accept: c.Strangers}
	for _, e := range c.Exporters {
		if a, err := netip.ParseAddr(e.Address); err == nil {
			o.Exporters = append(o.Exporters, collect.Registered{Address: a, Name: e.Name, Kind: e.Kind, Sampling: uint32(e.Sampling)})
		}
	}
	return o
}

// run hears exporters until ctx ends; what was heard is judged, and what is
// usual saved, before it returns.
func (t *traffic) run(ctx context.Context) error {
	if err := t.collector.Start(ctx); err != nil {
		return candor.WithHint(err, "Choose another address for traffic.listen, or end what has it.")
	}
	inner, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var work sync.WaitGroup
	work.Go(func() { t.watch.Run(inner) })
	leases := make(chan error, 1)
	work.Go(func() { leases <- t.leases.run(inner) })
	var failed error
	select {
	case <-ctx.Done():
	case failed = <-leases:
	}
	err := t.collector.Stop()
	stop()
	work.Wait()
	return errors.Join(failed, err)
}

// changed has leases know what lines are called and hold.
func (t *traffic) changed(static []line.Static) {
	all := make([]lease.Static, len(static))
	for i, s := range static {
		all[i] = lease.Static{Prefix: s.Prefix, Line: s.Line}
	}
	t.leases.table.SetStatic(all)
	if t.watch != nil {
		t.leases.table.Remap()
	}
}

// references finds lines by the provider's own numbers, whatever the kind of
// the key.
type references struct{ t *traffic }

func (r references) Line(_, key string) (flow.Line, bool) {
	if r.t.watch == nil {
		return 0, false
	}
	return r.t.watch.Line(key)
}

// holiday tells whether people live as on a Sunday.
func (r *running) holiday(day time.Time) bool {
	_, ok := r.setup.calendar.Holiday(day)
	return ok
}

// fileTraffic files what was found of a line.
func (r *running) fileTraffic(ctx context.Context, asset candor.ID, findings []candor.Finding) error {
	_, err := r.Desk.File(ctx, desk.Filing{Asset: asset, Sensor: desk.Traffic, Generation: "traffic", Findings: findings})
	return err
}

// networks are some networks.
type networks []netip.Prefix

func (n networks) has(a flow.Addr) bool {
	if len(n) == 0 {
		return false
	}
	ip := a.IP()
	for _, p := range n {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// feed is addresses that are known to be bad, each with how sure that is.
type feed struct {
	hosts map[flow.Addr]uint8
	nets  map[netip.Prefix]uint8
	sizes []int // of the networks, in bits
}

// Listed implements detect.Feed.
func (f *feed) Listed(a flow.Addr) uint8 {
	if sure := f.hosts[a]; sure > 0 {
		return sure
	}
	if len(f.nets) == 0 {
		return 0
	}
	ip := a.IP()
	for _, bits := range f.sizes { // a look for each size, however many there are
		if n, err := ip.Prefix(bits); err == nil && f.nets[n] > 0 {
			return f.nets[n]
		}
	}
	return 0
}

// readFeeds reads files of addresses, one a line, with how sure that is in
// percent behind it. It is nil without files.
func readFeeds(files []string) (detect.Feed, error) {
	if len(files) == 0 {
		return nil, nil
	}
	f := &feed{hosts: map[flow.Addr]uint8{}, nets: map[netip.Prefix]uint8{}}
	for _, name := range files {
		if err := f.read(name); err != nil {
			return nil, err
		}
	}
	return f, nil
}

const usuallySure = 80 // percent, of a feed that does not say

func (f *feed) read(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return candor.WithHint(fmt.Errorf("the feed: %w", err), "Correct traffic.feeds.")
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.FieldsFunc(text, func(c rune) bool { return c == ' ' || c == '\t' || c == ',' || c == ';' })
		if len(words) == 0 {
			continue
		}
		sure := usuallySure
		if len(words) > 1 {
			if p, err := strconv.Atoi(words[1]); err == nil && p > 0 && p <= 100 {
				sure = p
			}
		}
		p, err := candor.Access{Addresses: words[:1]}.Prefixes()
		if err != nil {
			return fmt.Errorf("%s: line %d: %w", name, n, err)
		}
		if p[0].IsSingleIP() {
			f.hosts[flow.FromIP(p[0].Addr())] = uint8(sure)
		} else {
			f.nets[p[0]] = uint8(sure)
			if !slices.Contains(f.sizes, p[0].Bits()) {
				f.sizes = append(f.sizes, p[0].Bits())
			}
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// lookTraffic tells whether exporters are heard.
func (r *running) lookTraffic(context.Context) (map[string]string, error) {
	st, heard := r.traffic.collector.Stats(), r.traffic.watch.Stats()
	about := looked{
		"exporters": strconv.Itoa(len(st.Exporters)), "lines": strconv.Itoa(heard.Lines), "records": strconv.FormatUint(heard.Records, 10),
		"unattributed": strconv.FormatUint(heard.Unattributed, 10), "dropped": strconv.FormatUint(st.Queue.Dropped+st.Socket.Dropped, 10),
	}
	var silent []string
	for _, e := range st.Exporters {
		if e.Last.IsZero() || r.setup.clock().Sub(e.Last) > 5*time.Minute {
			silent = append(silent, e.Address.String())
		}
	}
	if len(silent) > 0 {
		return about, candor.WithHint(fmt.Errorf("nothing is heard of %s", strings.Join(silent, ", ")), "See whether these exporters still send here.")
	}
	if off := r.offClocks(); len(off) > 0 {
		return about, candor.WithHint(fmt.Errorf("clocks of exporters are off: %s", strings.Join(off, ", ")), "Set the clocks by NTP; what is told by wrong ones may be taken for another line's.")
	}
	return about, nil
}
