package detect

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"candor/internal/flow"
	"candor/internal/flow/normal"
)

// BenchmarkSweep looks at as many lines as CANDOR_LINES says, 200,000 if it says
// nothing, of which as many are looked at closely as may be, and all did
// something since the last look; and closes the hours of one of 120 parts of
// them, as Watch does each half second. Goal: 200 ms for 4,000,000.
func BenchmarkSweep(b *testing.B) {
	lines := 200_000
	if n, err := strconv.Atoi(os.Getenv("CANDOR_LINES")); err == nil {
		lines = n
	}
	now := flow.Time(time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC))
	found := 0
	s := New(Config{Who: byAddress{}, Calendar: normal.Calendar{Zone: time.UTC}, Normal: normal.NewTable(1), Policy: DefaultPolicy(), Seed: 7, Found: func(Finding) { found++ }})
	s.Grow(lines + 1)
	for n := 1; n <= lines; n++ {
		s.SetLine(flow.Line(n), Plan{Up: 40e6, Down: 100e6, Group: normal.Group(1 + n%8)})
	}
	records := make([]flow.Record, 0, 4096)
	take := func(r flow.Record) {
		if records = append(records, r); len(records) == cap(records) {
			s.Take(records)
			records = records[:0]
		}
	}
	for n := 1; n <= lines; n++ { // each sends something
		take(flow.Record{Start: now, End: now, Src: addr(n), Dst: remote(n), SrcPort: 40000, DstPort: 443, Protocol: flow.TCP, Flags: flow.SYN | flow.ACK | flow.PSH, Bytes: 3000, Packets: 9})
	}
	for n := 1; n <= min(lines, DefaultPolicy().Suspects); n++ { // these log in somewhere
		for k := range 8 {
			take(flow.Record{Start: now, End: now, Src: addr(n), Dst: remote(n + k), SrcPort: 40000, DstPort: uint16(22 + k%2), Protocol: flow.TCP, Flags: flow.SYN | flow.ACK | flow.PSH, Bytes: 3000, Packets: 9})
		}
	}
	s.Take(records)
	part, most := 0, time.Duration(0)
	for b.Loop() {
		b.StopTimer()
		for i := range s.shards {
			for k := range s.shards[i].suspects {
				s.shards[i].suspects[k].touched = true
			}
		}
		now += 500_000
		b.StartTimer()
		began := time.Now()
		s.Sweep(now)
		s.Learn(now, part, 120)
		most = max(most, time.Since(began))
		part = (part + 1) % 120
	}
	b.ReportMetric(float64(most.Microseconds())/1000, "ms-at-most")
	b.ReportMetric(float64(s.Stats().Suspects), "suspects")
	if testing.Verbose() {
		fmt.Println(lines, "lines,", found, "found")
	}
}
