package main

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
)

var (
	archiveRowsMetric    = prometheus.NewDesc("candor_flow_archive_rows", "Rows of the flow archive, by tier: raw, minute, hour.", []string{"tier"}, nil)
	archiveBytesMetric   = prometheus.NewDesc("candor_flow_archive_bytes", "Bytes on disk of the flow archive, by tier.", []string{"tier"}, nil)
	archiveWaitingMetric = prometheus.NewDesc("candor_flow_archive_waiting", "Flows that wait to be written to the archive.", nil, nil)
	archiveDroppedMetric = prometheus.NewDesc("candor_flow_archive_dropped_total", "Flows that are not in the archive, since there was no room for them to wait or they could not be written.", nil, nil)
	archiveRemovedMetric = prometheus.NewDesc("candor_flow_archive_removed_total", "Rows of the archive that gave way to newer ones before their time.", nil, nil)

	archiveMetrics = []*prometheus.Desc{archiveRowsMetric, archiveBytesMetric, archiveWaitingMetric, archiveDroppedMetric, archiveRemovedMetric}
)

// archive collects what the flow archive holds, and what it lost.
func (c houseCollector) archive(ctx context.Context, to chan<- prometheus.Metric) {
	if c.r.archive == nil {
		return
	}
	held, err := c.r.archive.Held(ctx)
	send := func(kind prometheus.ValueType, d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, kind, v, labels...)
	}
	send(prometheus.GaugeValue, archiveWaitingMetric, float64(held.Waiting))
	send(prometheus.CounterValue, archiveDroppedMetric, float64(held.Dropped))
	send(prometheus.CounterValue, archiveRemovedMetric, float64(held.Removed))
	if err != nil {
		return // what is counted here is told; what is there is not known
	}
	for _, t := range held.Tiers {
		send(prometheus.GaugeValue, archiveRowsMetric, float64(t.Rows), string(t.Tier))
		send(prometheus.GaugeValue, archiveBytesMetric, float64(t.Bytes), string(t.Tier))
	}
}
