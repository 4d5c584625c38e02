package main

import (
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"candor"
	"candor/internal/flow"
	"candor/internal/flow/collect"
	"candor/internal/flow/detect"
	"candor/internal/flow/line"
	"candor/internal/flow/network"
	"candor/internal/flow/normal"
)

type unknownLines struct{}

func (unknownLines) Lines(context.Context, time.Time, candor.ID, int) ([]candor.Asset, error) {
	return nil, nil
}

func (unknownLines) Holder(flow.Addr, uint16, int64) flow.Line { return 0 }

// TestTrafficMetrics: what is counted of traffic is told where exporters are
// heard, and nothing elsewhere.
func TestTrafficMetrics(t *testing.T) {
	collected := func(r *running) map[string]bool {
		to, names := make(chan prometheus.Metric, 100), map[string]bool{}
		houseCollector{r}.traffic(to)
		close(to)
		for m := range to {
			for _, d := range trafficMetrics {
				if m.Desc() == d {
					names[strings.SplitN(d.String(), `"`, 3)[1]] = true
				}
			}
		}
		return names
	}
	if got := collected(&running{}); len(got) != 0 {
		t.Errorf("where nobody listens: %v", got)
	}
	w, err := line.Open(t.Context(), line.Config{Parts: network.New(network.Config{Calendar: normal.Calendar{Zone: time.UTC}}), Store: unknownLines{}, Clock: time.Now, Log: slog.New(slog.DiscardHandler), Detect: detect.Config{Who: unknownLines{}, Calendar: normal.Calendar{Zone: time.UTC}, Policy: detect.DefaultPolicy()}})
	if err != nil {
		t.Fatal(err)
	}
	in, err := collect.NewIntake(collect.Options{Exporters: []collect.Registered{{Address: netip.MustParseAddr("192.0.2.200"), Sampling: 10}}})
	if err != nil {
		t.Fatal(err)
	}
	got := collected(&running{traffic: &traffic{watch: w, collector: collect.New(in, collect.Listening{}, w)}})
	for _, want := range []string{"candor_flow_records_total", "candor_flow_unattributed_total", "candor_flow_dropped_total", "candor_flow_lost", "candor_flow_lines", "candor_flow_suspects", "candor_flow_parts", "candor_flow_parts_unusual", "candor_flow_findings_total", "candor_flow_findings_waiting"} {
		if !got[want] {
			t.Errorf("%s is not told: %v", want, got)
		}
	}
	if got["candor_flow_exporter_heard_seconds"] {
		t.Error("an exporter that was never heard has a time")
	}
}
