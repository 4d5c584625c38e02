package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"candor/internal/flow/detect"
)

var (
	flowRecordsMetric      = prometheus.NewDesc("candor_flow_records_total", "Records of traffic that were taken in.", nil, nil)
	flowUnattributedMetric = prometheus.NewDesc("candor_flow_unattributed_total", "Records of traffic of no line that is known for certain.", nil, nil)
	flowDroppedMetric      = prometheus.NewDesc("candor_flow_dropped_total", "What there was no room for: records in the queue, datagrams in sockets.", []string{"where"}, nil)
	flowLostMetric         = prometheus.NewDesc("candor_flow_lost", "What exporters sent and did not come or could not be read, in records or datagrams as their protocol counts.", []string{"exporter"}, nil)
	flowHeardMetric        = prometheus.NewDesc("candor_flow_exporter_heard_seconds", "When an exporter was heard last, seconds since 1970.", []string{"exporter"}, nil)
	flowLinesMetric        = prometheus.NewDesc("candor_flow_lines", "Lines that are watched.", nil, nil)
	flowSuspectsMetric     = prometheus.NewDesc("candor_flow_suspects", "Lines that are looked at closely.", nil, nil)
	flowFindingsMetric     = prometheus.NewDesc("candor_flow_findings_total", "Findings of traffic.", nil, nil)
	flowWaitingMetric      = prometheus.NewDesc("candor_flow_findings_waiting", "Findings of traffic that wait to be filed.", nil, nil)
	flowPartsMetric        = prometheus.NewDesc("candor_flow_parts", "Parts of the network that are watched.", []string{"kind"}, nil)
	flowUnusualMetric      = prometheus.NewDesc("candor_flow_parts_unusual", "Parts of the network that carry more than usual, or are silent, now.", []string{"found"}, nil)

	trafficMetrics = []*prometheus.Desc{flowPartsMetric, flowUnusualMetric, flowRecordsMetric, flowUnattributedMetric, flowDroppedMetric, flowLostMetric, flowHeardMetric, flowLinesMetric, flowSuspectsMetric, flowFindingsMetric, flowWaitingMetric}
)

// traffic collects what is counted of traffic, where exporters are heard.
func (c houseCollector) traffic(to chan<- prometheus.Metric) {
	if c.r.traffic == nil {
		return
	}
	n := c.r.traffic.Network()
	send := func(kind prometheus.ValueType, d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, kind, v, labels...)
	}
	send(prometheus.CounterValue, flowRecordsMetric, float64(n.Records))
	send(prometheus.CounterValue, flowUnattributedMetric, float64(n.Unattributed))
	send(prometheus.CounterValue, flowDroppedMetric, float64(n.Dropped), "queue")
	send(prometheus.CounterValue, flowDroppedMetric, float64(n.Unread), "socket")
	send(prometheus.CounterValue, flowFindingsMetric, float64(n.Findings))
	send(prometheus.GaugeValue, flowLinesMetric, float64(n.Lines))
	send(prometheus.GaugeValue, flowSuspectsMetric, float64(n.Suspects))
	send(prometheus.GaugeValue, flowWaitingMetric, float64(n.Waiting))
	for kind, many := range n.Watched {
		send(prometheus.GaugeValue, flowPartsMetric, float64(many), kind)
	}
	unusual := map[string]int{detect.Peak.String(): 0, detect.Silence.String(): 0}
	for _, p := range n.Parts {
		if p.Now != "" {
			unusual[p.Now]++
		}
	}
	for found, many := range unusual {
		send(prometheus.GaugeValue, flowUnusualMetric, float64(many), found)
	}
	for _, e := range n.Exporters {
		// The sequence of what is late is made good: the count may fall.
		send(prometheus.GaugeValue, flowLostMetric, float64(e.Lost), e.Address.String())
		if !e.Last.IsZero() {
			send(prometheus.GaugeValue, flowHeardMetric, float64(e.Last.Unix()), e.Address.String())
		}
	}
}
