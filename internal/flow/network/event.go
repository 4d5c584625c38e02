package network

import (
	"cmp"
	"slices"
	"time"

	"candor/internal/flow"
	"candor/internal/flow/detect"
	"candor/internal/flow/normal"
)

// Event is a peak or a silence.
type Event struct {
	Part  Part
	Kind  detect.Kind
	Since time.Time
	Until time.Time // the last minute that it went on
	// Usual is what is usual at that hour, and Seen what there was, in Unit.
	Usual normal.Usual
	Seen  float64
	Unit  detect.Unit
	Way   string // "in", "out", or "both ways"
	Lines []detect.Part
}

// mostEvents is how many are kept.
const mostEvents = 100

// tell notes what is told of a part.
func (w *Watch) tell(p *part, f *detect.Finding, u normal.Usual, which int) {
	e := &Event{Part: p.Part, Kind: f.Kind, Since: flow.At(f.Since), Until: flow.At(f.At), Seen: f.Seen, Unit: f.Unit, Way: f.Why, Lines: f.Lines,
		Usual: normal.Usual{Low: rate(which, u.Low), Median: rate(which, u.Median), High: rate(which, u.High)}}
	p.told = e
	if len(w.events) >= mostEvents {
		w.events = slices.Delete(w.events, 0, 1)
	}
	w.events = append(w.events, e)
}

// evidence is what shows whose a peak is.
type evidence struct {
	lines heavy[flow.Line]
	all   uint64 // bytes
	top   []flow.Record
}

const mostLines, mostFlows = 256, 6

func newEvidence() *evidence { return &evidence{lines: heavy[flow.Line]{most: mostLines}} }

// add takes in a record of a part that is looked at closely.
func (e *evidence) add(who flow.Who, r *flow.Record) {
	e.all += r.Total()
	if who != nil {
		if n := who.Holder(r.Src, r.SrcPort, r.End); n != 0 {
			e.lines.add(n, r.Total())
		}
		if n := who.Holder(r.Dst, r.DstPort, r.End); n != 0 {
			e.lines.add(n, r.Total())
		}
	}
	e.keep(r)
}

// keep keeps the largest records.
func (e *evidence) keep(r *flow.Record) {
	if len(e.top) == mostFlows && r.Total() <= e.top[mostFlows-1].Total() {
		return
	}
	at, _ := slices.BinarySearchFunc(e.top, r.Total(), func(x flow.Record, v uint64) int { return cmp.Compare(v, x.Total()) })
	if len(e.top) == mostFlows {
		e.top = e.top[:mostFlows-1]
	}
	e.top = slices.Insert(e.top, at, *r)
}

func (e *evidence) join(o *evidence) {
	e.all += o.all
	for k, weight := range o.lines.weight {
		e.lines.add(k, weight)
	}
	for i := range o.top {
		e.keep(&o.top[i])
	}
}

func (e *evidence) flows() []flow.Record { return e.top }

// first are the lines with the most, each with its share of all.
func (e *evidence) first() (all []detect.Part) {
	const most = 10
	for _, l := range e.lines.first(most) {
		all = append(all, detect.Part{Line: l.key, Share: float64(l.weight) / float64(max(e.all, 1))})
	}
	return all
}
