package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"candor"
	"candor/internal/config"
	"candor/internal/desk"
	"candor/internal/flow"
	"candor/internal/flow/archive/tap"
	"candor/internal/flow/collect"
	"candor/internal/flow/detect"
	"candor/internal/flow/lease"
	"candor/internal/flow/line"
	"candor/internal/flow/network"
	"candor/internal/flow/normal"
	"candor/internal/store"
)

// traffic is what watches the lines: exporters are heard, records are somebody's
// by leases, and what is not usual is filed.
type traffic struct {
	watch     *line.Watch
	leases    *leases
	feeds     *feeds
	collector *collect.Collector
	tap       *tap.Tap              // of the archive; nil if flows are not kept
	sampling  map[netip.Addr]uint32 // of exporters that are registered with one
}

// openTraffic makes ready to hear exporters and leases, if the configuration
// names any: leases alone still say whose an address was.
func (r *running) openTraffic(ctx context.Context) error {
	c := r.setup.traffic
	if !r.setup.does(config.RoleCollector) || len(c.Listen) == 0 && len(r.setup.leases.Sources) == 0 {
		return nil
	}
	t := &traffic{sampling: map[netip.Addr]uint32{}}
	var err error
	if t.feeds, err = openFeeds(c.Feeds, r.setup.log); err != nil {
		return err
	}
	if t.leases, err = openLeases(r.setup.leases, r.setup.data.at(leaseFolder), references{t}, r.setup.log); err != nil {
		return err
	}
	r.closings = append(r.closings, t.leases.table.Close)
	own, shared := networks(config.Networks(c.Own)), networks(config.Networks(c.Shared))
	t.watch, err = line.Open(ctx, line.Config{
		Store: r.Store, Clock: r.setup.clock, Log: r.setup.log, File: r.fileTraffic, Baselines: r.setup.data.at("baselines"), Changed: t.changed, Holds: t.holds,
		Asset: func(ctx context.Context, exporter netip.Addr) (candor.ID, error) {
			return exporterAsset(ctx, r.Store, c, exporter)
		},
		Parts: network.New(network.Config{
			Source: t.source, Inside: config.Networks(c.Networks), Who: t.leases.table, Calendar: normal.Calendar{Zone: r.setup.zone, Holiday: r.holiday}, Alarms: c.Peaks, Seed: rand.Uint64(), Off: c.Off,
		}),
		Detect: detect.Config{
			Who: t.leases.table, Calendar: normal.Calendar{Zone: r.setup.zone, Holiday: r.holiday}, Policy: policyOf(c), Seed: rand.Uint64(),
			Own: own.has, Shared: shared.has, Feed: t.feeds.feed(),
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
	if err := r.tap(t, in); err != nil {
		return err
	}
	t.collector = collect.New(in, collect.Listening{Addresses: c.Listen}, t)
	r.traffic, r.House.Traffic = t, t
	return nil
}

// Take implements flow.Sink: records go to the detectors, then to the archive.
func (t *traffic) Take(records []flow.Record) {
	t.watch.Take(records)
	if t.tap != nil {
		t.tap.Take(records)
	}
}

// source is the exporter of a number in records.
func (t *traffic) source(number uint32) (netip.Addr, bool) {
	s, ok := t.collector.Source(number)
	return s.Exporter, ok
}

// exporterAsset is the server that peaks of an exporter are filed at, or those of
// the network; none if no reference is set, or none has it.
func exporterAsset(ctx context.Context, s *store.Store, c config.Traffic, exporter netip.Addr) (candor.ID, error) {
	reference := c.Asset
	for _, e := range c.Exporters {
		if a, err := netip.ParseAddr(e.Address); err == nil && a == exporter && e.Asset != "" {
			reference = e.Asset
		}
	}
	if reference == "" {
		return "", nil
	}
	a, err := s.AssetByReference(ctx, candor.Server, reference)
	if errors.Is(err, candor.ErrNotFound) {
		return "", nil
	}
	return a.ID, err
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

// start opens the ports. What it began ends with run.
func (t *traffic) start(ctx context.Context) error {
	if err := t.collector.Start(ctx); err != nil {
		return candor.WithHint(err, "Choose another address for traffic.listen, or end what has it.")
	}
	return nil
}

// run hears exporters until ctx ends; what was heard is judged, and what is
// usual saved, before it returns.
func (t *traffic) run(ctx context.Context) error {
	inner, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var work sync.WaitGroup
	work.Go(func() { t.watch.Run(inner) })
	work.Go(func() { t.feeds.follow(inner, time.NewTicker(feedsEvery)) })
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
func (r *running) fileTraffic(ctx context.Context, asset candor.ID, findings []candor.Finding, seen time.Time) error {
	_, err := r.Desk.File(ctx, desk.Filing{Asset: asset, Sensor: desk.Traffic, Generation: "traffic", Findings: findings, Seen: seen})
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

// lookTraffic tells whether exporters are heard.
func (r *running) lookTraffic(context.Context) (map[string]string, error) {
	st, heard := r.traffic.collector.Stats(), r.traffic.watch.Stats()
	about := looked{
		"exporters": strconv.Itoa(len(st.Exporters)), "lines": strconv.Itoa(heard.Lines), "records": strconv.FormatUint(heard.Records, 10),
		"unattributed": strconv.FormatUint(heard.Unattributed, 10), "dropped": strconv.FormatUint(st.Queue.Dropped+st.Socket.Dropped, 10),
	}
	var silent []string
	for _, e := range st.Exporters {
		if len(r.setup.traffic.Listen) == 0 {
			break // leases alone are heard
		}
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
