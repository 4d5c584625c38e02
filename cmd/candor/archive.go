package main

import (
	"context"
	"net/netip"
	"os"
	"time"

	"candor/internal/config"
	"candor/internal/flow/archive"
	"candor/internal/flow/archive/clickhouse"
	"candor/internal/flow/archive/duckdb"
	"candor/internal/flow/archive/tap"
	"candor/internal/flow/collect"
)

// archiveFolder is what of the data folder holds flows.
const archiveFolder = "flows"

// spare is how much of the disk the flow archive leaves free.
const spare = 1 << 30

// archiveKind is where flows are kept: nowhere unless exporters are heard, or
// another process that shares the data folder keeps them.
func (r *running) archiveKind() string {
	c := r.setup.traffic
	if c.Archive.Kind != "" {
		return c.Archive.Kind
	}
	_, err := os.Stat(r.setup.data.at(archiveFolder))
	if duckdb.Built && (r.hears() || err == nil) {
		return config.ArchiveDuckDB
	}
	return config.ArchiveNone
}

// hears tells whether this process hears exporters.
func (r *running) hears() bool {
	return r.setup.does(config.RoleCollector) && len(r.setup.traffic.Listen) > 0
}

// openArchive opens the flow archive: to write if this process hears exporters,
// else to read. It gives nil if flows are not kept.
func (r *running) openArchive() (tap.Archive, error) {
	c, hears := r.setup.traffic.Archive, r.hears()
	keep := map[archive.Tier]time.Duration{archive.Raw: time.Duration(c.Raw), archive.Minute: time.Duration(c.Minute), archive.Hour: time.Duration(c.Hour)}
	switch r.archiveKind() {
	case config.ArchiveDuckDB:
		return duckdb.Open(duckdb.Options{Dir: r.setup.data.at(archiveFolder), Clock: r.setup.clock, Log: r.setup.log, Keep: keep, MaxBytes: int64(c.MaxBytes), Spare: spare, ReadOnly: !hears})
	case config.ArchiveClickHouse:
		return clickhouse.Open(clickhouse.Options{URL: string(c.URL), Clock: r.setup.clock, Log: r.setup.log, Keep: keep, MaxBytes: int64(c.MaxBytes), ReadOnly: !hears})
	default:
		return nil, nil
	}
}

// openReader opens the flow archive where no exporters are heard.
func (r *running) openReader(context.Context) error {
	if r.traffic != nil {
		return nil
	}
	a, err := r.openArchive()
	if err != nil || a == nil {
		return err
	}
	r.archive = a
	r.closings = append(r.closings, a.Close)
	return nil
}

// tap has what the collector hears go to the archive too, if flows are kept.
func (r *running) tap(t *traffic, in *collect.Intake) error {
	a, err := r.openArchive()
	if err != nil || a == nil {
		return err
	}
	t.tap = tap.New(tap.Config{Archive: a, Who: t.leases.table, ID: t.watch.ID, Exporter: func(number uint32) (netip.Addr, bool) {
		s, ok := in.Source(number)
		return s.Exporter, ok
	}})
	r.archive = t.tap
	r.closings = append(r.closings, t.tap.Close)
	return nil
}
