package network

import (
	"math"
	"slices"
	"time"

	"candor/internal/flow"
	"candor/internal/flow/detect"
	"candor/internal/flow/normal"
)

// part is a part that is watched.
type part struct {
	Part
	fine    normal.Fine
	tails   [measures]normal.Tail
	weight  float64                              // bytes a minute, over a week or so
	minutes [60][measures]normal.Fineness        // of the hour, those that are learned
	many    uint8                                // of these
	now     count                                // the minute that is over
	above   uint16                               // minutes in a row that were too high
	told    *Event                               // what goes on; nil if all is as usual
	calm    uint8                                // minutes since it went on
	adopts  uint16                               // minutes for which whatever comes is learned
	quiet   uint16                               // minutes in a row without any record
	gaps    normal.Tail                          // of such runs: their lengths
	runs    uint32                               // that there were
	worst   [measures]struct{ bound, v float64 } // of the run that is too high
}

const (
	minutesAYear = 365 * 24 * 60
	// leastExcess is half a level: no minute is known better.
	leastExcess = 0.5
	// learning is for how many hours a part is watched before anything is told of
	// it: each hour of the week once.
	learning = normal.Slots
	// shifted is after how many minutes what is too high is what is usual.
	shifted = 24 * 60
	// settled is after how many minutes as usual a peak is over.
	settled = 10
	// stillness is the least run of minutes without records that is a silence.
	// Flows that go on are told of every minute, and exporters that start anew
	// need some.
	stillness = 3
	mostClose = 64
)

// rare is the share of minutes that may be told of by chance, of one measure of
// one part.
func (w *Watch) rare() float64 {
	return w.Alarms / minutesAYear / float64(max(1, len(w.parts))) / measures
}

// judge looks at a minute that is over, of all parts.
func (w *Watch) judge(minute int64, counts []count, seen map[int32]*evidence) (found []detect.Finding) {
	at := time.Unix(minute*60, 0)
	j := judging{w: w, minute: minute, slot: w.Calendar.Slot(at), share: float64(minute%60) / 60, rare: w.rare()}
	silent := map[flow.Addr]bool{}
	for n, p := range w.parts { // exporters come before their interfaces
		p.now = counts[n]
		p.weight += (float64(p.now[in]+p.now[out]) - p.weight) / (7 * 24 * 60)
		if p.Kind == Exporter && p.now[flows] == 0 {
			silent[p.Addr] = true
		}
	}
	for n, p := range w.parts {
		if f := j.peak(p, seen[int32(n)]); f != nil {
			found = append(found, *f)
		}
		whole := p.Kind == Exporter || p.Kind == Interface && !silent[p.Addr]
		if f := j.silence(p, whole); f != nil {
			found = append(found, *f)
		}
	}
	return found
}

// judging is a minute under judgement.
type judging struct {
	w      *Watch
	minute int64
	slot   normal.Slot
	share  float64 // of the hour
	rare   float64
}

func (j *judging) start() int64 { return j.minute * 60e6 }
func (j *judging) end() int64   { return (j.minute + 1) * 60e6 }

// peak looks whether a part carries more than usual: two minutes in a row, of
// which the second one is looked at closely. Minutes that are too high are not
// learned, but if they go on for a day.
func (j *judging) peak(p *part, e *evidence) *detect.Finding {
	levels, high := j.measure(p)
	if p.above >= shifted {
		p.fine.Adopt()
		p.adopts, p.told, high = shifted, nil, false
	}
	if !high {
		p.learn(levels)
		j.calm(p)
		return nil
	}
	p.above++
	p.calm = 0
	if p.told != nil {
		p.told.Until = flow.At(j.end())
	}
	if p.told != nil || e == nil || p.above < 2 {
		return nil
	}
	return j.raise(p, e)
}

// measure holds a minute against what is usual.
func (j *judging) measure(p *part) (levels [measures]normal.Fineness, high bool) {
	ready := p.fine.Hours() >= learning && p.adopts == 0
	p.adopts = max(p.adopts, 1) - 1
	var away, bounds [measures]float64
	for m := range measures {
		v := p.now.units(m)
		levels[m] = normal.FinenessOf(v)
		expected := p.fine.Expected(m, j.slot, j.share)
		away[m] = float64(levels[m]) - expected
		bounds[m] = p.tails[m].Bound(j.rare, leastExcess)
		if p.worst[m].bound = normal.FineValue(expected + bounds[m]); !ready || away[m] <= bounds[m] {
			continue
		}
		high = true
		p.worst[m].v = max(p.worst[m].v, v)
	}
	if !high {
		p.worst = [measures]struct{ bound, v float64 }{}
		if p.fine.Hours() >= 24 { // before nothing is usual
			for m := range measures {
				p.tails[m].Add(away[m], 0.25)
			}
		}
	}
	return levels, high
}

