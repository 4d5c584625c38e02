package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"candor"
	"candor/internal/house"
	"candor/internal/intake/format/readers"
	"candor/internal/intake/format/shadowserver"
	"candor/internal/intake/freetext"
	"candor/internal/intake/kind"
	"candor/internal/intake/reading"
	"candor/internal/intake/wrap"
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
	for _, t := range c.Thresholds {
		r.House.Reports.Thresholds[candor.Class(t.Class)] = house.Threshold{Reporters: t.Reporters, Within: time.Duration(t.Within)}
	}
	return nil
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

// readReports has reports read that came in. One that cannot be read now leaves
// the others be.
func (r *running) readReports(ctx context.Context, j house.ReadReportsJob) (err error) {
	for _, id := range j.Reports {
		err = errors.Join(err, r.ReadReport(ctx, id))
	}
	return err
}

// forgetReports forgets messages that are older than they are kept.
func (r *running) forgetReports(ctx context.Context) error {
	return r.ForgetReports(ctx, r.setup.clock().Add(-time.Duration(r.setup.intake.Keep)))
}
