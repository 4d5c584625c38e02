package watch

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

// BenchmarkTold writes 500 files a second and measures how long after a file
// is closed it is told.
func BenchmarkTold(b *testing.B) {
	for _, g := range grounds {
		for _, quiet := range []time.Duration{time.Millisecond, 5 * time.Millisecond} {
			b.Run(fmt.Sprint(g.name, " quiet ", quiet), func(b *testing.B) { benchmarkTold(b, g, quiet) })
		}
	}
}

func benchmarkTold(b *testing.B, g ground, quiet time.Duration) {
	root := makeDir(b, g.mount(b), "root")
	for i := range 50 {
		makeDir(b, root, fmt.Sprint(i))
	}
	var mu sync.Mutex
	closed := map[string]time.Time{}
	var took []time.Duration
	told := func(batch []Change) {
		now := time.Now()
		mu.Lock()
		defer mu.Unlock()
		for _, c := range batch {
			if at, found := closed[c.Path]; found {
				took = append(took, now.Sub(at))
				delete(closed, c.Path)
			}
		}
	}
	w := begin(b, g, Options{Roots: []string{root}, Quiet: quiet}, told)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	content := make([]byte, 8<<10)
	for i := 0; b.Loop(); i++ {
		<-tick.C
		name := filepath.Join(root, fmt.Sprint(i%50), fmt.Sprint(i%5000))
		f, err := os.Create(name)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := f.Write(content); err != nil {
			b.Fatal(err)
		}
		mu.Lock() // it is not told before it is in the table
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
		closed[name] = time.Now()
		mu.Unlock()
	}
	w.settle()
	mu.Lock()
	defer mu.Unlock()
	slices.Sort(took)
	if len(took) == 0 {
		b.Fatal("nothing was told")
	}
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(len(took))/float64(b.N), "told/file")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkOpen measures opens by another process of a file that a verdict is
// remembered on, with a guard and without.
func BenchmarkOpen(b *testing.B) {
	for _, guarded := range []bool{false, true} {
		b.Run(fmt.Sprint("guarded ", guarded), func(b *testing.B) {
			file := filepath.Join(tmpfs(b), "file")
			write(b, file, "x")
			if guarded {
				guard(b, GuardOptions{Roots: []string{filepath.Dir(file)}, Verdict: judge})
			}
			const at = 200
			args := slices.Repeat([]string{file}, at)
			opens(b, args...)
			for b.Loop() {
				opens(b, args...)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/at, "µs/open")
		})
	}
}
