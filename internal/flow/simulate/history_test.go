package simulate

import (
	"testing"
	"time"

	"candor/internal/flow"
)

// TestSessionsAreTheRun holds what Sessions says against the records.
func TestSessionsAreTheRun(t *testing.T) {
	w := world(t, Config{Seed: 13, Lines: 120, Abuse: 0.3, Classes: []Class{FullRate}})
	from, to := monday.Add(18*time.Hour), monday.Add(23*time.Hour)
	type key struct {
		line flow.Line
		peer flow.Addr
		port uint16
	}
	first, bytes := map[key]int64{}, map[key]uint64{}
	play(t, w, from, to, 10*time.Second, func(_ int64, r *flow.Record) {
		k := key{w.Attached(r.Exporter, max(r.In, r.Out)), r.Dst, r.DstPort}
		if !outbound(r) {
			k.peer, k.port = r.Src, r.SrcPort
		}
		if first[k] == 0 {
			first[k] = r.Start
		}
		bytes[k] += r.Bytes
	})
	n, abuse := 0, 0
	for line := flow.Line(1); line <= 120; line++ {
		for _, s := range w.Sessions(line, from, to) {
			if s.Label != nil {
				abuse++
				continue
			}
			if s.From < flow.Time(from) || s.From > flow.Time(to)-10*minute || s.To-s.From < 5*minute || s.Activity != Video && s.Activity != Call && s.Activity != VPN {
				continue
			}
			n++
			k := key{line, s.Peer, s.Port}
			if first[k] == 0 || first[k] > s.From || bytes[k] == 0 {
				t.Errorf("line %d, %v from %d to %d: the first record begins at %d, %d bytes", line, s.Activity, s.From, s.To, first[k], bytes[k])
			}
		}
	}
	if labels := w.Labels(from, to); n < 40 || len(labels) == 0 || abuse != len(labels) {
		t.Errorf("%d sessions, %d of abuse, %d labels", n, abuse, len(labels))
	}
}

func TestDaysOfPeople(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	w := world(t, Config{Zone: zone, Holidays: []time.Time{time.Date(2026, 5, 14, 0, 0, 0, 0, zone)}})
	for _, tt := range []struct {
		at               time.Time
		hour             int
		weekend, patches bool
	}{
		{time.Date(2026, 3, 28, 23, 0, 0, 0, time.UTC), 0, true, false},   // Sunday there
		{time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC), 3, true, false},    // summer begins
		{time.Date(2026, 5, 14, 8, 0, 0, 0, time.UTC), 10, true, false},   // a Thursday, and a holiday
		{time.Date(2026, 5, 12, 17, 0, 0, 0, time.UTC), 19, false, true},  // the second Tuesday
		{time.Date(2026, 5, 19, 17, 0, 0, 0, time.UTC), 19, false, false}, // the third
	} {
		s := w.hourOf(flow.Time(tt.at))
		if s.hour != tt.hour || s.weekend != tt.weekend || s.patches != tt.patches {
			t.Errorf("%v: hour %d, weekend %v, patches %v", tt.at, s.hour, s.weekend, s.patches)
		}
	}
}
