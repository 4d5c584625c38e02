package simulate

import (
	"context"
	"testing"
	"time"

	"candor/internal/flow"
)

// TestPlansAreKept holds the traffic of each line, in spans of ten seconds,
// against its plan; the bytes of a record are spread over its time.
func TestPlansAreKept(t *testing.T) {
	w := world(t, Config{Seed: 9, Lines: 150, Abuse: 0.3})
	const span = 10 * second
	from, to := monday, monday.Add(24*time.Hour)
	n := int(to.Sub(from).Microseconds() / span)
	sums := make([][2][]float64, len(w.houses))
	for i := range sums {
		sums[i] = [2][]float64{make([]float64, n), make([]float64, n)}
	}
	play(t, w, from, to, 10*time.Second, func(_ int64, r *flow.Record) {
		line := flow.Line(max(r.In, r.Out) - firstInterface + 1 + (r.Exporter-1)*linesAnExporter)
		way := 0
		if outbound(r) {
			way = 1
		}
		for at := max(r.Start, flow.Time(from)); at <= r.End; {
			end := min(at-at%span+span, r.End+1)
			sums[line][way][(at-flow.Time(from))/span] += float64(r.Bytes) * float64(end-at) / float64(r.End+1-r.Start)
			at = end
		}
	})
	full := 0
	for line := 1; line < len(sums); line++ {
		plan := w.Plan(flow.Line(line), flow.Time(from))
		for way, limit := range []float64{plan.Down, plan.Up} {
			for i, bytes := range sums[line][way] {
				if rate := bytes * 8 / 10; rate > limit*1.02 {
					t.Errorf("line %d: %.0f bit/s at %v, way %d, of a plan of %.0f", line, rate, from.Add(time.Duration(i)*10*time.Second), way, limit)
					break
				} else if rate > limit*0.9 {
					full++
				}
			}
		}
	}
	if full == 0 {
		t.Error("no line ever used its plan")
	}
}

func TestDayHasItsShape(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	w := world(t, Config{Seed: 2, Lines: 1500, Zone: zone})
	from := time.Date(2026, 3, 3, 0, 0, 0, 0, zone)
	s, err := w.Summarize(context.Background(), from, from.Add(24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	mean := func(hours ...int) (sum float64) {
		for _, h := range hours {
			sum += float64(s.Hours[h].Bytes) / float64(len(hours))
		}
		return sum
	}
	if evening, night := mean(19, 20, 21), mean(3, 4, 5); evening < 2.2*night {
		t.Errorf("evenings have %.1f times the traffic of nights", evening/night)
	}
	for a := range Activity(activities) {
		if s.Made.Activities[a].Records == 0 {
			t.Errorf("nobody does %v", a)
		}
	}
	if per := float64(s.Records) / 1500; per < 200 || per > 1200 {
		t.Errorf("%.0f records a line and day", per)
	}
	if gb := float64(s.Bytes) / 1500e9; gb < 5 || gb > 25 {
		t.Errorf("%.1f GB a line and day", gb)
	}
}

func TestEveryLineIsKnown(t *testing.T) {
	w := world(t, Config{Seed: 4, Lines: 300})
	unknown, total := 0, 0
	play(t, w, monday.Add(2*time.Hour), monday.Add(4*time.Hour), 10*time.Second, func(_ int64, r *flow.Record) {
		a, port := r.Dst, r.DstPort
		if outbound(r) {
			a, port = r.Src, r.SrcPort
		}
		line := flow.Line(max(r.In, r.Out) - firstInterface + 1)
		total++
		if w.Who().Holder(a, port, r.Start) != line || w.Who().Holder(a, port, r.End) != line {
			unknown++
		}
	})
	if total == 0 || unknown > 0 {
		t.Errorf("%d of %d records are of lines that Who does not tell", unknown, total)
	}
}

// TestAwayIsIdle holds weeks without anybody against others.
func TestAwayIsIdle(t *testing.T) {
	w := world(t, Config{Seed: 6, Lines: 2000})
	s := w.hourOf(flow.Time(time.Date(2026, 8, 4, 20, 0, 0, 0, time.UTC)))
	n := 0
	for i := 1; i < len(w.houses); i++ {
		if w.away(&w.houses[i], &s) {
			n++
		}
	}
	if n < 150 || n > 400 {
		t.Errorf("%d of 2000 lines are away in August", n)
	}
}

func TestSamplingKeepsTotals(t *testing.T) {
	sum := func(n uint32) (bytes, records uint64) {
		s, err := world(t, Config{Seed: 8, Lines: 200, Sampling: n}).Summarize(context.Background(), monday, monday.Add(12*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		return s.Bytes, s.Records
	}
	all, many := sum(0)
	thinned, few := sum(1000)
	if r := float64(thinned) / float64(all); r < 0.97 || r > 1.03 {
		t.Errorf("sampled records tell of %.3f of the bytes", r)
	}
	if few >= many {
		t.Errorf("%d records, %d without sampling", few, many)
	}
}
