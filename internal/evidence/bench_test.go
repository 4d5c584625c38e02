package evidence

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func BenchmarkCanonical(b *testing.B) {
	e := sample(1)
	for b.Loop() {
		if _, err := e.Canonical(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseEntry(b *testing.B) {
	data := must[[]byte](b)(sample(1).Canonical())
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := ParseEntry(data); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAppend appends durably from 64 goroutines: one entry a call, and a
// few, as an outbox does.
func BenchmarkAppend(b *testing.B) {
	for _, each := range []int{1, 16} {
		b.Run(fmt.Sprint(each), func(b *testing.B) { benchmarkAppend(b, each) })
	}
}

func benchmarkAppend(b *testing.B, each int) {
	l := openLog(b, filepath.Join(b.TempDir(), "log"), Options{Origin: testOrigin})
	var group sync.WaitGroup
	var next atomic.Int64
	b.ResetTimer()
	for range 64 {
		group.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				if _, err := l.Append(context.Background(), samples(int(n)*each, each)...); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N*each)/b.Elapsed().Seconds(), "appends/s")
}

// BenchmarkAppendOne appends single entries, one after the other.
func BenchmarkAppendOne(b *testing.B) {
	l := openLog(b, filepath.Join(b.TempDir(), "log"), Options{Origin: testOrigin})
	for n := 0; b.Loop(); n++ {
		if _, err := l.Append(b.Context(), sample(n)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVerifyLog verifies a log of a million entries.
func BenchmarkVerifyLog(b *testing.B) {
	const entries = 1_000_000
	dir := filepath.Join(b.TempDir(), "log")
	l := openLog(b, dir, Options{Origin: testOrigin, BatchSize: 16 << 10})
	for i := 0; i < entries; i += 16_000 {
		appendAll(b, l, samples(i, min(16_000, entries-i)))
	}
	closeLog(b, l)
	before := processorTime(b)
	for b.Loop() {
		verified(b, dir, VerifyOptions{Key: l.Key()})
	}
	b.ReportMetric((processorTime(b)-before).Seconds()/float64(b.N), "cpu-s/op")
	b.ReportMetric(float64(entries*b.N)/b.Elapsed().Seconds(), "entries/s")
}

// processorTime is what this process has used: it tells the work also where
// others use the machine.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkVaultPut(b *testing.B) {
	v := openVault(b, b.TempDir(), VaultOptions{})
	data := make([]byte, 16<<20)
	b.SetBytes(int64(len(data)))
	for n := byte(0); b.Loop(); n++ {
		data[0] = n
		if _, _, err := v.Put(bytes.NewReader(data)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVaultGet(b *testing.B) {
	v := openVault(b, b.TempDir(), VaultOptions{})
	d, _, err := v.Put(bytes.NewReader(make([]byte, 16<<20)))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(16 << 20)
	for b.Loop() {
		r, err := v.Get(d)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			b.Fatal(err)
		}
		r.Close()
	}
}

// BenchmarkMails puts blobs of the size of mails from 32 goroutines, each durable
// when it is there.
func BenchmarkMails(b *testing.B) {
	v := openVault(b, b.TempDir(), VaultOptions{})
	var group sync.WaitGroup
	var next atomic.Int64
	before := processorTime(b)
	b.ResetTimer()
	for range 32 {
		group.Go(func() {
			content := make([]byte, 94_000)
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				binary.LittleEndian.PutUint64(content, uint64(n))
				if _, _, err := v.Put(bytes.NewReader(content)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "blobs/s")
	b.ReportMetric((processorTime(b)-before).Seconds()*1e3/float64(b.N), "cpu-ms/op")
}
