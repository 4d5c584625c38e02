package main

import (
	"log/slog"
	"os"
	"testing"
	"time"

	"candor"
	"candor/internal/config"
	"candor/internal/flow"
	"candor/internal/flow/archive"
	"candor/internal/flow/archive/duckdb"
)

// TestFlowsAreKept: what exporters tell goes to the archive, as its lines', and
// a process that hears none reads it.
func TestFlowsAreKept(t *testing.T) {
	if !duckdb.Built {
		if os.Getenv("CI") != "" {
			t.Fatal("this test needs the tag duckdb")
		}
		t.Skip("this test needs the tag duckdb")
	}
	c := config.Defaults()
	c.Data.Dir, c.Listen.PublicURL = t.TempDir(), "https://desk.example"
	c.Traffic.Listen = []string{"127.0.0.1:0"}
	begin := func() *running {
		s, err := makeSetup(c, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		r, err := open(t.Context(), s)
		if err != nil {
			t.Fatal(err, candor.Hint(err))
		}
		return r
	}
	r := begin()
	line := aLineOf(t, r, "kept", "10.9.0.1")
	if err := r.traffic.watch.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	r.traffic.Take([]flow.Record{{Start: flow.Time(now), End: flow.Time(now), Bytes: 500, Packets: 3, Src: flow.V4(0x0a090001), Dst: flow.V4(0xc0000201), SrcPort: 50000, DstPort: 443, Protocol: flow.TCP}})
	if err := r.close(); err != nil {
		t.Fatal(err)
	}
	c.Traffic.Listen = nil
	r = begin()
	defer func() {
		if err := r.close(); err != nil {
			t.Error(err)
		}
	}()
	if r.archive == nil {
		t.Fatal("a process without exporters does not read the archive")
	}
	got, err := r.archive.Ask(t.Context(), archive.Question{Since: now.Add(-time.Minute), Until: now.Add(time.Minute), By: []archive.Field{archive.FieldLine, archive.FieldPort}})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Rows) != 1 || got.Rows[0].Keys[0].Line != line.ID || got.Rows[0].Keys[1].Number != 443 || got.Total != (archive.Sum{Bytes: 500, Packets: 3, Flows: 1}) {
		t.Errorf("the archive has %+v", got)
	}
	if r.setup.traffic.Archive.Kind = config.ArchiveNone; r.archiveKind() != config.ArchiveNone {
		t.Error("flows are kept that nobody wants kept")
	}
}
