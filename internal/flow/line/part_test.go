package line

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"candor"
	"candor/internal/flow/collect"
	"candor/internal/flow/detect"
	"candor/internal/flow/network"
	"candor/internal/flow/normal"
)

// TestNetworkFindings files what was found of the network at what the exporter
// is bound to, with the lines that it is of, and nothing of others.
func TestNetworkFindings(t *testing.T) {
	b, d := &books{}, &desk{}
	one := aLine(1, "1", noon)
	b.put(one)
	w, _ := open(t, b, d, "")
	router := candor.NewID(noon)
	asked := 0
	w.Asset = func(_ context.Context, exporter netip.Addr) (candor.ID, error) {
		if asked++; asked == 1 {
			return "", errors.New("the database is away")
		}
		if exporter == netip.MustParseAddr("192.0.2.1") {
			return router, nil
		}
		return "", nil
	}
	peak := detect.Finding{Kind: detect.Peak, Part: "exporter 192.0.2.1, interface 3", Exporter: netip.MustParseAddr("192.0.2.1"), Seen: 9e6, Expected: 2e6, Unit: detect.BitsPerSecond, Why: "in",
		Lines: []detect.Part{{Line: w.Number(one.ID), Share: 0.625}}}
	w.deliver(t.Context(), []detect.Finding{peak, {Kind: detect.Peak, Part: "protocol udp"}})
	all := d.filed[router]
	if len(d.filed) != 1 || len(all) != 1 {
		t.Fatalf("filed %+v", d.filed)
	}
	f := all[0]
	if f.Path != "traffic/peak/exporter/192.0.2.1/interface/3" || f.Description != "A part of the network carries more than usual: exporter 192.0.2.1, interface 3, in: 9 Mbit/s, where 2 Mbit/s would be the most to expect; since 1970-01-01 00:00:00 UTC." {
		t.Errorf("%+v", f)
	}
	if len(f.Strings) != 1 || string(f.Strings[0].Data) != "1 62%" || slices.Contains(f.Tags, "confirmed") {
		t.Errorf("%+v", f)
	}
}

// TestPartsSurvive: what is usual of the network is kept over a restart, and a
// damaged file is put aside.
func TestPartsSurvive(t *testing.T) {
	file := filepath.Join(t.TempDir(), "baselines")
	begin := func() *Watch {
		w, err := Open(t.Context(), Config{Store: &books{}, Clock: func() time.Time { return noon }, Log: slog.New(slog.DiscardHandler), Baselines: file, Parts: network.New(network.Config{Calendar: normal.Calendar{Zone: noon.Location()}}),
			Detect: detect.Config{Who: &holders{}, Calendar: normal.Calendar{Zone: noon.Location()}, Policy: detect.DefaultPolicy()}})
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	w := begin()
	w.Parts.Sweep(noon)
	scan(w, "192.0.2.1", noon)
	w.Parts.Sweep(noon.Add(60e9))
	w.Parts.Sweep(noon.Add(120e9))
	if err := w.Save(); err != nil {
		t.Fatal(err)
	}
	known := func(w *Watch) int { return len(w.Network(collect.Stats{}, nil).Parts) }
	if n := known(begin()); n != 2 { // the protocol and the port
		t.Errorf("%d parts are known", n)
	}
	data := must(os.ReadFile(file + "-network"))
	data[len(data)/2] ^= 1
	if err := os.WriteFile(file+"-network", data, 0o600); err != nil {
		t.Fatal(err)
	}
	if n := known(begin()); n != 0 {
		t.Errorf("%d parts are known of a damaged file", n)
	}
	if _, err := os.Stat(file + "-network.damaged"); err != nil {
		t.Error(err)
	}
}
