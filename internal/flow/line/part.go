package line

import (
	"net/netip"
	"time"

	"candor"
	"candor/internal/flow/network"
	"candor/internal/flow/normal"
)

// Part is a part of the network: an exporter, an interface, a protocol, a port,
// or a prefix.
type Part struct {
	Kind     string     `json:"kind"`
	Name     string     `json:"name"` // as in findings: "exporter 192.0.2.1, interface 3"
	Exporter netip.Addr `json:"exporter,omitzero"`
	Called   string     `json:"exporter_name,omitempty"`
	Index    uint32     `json:"interface,omitempty"`
	// In and Out are bit/s: to the provider's networks and from them, into an
	// interface and out of it, to a prefix and from it.
	In      Rate `json:"in"`
	Out     Rate `json:"out"`
	Packets Rate `json:"packets"` // a second
	Flows   Rate `json:"flows"`   // records a second
	// Hours is how many hours were learned. Peaks are told of once Learned, after a
	// week.
	Hours   int    `json:"hours"`
	Learned bool   `json:"learned"`
	Now     string `json:"found,omitempty"` // what goes on: "peak" or "silence"
}

// Rate is one in the last whole minute, and what is usual in this hour of the
// week.
type Rate struct {
	Now   float64 `json:"now"`
	Usual Range   `json:"usual"`
}

// Event is a peak, or a silence.
type Event struct {
	Kind     string     `json:"kind"`
	Part     string     `json:"part"`
	Exporter netip.Addr `json:"exporter,omitzero"`
	Since    time.Time  `json:"since"`
	Until    time.Time  `json:"until"` // the last minute that it went on
	Seen     float64    `json:"seen"`
	Usual    Range      `json:"usual"` // at that hour
	Unit     string     `json:"unit"`
	Way      string     `json:"way"` // "in", "out", "both ways"
	Lines    []Share    `json:"lines"`
}

// Share is what a line had of a peak.
type Share struct {
	Line  candor.ID `json:"line"`
	Share float64   `json:"share"`
}

// mostParts bounds the parts of each kind that are listed.
const mostParts = 50

// partsNow tells of the parts of the network.
func (w *Watch) partsNow(now time.Time, names map[netip.Addr]string) (parts []Part, watched map[string]int, events []Event) {
	parts, watched, events = []Part{}, map[string]int{}, []Event{}
	if w.Parts == nil {
		return parts, watched, events
	}
	all, told, counts := w.Parts.View(now, mostParts)
	for k, n := range counts {
		watched[network.Kind(k).String()] = n
	}
	for i := range all {
		p := &all[i]
		from := p.Part.Exporter()
		one := Part{Kind: p.Kind.String(), Name: p.Part.String(), Exporter: from, Called: names[from], Index: p.Index, In: rate(p.In), Out: rate(p.Out), Packets: rate(p.Packets), Flows: rate(p.Flows), Hours: p.Hours, Learned: p.Learned()}
		if p.Now != nil {
			one.Now = p.Now.Kind.String()
		}
		parts = append(parts, one)
	}
	for i := range told {
		e := &told[i]
		one := Event{Kind: e.Kind.String(), Part: e.Part.String(), Exporter: e.Part.Exporter(), Since: e.Since, Until: e.Until, Seen: e.Seen, Usual: bounds(e.Usual), Unit: string(e.Unit), Way: e.Way, Lines: []Share{}}
		for _, l := range e.Lines {
			if id := w.ID(l.Line); id != "" {
				one.Lines = append(one.Lines, Share{id, l.Share})
			}
		}
		events = append(events, one)
	}
	return parts, watched, events
}

func rate(m network.Measure) Rate { return Rate{m.Now, bounds(m.Usual)} }

func bounds(u normal.Usual) Range { return Range{Low: u.Low, Median: u.Median, High: u.High} }
