package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"candor"
	"candor/internal/config"
	"candor/internal/flow"
	"candor/internal/house"
	"candor/internal/intake/attribute"
	"candor/internal/intake/format/readers"
	"candor/internal/intake/format/shadowserver"
	"candor/internal/intake/freetext"
	"candor/internal/intake/kind"
	"candor/internal/intake/reading"
	"candor/internal/intake/sender"
	"candor/internal/intake/wrap"
	"candor/internal/store"
)

// openReports sets up how reports are read.
func (r *running) openReports(context.Context) error {
	c := r.setup.intake
	schema, err := readSchema(c.Schema)
	if err != nil {
		return err
	}
	r.House.Reports = house.Reports{Acknowledge: c.Acknowledge, Thresholds: map[candor.Class]house.Threshold{}, Reader: &reading.Reader{
		Formats: readers.All(schema), Text: freetext.New(), Opener: wrap.New(wrap.Options{Passwords: c.Passwords, Now: r.setup.clock}),
		Ours: kind.Ours{Domains: []string{r.notify.Domain}}}}
	if c.Rules != "" {
		if r.House.Reports.Reader.Text.Rules, err = readRules(c.Rules); err != nil {
			return fmt.Errorf("intake.rules: %w", err)
		}
	}
	var leases attribute.Leases
	if r.traffic != nil {
		leases = attribute.Table{Table: r.traffic.leases.table, Lines: r.traffic.asset}
	}
	r.House.Reports.Whose = r.House.Whose(leases, resolver{}, attribute.Options{Networks: config.Networks(c.Networks)})
	if c.Senders {
		r.House.Reports.Senders = sender.New(sender.Options{Resolver: net.DefaultResolver, Relays: c.Relays, Now: r.setup.clock})
	}
	for _, t := range c.Thresholds {
		r.House.Reports.Thresholds[candor.Class(t.Class)] = house.Threshold{Reporters: t.Reporters, Within: time.Duration(t.Within)}
	}
	return nil
}

// resolver tells where names lead now.
type resolver struct{}

// Addresses gives the addresses that a name leads to now.
func (resolver) Addresses(ctx context.Context, host string, _, _ time.Time) (all []attribute.Name, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	for _, a := range found {
		all = append(all, attribute.Name{Address: a.Unmap()})
	}
	var none *net.DNSError
	if errors.As(err, &none) { // whatever keeps the name from being known leaves it to a person
		return nil, nil
	}
	return all, err
}

// asset is the line of the records that a line of traffic stands for.
func (t *traffic) asset(n flow.Line) (candor.ID, bool) {
	id := t.watch.ID(n)
	return id, id != ""
}

// readSchema reads Shadowserver's schema, if one is named.
func readSchema(name string) (*shadowserver.Schema, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s, err := shadowserver.ReadSchema(f)
	if err != nil {
		return nil, candor.WithHint(fmt.Errorf("intake.shadowserver_schema %s: %w", name, err), "Name the schema as Shadowserver publishes it, or leave it out.")
	}
	return s, nil
}

// readReports has reports read that came in. Of several, each that fails is asked
// for again alone, when it says: it holds up no other. One alone is tried again
// whatever fails.
func (r *running) readReports(ctx context.Context, j house.ReadReportsJob) error {
	if len(j.Reports) == 1 {
		return tryAgain(r.ReadReport(ctx, j.Reports[0]))
	}
	again := map[candor.ID]time.Time{}
	for _, id := range j.Reports {
		err := r.ReadReport(ctx, id)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			continue
		}
		r.setup.log.WarnContext(ctx, "a report could not be read, and is tried again", "report", id, "error", err)
		var at time.Time
		var later *candor.LaterError
		if errors.As(err, &later) {
			at = r.setup.clock().Add(later.After)
		}
		again[id] = at
	}
	if len(again) == 0 {
		return nil
	}
	return r.Store.Tx(ctx, func(tx *store.Tx) error {
		for id, at := range again {
			if err := tx.Enqueue(ctx, house.ReadReportsJob{Reports: []candor.ID{id}}, candor.JobOptions{Queue: house.QueueReports, At: at}); err != nil {
				return err
			}
		}
		return nil
	})
}

// tryAgain keeps a job from being given up at the first failure: what a report
// names may be missing for a moment.
func tryAgain(err error) error {
	var later *candor.LaterError
	if !errors.As(err, &later) && (errors.Is(err, candor.ErrNotFound) || errors.Is(err, candor.ErrInvalid)) {
		return fmt.Errorf("%s: %w", err.Error(), candor.ErrUnavailable)
	}
	return err
}

// forgetReports forgets messages that are older than they are kept.
func (r *running) forgetReports(ctx context.Context) error {
	return r.ForgetReports(ctx, r.setup.clock().Add(-time.Duration(r.setup.intake.Keep)))
}
