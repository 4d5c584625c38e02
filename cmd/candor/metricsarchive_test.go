package main

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"candor/internal/flow/archive/archivetest"
)

// TestArchiveMetrics: what the archive holds is told where there is one.
func TestArchiveMetrics(t *testing.T) {
	collected := func(r *running) (names []string) {
		to := make(chan prometheus.Metric, 100)
		houseCollector{r}.archive(t.Context(), to)
		close(to)
		for m := range to {
			names = append(names, strings.SplitN(m.Desc().String(), `"`, 3)[1])
		}
		return names
	}
	if got := collected(&running{}); len(got) != 0 {
		t.Errorf("without an archive: %v", got)
	}
	m := &archivetest.Memory{}
	m.Keep(archivetest.NewDice(1).Flows(3))
	if got := strings.Join(collected(&running{archive: m}), " "); got != "candor_flow_archive_waiting candor_flow_archive_dropped_total candor_flow_archive_removed_total candor_flow_archive_rows candor_flow_archive_bytes" {
		t.Errorf("with an archive: %s", got)
	}
}
