package simulate

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"runtime"
	"syscall"
	"testing"
	"time"

	"candor/internal/flow"
)

var monday = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func world(t testing.TB, c Config) *World {
	t.Helper()
	w, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// play runs a world and calls for each record.
func play(t testing.TB, w *World, from, to time.Time, step time.Duration, do func(at int64, r *flow.Record)) {
	t.Helper()
	err := w.Run(context.Background(), from, to, step, func(at int64, records []flow.Record, _ []Label) error {
		for i := range records {
			do(at, &records[i])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func digest(h hash.Hash, r *flow.Record) {
	if err := binary.Write(h, binary.LittleEndian, r); err != nil {
		panic(err)
	}
}

func TestSameSeedSameTraffic(t *testing.T) {
	sum := func(seed uint64, procs int, step time.Duration) string {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		h := sha256.New()
		w := world(t, Config{Seed: seed, Lines: 60, Abuse: 0.3})
		play(t, w, monday, monday.Add(3*time.Hour), step, func(_ int64, r *flow.Record) { digest(h, r) })
		return string(h.Sum(nil))
	}
	one := sum(1, 1, 10*time.Second)
	if one != sum(1, 4, 10*time.Second) {
		t.Error("more cores change the traffic")
	}
	if one != sum(1, 4, 45*time.Second) {
		t.Error("longer steps change the traffic")
	}
	if one == sum(2, 1, 10*time.Second) {
		t.Error("another seed gives the same traffic")
	}
}

func BenchmarkRun(b *testing.B) {
	for _, bb := range []struct {
		name string
		c    Config
	}{
		{"compact", Config{Lines: 10_000}},
		{"compact-abuse", Config{Lines: 10_000, Abuse: 0.02}},
		{"full", Config{Lines: 2000, Full: true}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			w := world(b, bb.c)
			n, bytes := 0, uint64(0)
			b.ResetTimer()
			began := busy(b)
			for range b.N {
				err := w.Run(context.Background(), monday, monday.Add(24*time.Hour), 10*time.Second, func(_ int64, records []flow.Record, _ []Label) error {
					n += len(records)
					for i := range records {
						bytes += records[i].Bytes
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "records/s")
			b.ReportMetric(float64(n)/(busy(b)-began).Seconds(), "records/core-s")
			b.ReportMetric(float64(n)/float64(b.N)/float64(bb.c.Lines), "records/line-day")
			b.ReportMetric(float64(bytes)/float64(b.N)/float64(bb.c.Lines)/1e9, "GB/line-day")
		})
	}
}

// busy is how long this program kept cores busy: what counts on a machine that
// others use too.
func busy(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
