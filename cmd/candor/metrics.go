package main

import (
	"context"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics answers with the metrics in the format of Prometheus.
func (r *running) metrics() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), houseCollector{r})
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}

// houseCollector reads what the house counts when it is asked.
type houseCollector struct{ r *running }

var (
	casesMetric      = prometheus.NewDesc("candor_cases_open", "Open cases by state.", []string{"state"}, nil)
	severitiesMetric = prometheus.NewDesc("candor_cases_open_by_severity", "Open cases by severity.", []string{"severity"}, nil)
	jobsMetric       = prometheus.NewDesc("candor_jobs", "Jobs that are not done, by state.", []string{"state"}, nil)
	waitingMetric    = prometheus.NewDesc("candor_evidence_waiting", "Records that the evidence log has not taken yet, up to 10000.", nil, nil)
	entriesMetric    = prometheus.NewDesc("candor_evidence_entries", "Entries of the evidence log.", nil, nil)
	rulesMetric      = prometheus.NewDesc("candor_definitions_rules", "Rules in the definitions in use.", nil, nil)
	agentsMetric     = prometheus.NewDesc("candor_agents", "Agents on hosting servers, by state: heard, silent, revoked.", []string{"state"}, nil)
	passedMetric     = prometheus.NewDesc("candor_icap_findings_total", "Findings in what passed by proxies, by outcome: filed, elsewhere (no site of ours), failed.", []string{"outcome"}, nil)
	staleMetric      = prometheus.NewDesc("candor_definitions_stale", "1 if the definitions are not known to be current.", nil, nil)
)

// Describe implements prometheus.Collector.
func (c houseCollector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{casesMetric, severitiesMetric, jobsMetric, waitingMetric, entriesMetric, rulesMetric, agentsMetric, passedMetric, staleMetric} {
		to <- d
	}
	for _, d := range slices.Concat(trafficMetrics, archiveMetrics) {
		to <- d
	}
}

// Collect implements prometheus.Collector. What cannot be read is left out.
func (c houseCollector) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	if states, severities, err := c.r.Store.CaseCounts(ctx); err == nil {
		for state, n := range states {
			gauge(casesMetric, float64(n), string(state))
		}
		for severity, n := range severities {
			gauge(severitiesMetric, float64(n), severity.String())
		}
	}
	if states, err := c.r.Store.QueueState(ctx); err == nil {
		for state, n := range states {
			gauge(jobsMetric, float64(n), state)
		}
	}
	if n, err := c.r.Store.CountPending(ctx); err == nil {
		gauge(waitingMetric, float64(n))
	}
	if n, err := c.r.Log.Size(ctx); err == nil {
		gauge(entriesMetric, float64(n))
	}
	if all, err := c.r.Fleet.Agents(ctx); err == nil {
		states := map[string]int{"heard": 0, "silent": 0, "revoked": 0}
		for _, a := range all {
			states[c.r.heard(a)]++
		}
		for state, n := range states {
			gauge(agentsMetric, float64(n), state)
		}
	}
	c.traffic(to)
	c.archive(ctx, to)
	for outcome, n := range map[string]*atomic.Int64{"filed": &c.r.passed.filed, "elsewhere": &c.r.passed.elsewhere, "failed": &c.r.passed.failed} {
		to <- prometheus.MustNewConstMetric(passedMetric, prometheus.CounterValue, float64(n.Load()), outcome)
	}
	h := c.r.Definitions.Health()
	gauge(rulesMetric, float64(h.Generation.Rules))
	stale := 0.0
	if h.Stale {
		stale = 1
	}
	gauge(staleMetric, stale)
}