func (p *part) learn(levels [measures]normal.Fineness) {
	if int(p.many) < len(p.minutes) {
		p.minutes[p.many] = levels
		p.many++
	}
}

// calm notes that a minute is as usual.
func (j *judging) calm(p *part) {
	p.above = 0
	if p.told == nil || p.told.Kind != detect.Peak {
		return
	}
	if p.calm++; p.calm >= settled {
		p.told = nil
	}
}

// raise tells a peak by the measure that is the furthest off.
func (j *judging) raise(p *part, e *evidence) *detect.Finding {
	which, most := 0, 0.0
	for m := range measures {
		if off := p.worst[m].v / max(p.worst[m].bound, 1); p.worst[m].v > 0 && off > most {
			which, most = m, off
		}
	}
	since := j.start() - int64(p.above-1)*60e6
	f := &detect.Finding{Kind: detect.Peak, Part: p.String(), Exporter: p.Exporter(), Since: since, At: j.end(), Confidence: 60, Why: ways[which],
		Expected: rate(which, p.worst[which].bound), Seen: rate(which, p.now.units(which)), Unit: unitOf(which), Flows: e.flows(), Lines: e.first()}
	j.w.tell(p, f, p.fine.Usual(which, j.slot), which)
	return f
}

// ways say which way the measures go.
var ways = [measures]string{"in", "out", "both ways", "both ways"}

// rate is a value of a measure, a second.
func rate(m int, v float64) float64 {
	if m == in || m == out {
		return v * 1024 * 8 / 60
	}
	return v / 60
}

func unitOf(m int) detect.Unit {
	switch m {
	case packets:
		return detect.PacketsPerSecond
	case flows:
		return detect.FlowsPerSecond
	}
	return detect.BitsPerSecond
}

// silence looks whether an exporter or an interface that usually has much is not
// heard at all: for longer than chance explains, by how many flows there usually
// are and by how long it was not heard before.
func (j *judging) silence(p *part, whole bool) *detect.Finding {
	if p.now[flows] > 0 {
		if p.quiet > 0 && (p.told == nil || p.told.Kind != detect.Silence) {
			p.gaps.Count = min(p.gaps.Count+1, 100)
			p.gaps.Excess += (float32(p.quiet) - p.gaps.Excess) / float32(p.gaps.Count)
			p.runs++
		}
		if p.told != nil && p.told.Kind == detect.Silence {
			p.told.Until, p.told = flow.At(j.start()), nil
		}
		p.quiet = 0
		return nil
	}
	p.quiet = min(p.quiet+1, 1<<15)
	if !whole || p.told != nil || p.fine.Hours() < learning || !j.still(p) {
		return nil
	}
	u := p.fine.Usual(in, j.slot)
	which := in
	if o := p.fine.Usual(out, j.slot); o.Median > u.Median {
		u, which = o, out
	}
	f := &detect.Finding{Kind: detect.Silence, Part: p.String(), Exporter: p.Exporter(), Since: j.end() - int64(p.quiet)*60e6, At: j.end(), Confidence: 60, Why: "nothing",
		Expected: rate(which, u.Low), Seen: 0, Unit: detect.BitsPerSecond}
	j.w.tell(p, f, u, which)
	return f
}

// still tells whether a run of minutes without a record is too long for chance.
func (j *judging) still(p *part) bool {
	run := float64(p.quiet)
	usually := normal.FineValue(p.fine.Expected(flows, j.slot, j.share)) // flows a minute
	often := float64(p.runs+1) / float64(p.fine.Hours()*60)              // such runs a minute
	mean := max(1, float64(p.gaps.Excess))
	return run >= stillness && run*usually > -math.Log(j.rare) && often*math.Exp(-run/mean) < j.rare
}

// learn takes in the hour that is over: not one of which less than half was
// counted and as usual.
func (w *Watch) learn(hour int64) {
	slot := w.Calendar.Slot(time.Unix(hour*3600, 0))
	var row [60]normal.Fineness
	for _, p := range w.parts {
		many := int(p.many)
		p.many = 0
		if many < 30 || p.told != nil && p.told.Kind == detect.Silence {
			continue
		}
		var middle, away [measures]normal.Fineness
		for m := range measures {
			for i := range many {
				row[i] = p.minutes[i][m]
			}
			all := row[:many]
			slices.Sort(all)
			middle[m] = all[many/2]
			for i, l := range all {
				all[i] = max(l, middle[m]) - min(l, middle[m])
			}
			slices.Sort(all)
			away[m] = all[many/2]
		}
		p.fine.Learn(slot, middle, away, w.dice)
	}
}

var _ [normal.Measures]int = [measures]int{}
