package captures

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"candor/internal/flow"
	"candor/internal/flow/capture"
	"candor/internal/flow/detect"
	"candor/internal/flow/replay"
)

// fewest is how many packets whoever is judged as one of many senders sent: of
// fewer nothing can be told.
const fewest = 20

// Found is a finding of a labelled host.
type Found struct {
	Kind    detect.Kind
	After   time.Duration // the first packet of the host
	Isolate bool
	Times   int // that the kind was told
}

// Verdict is what came of a labelled host.
type Verdict struct {
	Host
	Seen  bool // there are packets of it
	Found []Found
}

// Hit tells whether something of what was expected was found.
func (v Verdict) Hit() bool {
	return slices.ContainsFunc(v.Found, func(f Found) bool { return slices.Contains(v.Expect, f.Kind) })
}

// Isolated tells whether the host would be isolated.
func (v Verdict) Isolated() bool {
	return slices.ContainsFunc(v.Found, func(f Found) bool { return f.Isolate })
}

// Senders are hosts that no label names one by one.
type Senders struct {
	Host
	All, Judged, Found int
}

// Outcome is what came of a capture.
type Outcome struct {
	Path     string
	Records  int
	Length   time.Duration
	Lines    int
	Verdicts []Verdict
	Senders  *Senders
	Others   int // findings of hosts that no label names
}

// Report is what came of all.
type Report struct {
	Outcomes []Outcome
	Absent   []string
}

// judge plays a capture to the detectors, as "candor flow replay --lines" does.
func judge(ctx context.Context, path string, c Capture) (Outcome, error) {
	o := Outcome{Path: c.Path}
	f, err := capture.Open(ctx, path, capture.Options{Mode: capture.Traffic})
	if err != nil {
		return o, err
	}
	defer f.Close()
	j := replay.New(replay.Config{Inside: c.Inside, Attached: c.Attached, Plan: detect.Plan{Group: 1}, Own: nobodys, Policy: detect.DefaultPolicy()})
	sent := map[netip.Addr]uint64{}
	first := map[netip.Addr]int64{}
	var from, to int64
	for b, err := range f.Batches() {
		if err != nil {
			return o, err
		}
		for i := range b.Records {
			r := &b.Records[i]
			src := r.Src.IP()
			sent[src] += r.Count()
			if at, is := first[src]; !is || r.Start < at {
				first[src] = r.Start
			}
			if o.Records == 0 || r.Start < from {
				from = r.Start
			}
			to = max(to, r.End)
			o.Records++
		}
		j.Take(b.Records)
	}
	j.Finish()
	o.Length, o.Lines = time.Duration(to-from)*time.Microsecond, len(j.Lines())
	if c.Attached.IsValid() {
		first[c.Attached], sent[c.Attached] = from, uint64(o.Records)
	}
	o.settle(c, j, sent, first)
	return o, nil
}

// nobodys tells that no address is the provider's own.
func nobodys(flow.Addr) bool { return false }

// settle holds what was found against the labels.
func (o *Outcome) settle(c Capture, j *replay.Judge, sent map[netip.Addr]uint64, first map[netip.Addr]int64) {
	found := map[netip.Addr][]Found{}
	for _, f := range j.Found {
		ip := j.Address(f.Line).IP()
		i := slices.IndexFunc(found[ip], func(x Found) bool { return x.Kind == f.Kind })
		if i < 0 {
			i = len(found[ip])
			found[ip] = append(found[ip], Found{Kind: f.Kind, After: time.Duration(f.At-first[ip]) * time.Microsecond})
		}
		found[ip][i].Isolate = found[ip][i].Isolate || f.Isolate
		found[ip][i].Times++
	}
	named := map[netip.Addr]bool{}
	for _, h := range c.Hosts {
		if !h.Address.IsValid() {
			o.Senders = &Senders{Host: h}
			continue
		}
		named[h.Address] = true
		o.Verdicts = append(o.Verdicts, Verdict{Host: h, Seen: sent[h.Address] > 0, Found: found[h.Address]})
	}
	for _, a := range j.Lines() {
		ip := a.IP()
		if named[ip] {
			continue
		}
		if o.Senders == nil {
			o.Others += len(found[ip])
			continue
		}
		o.Senders.count(sent[ip], found[ip])
	}
}

func (s *Senders) count(packets uint64, found []Found) {
	if packets == 0 {
		return
	}
	s.All++
	if packets < fewest {
		return
	}
	s.Judged++
	if (Verdict{Host: s.Host, Found: found}).Hit() {
		s.Found++
	}
}
