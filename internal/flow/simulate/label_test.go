package simulate

import (
	"context"
	"math"
	"testing"
	"time"

	"candor/internal/flow"
)

// alone makes the records of an episode, without anything else.
func alone(w *World, l *Label) []flow.Record {
	h := &w.houses[l.Line]
	m := maker{w: w, d: newDice(), slice: 3 * day, base: l.From - l.From%day, from: 0, buckets: make([][]flow.Record, 1), episodes: func(flow.Line) []*Label { return []*Label{l} }}
	p := planner{w: w, d: newDice()}
	s := p.misuse(nil, h, l)[0]
	for s.next < s.end {
		s.next = max(m.chunkOf(h, &s), s.next+1)
	}
	return m.buckets[0]
}

// outbound tells whether a record leaves a line.
func outbound(r *flow.Record) bool { return r.Out == uplink }

func TestEpisodesKeepTheirLabels(t *testing.T) {
	for _, class := range Classes() {
		t.Run(class.String(), func(t *testing.T) {
			w := world(t, Config{Seed: 3, Lines: 400, Abuse: 0.1, Classes: []Class{class}})
			labels := w.labels(flow.Time(monday), flow.Time(monday.Add(24*time.Hour)))
			if len(labels) < 10 {
				t.Fatalf("%d episodes", len(labels))
			}
			levels := map[Level]int{}
			for _, l := range labels[:min(len(labels), 12)] {
				if l.Class != class {
					t.Errorf("line %d: class %v", l.Line, l.Class)
				}
				levels[l.Level]++
				checkEpisode(t, w, l)
			}
			if len(levels) != 3 {
				t.Errorf("levels %v", levels)
			}
		})
	}
}

func checkEpisode(t *testing.T, w *World, l *Label) {
	t.Helper()
	records := alone(w, l)
	if len(records) == 0 {
		t.Fatalf("%+v: no records", l)
	}
	first, last := int64(math.MaxInt64), int64(0)
	hosts := map[flow.Addr]bool{}
	var up float64
	for i := range records {
		r := &records[i]
		first, last = min(first, r.Start), max(last, r.End)
		if r.End < r.Start || r.Packets == 0 || r.Bytes < r.Packets*20 || r.Bytes > r.Packets*1500 {
			t.Fatalf("%v: an odd record: %+v", l.Class, r)
		}
		a, port := r.Dst, r.DstPort
		if outbound(r) {
			up += float64(r.Bytes)
			hosts[r.Dst] = true
			a, port = r.Src, r.SrcPort
		}
		want := l.Line
		if l.Spoofed {
			want = 0
		}
		if got := w.Who().Holder(a, port, r.Start); got != want && r.Protocol != flow.ICMP {
			t.Fatalf("%v: %v:%d is line %d's, not %d's", l.Class, a, port, got, want)
		}
	}
	if first < l.From || last >= l.To {
		t.Errorf("%v: records from %d to %d, label from %d to %d", l.Class, first, last, l.From, l.To)
	}
	if slack := max((l.To-l.From)/4, 2*hour); first > l.From+slack || last < l.To-slack {
		t.Errorf("%v: records from %d to %d do not fill the label's %d to %d", l.Class, first, last, l.From, l.To)
	}
	rate := up * 8 / (float64(l.To-l.From) / float64(second))
	if limit := w.houses[l.Line].planAt(l.From).Up; rate > limit {
		t.Errorf("%v: %.0f bit/s of a plan of %.0f", l.Class, rate, limit)
	}
	if l.Class <= Reflector {
		if share := rate / l.plan.Up; share > l.Intensity || share < l.Intensity*0.75 {
			t.Errorf("%v: %.2f of the upstream; the label says %.2f, ramp %d s of %d", l.Class, share, l.Intensity, l.Ramp/second, (l.To-l.From)/second)
		}
	}
	if want := 20; l.Class == Scan && len(hosts) < want || l.Class == Spread && len(hosts) < want || l.Class == Spam && len(hosts) < want {
		t.Errorf("%v: %d hosts in %d s, intensity %.1f", l.Class, len(hosts), (l.To-l.From)/second, l.Intensity)
	}
}

// TestEpisodesAreTold has a scan found by its label in the traffic of its line.
func TestEpisodesAreTold(t *testing.T) {
	w := world(t, Config{Seed: 5, Lines: 40, Abuse: 0.1, Classes: []Class{Scan}})
	from, to := monday, monday.Add(24*time.Hour)
	labels := w.Labels(from, to)
	told := map[uint64]bool{}
	in, out := map[flow.Line]int{}, 0
	err := w.Run(context.Background(), from, to, 30*time.Second, func(at int64, records []flow.Record, now []Label) error {
		active := map[flow.Line]Label{}
		for _, l := range now {
			told[l.ID], active[l.Line] = true, l
		}
		for i := range records {
			r := &records[i]
			if r.End >= at || r.End < at-30*second {
				t.Fatalf("a record that ends at %d in the step to %d", r.End, at)
			}
			if !outbound(r) || r.Flags != flow.SYN || r.Packets != 1 {
				continue
			}
			line := w.Who().Holder(r.Src, r.SrcPort, r.Start)
			if l, ok := active[line]; ok && (r.DstPort == l.Port || r.DstPort == 2323) {
				in[line]++
			} else {
				out++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(labels) == 0 || len(told) != len(labels) {
		t.Errorf("%d labels, %d told while they went on", len(labels), len(told))
	}
	for _, l := range labels {
		if in[l.Line] < 50 {
			t.Errorf("line %d scans %.1f hosts a second, and %d probes are seen", l.Line, l.Intensity, in[l.Line])
		}
	}
	if out > 0 {
		t.Errorf("%d probes outside of labels", out)
	}
}

// TestLongEpisodesAreTakenUp begins runs in the middle of beacons.
func TestLongEpisodesAreTakenUp(t *testing.T) {
	w := world(t, Config{Seed: 21, Lines: 200, Abuse: 0.1, Classes: []Class{Beacon}})
	n := 0
	for _, l := range w.labels(flow.Time(monday), flow.Time(monday.Add(24*time.Hour))) {
		if l.To-l.From < 26*hour || l.Intensity > 900 || n == 3 {
			continue
		}
		n++
		from := flow.At(l.From).Add(20 * time.Hour).Truncate(time.Minute)
		peer, calls := host(l.evil(0), false), 0
		play(t, w, from, from.Add(5*time.Hour), time.Minute, func(_ int64, r *flow.Record) {
			if r.Dst == peer {
				calls++
			}
		})
		if want := 5 * 3600 / l.Intensity; math.Abs(float64(calls)-want) > 2 {
			t.Errorf("%d calls in 5 hours, one every %.0f s", calls, l.Intensity)
		}
	}
	if n == 0 {
		t.Error("no long beacon")
	}
}
