package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"candor"
	"candor/internal/config"
	"candor/internal/flow/lease"
	"candor/internal/flow/lease/cgnat"
	"candor/internal/flow/lease/dhcp"
	"candor/internal/flow/lease/radius"
)

// leases are who held addresses when, with those who tell of it.
type leases struct {
	table *lease.Table
	runs  []func(context.Context) error
	log   *slog.Logger
}

// leaseFolder is where they are kept, in the data folder.
const leaseFolder = "leases"

// openLeases opens the table in a folder, and the sockets and files of the
// sources. Lines finds lines by the keys that sources have.
func openLeases(c config.Leases, dir string, lines lease.Lines, log *slog.Logger) (*leases, error) {
	table, err := lease.Open(lease.Options{
		Dir: dir, Lines: lines, Clock: time.Duration(c.Clock), Bridge: time.Duration(c.Bridge),
		Keep: time.Duration(c.Keep), Most: c.Most, Log: log,
	})
	if err != nil {
		return nil, candor.WithHint(err, "Only one process may have the role that hears of leases.")
	}
	l := &leases{table: table, runs: []func(context.Context) error{table.Run}, log: log}
	var formulas []lease.Formula
	for _, s := range c.Sources {
		if s.Kind == "formula" {
			f, err := leaseFormula(s)
			if err != nil {
				return nil, errors.Join(err, table.Close())
			}
			formulas = append(formulas, f)
			continue
		}
		run, err := l.source(s)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("leases of %s: %w", s.Name, err), l.drop())
		}
		l.runs = append(l.runs, run)
	}
	if err := table.SetFormulas(formulas); err != nil {
		return nil, errors.Join(candor.WithHint(fmt.Errorf("leases: %w", err), "Correct the source of kind formula."), l.drop())
	}
	return l, nil
}

// source makes a source; what it gives runs it.
func (l *leases) source(s config.LeaseSource) (func(context.Context) error, error) {
	watched := dhcp.Options{Source: s.Name, Sink: l.table, Keys: s.Keys, Every: time.Duration(s.Every), Log: l.log}
	switch s.Kind {
	case "radius":
		return l.radius(s)
	case "syslog":
		return l.syslog(s)
	case "kea":
		return dhcp.NewKea(s.Path, watched).Run, nil
	case "dhcpd":
		return dhcp.NewISC(s.Path, watched).Run, nil
	case "kea-api":
		return dhcp.NewAPI(cmp.Or(s.Path, s.URL), s.IPv6, nil, watched).Run, nil
	}
	return nil, fmt.Errorf("kind %q: %w", s.Kind, candor.ErrInvalid)
}

func (l *leases) radius(s config.LeaseSource) (func(context.Context) error, error) {
	o := radius.Options{
		Addr: s.Listen, Source: s.Name, Sink: l.table, Keys: s.Keys, Silent: time.Duration(s.Silent), Exclusive: s.Exclusive, Log: l.log,
	}
	for _, c := range s.Clients {
		network, err := config.ParseNetwork(c.Network)
		if err != nil {
			return nil, err
		}
		o.Clients = append(o.Clients, radius.Client{Prefix: network, Secret: []byte(c.Secret.Reveal())})
	}
	listener, err := radius.Listen(o)
	if err != nil {
		return nil, candor.WithHint(err, "Choose another address, or end what has it.")
	}
	return listener.Run, nil
}

func (l *leases) syslog(s config.LeaseSource) (func(context.Context) error, error) {
	o := cgnat.Options{UDP: s.Listen, TCP: s.ListenTCP, Source: s.Name, Sink: l.table, Silent: time.Duration(s.Silent), Log: l.log}
	for _, n := range s.Senders {
		network, err := config.ParseNetwork(n)
		if err != nil {
			return nil, err
		}
		o.Senders = append(o.Senders, network)
	}
	var err error
	if s.TimeZone != "" {
		if o.Zone, err = time.LoadLocation(s.TimeZone); err != nil {
			return nil, err
		}
	}
	if s.Patterns != "" {
		file, err := os.Open(s.Patterns)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		own, err := cgnat.Read(file)
		if err != nil {
			return nil, candor.WithHint(err, "docs/leases.md tells how patterns are written.")
		}
		o.Patterns = append(own, cgnat.Builtin()...)
	}
	listener, err := cgnat.Listen(o)
	if err != nil {
		return nil, candor.WithHint(err, "Choose another address, or end what has it.")
	}
	return listener.Run, nil
}

func leaseFormula(s config.LeaseSource) (f lease.Formula, err error) {
	inner, errInner := config.ParseNetwork(s.Inner)
	outer, errOuter := config.ParseNetwork(s.Outer)
	return lease.Formula{
		Inner: inner, Outer: outer, Ports: lease.Ports{Low: uint16(s.FirstPort), High: uint16(s.LastPort)}, Block: s.Block,
	}, errors.Join(errInner, errOuter)
}

// run hears of leases until ctx ends.
func (l *leases) run(ctx context.Context) error {
	var work sync.WaitGroup
	errs := make([]error, len(l.runs))
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for i, run := range l.runs {
		work.Go(func() {
			if errs[i] = run(ctx); errs[i] != nil {
				stop() // half of what is told would name the wrong lines
			}
		})
	}
	work.Wait()
	return errors.Join(errs...)
}

// drop closes what was opened.
func (l *leases) drop() error {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return errors.Join(l.run(ctx), l.table.Close())
}
