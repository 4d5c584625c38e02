package freetext

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// many is a report with as many events, each with an address and a time of its
// own.
func many(events int) string {
	var b strings.Builder
	b.WriteString("Hello,\n\nthese machines of your network attacked our sensors (times in UTC):\n\ntimestamp,src_ip,src_port,dst_port,proto\n")
	began := time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	for i := range events {
		fmt.Fprintf(&b, "%s,203.%d.%d.%d,%d,22,tcp\n", began.Add(time.Duration(i)*time.Second).Format("2006-01-02 15:04:05"), i>>8, i>>4&0xf, i&0xff, 1024+i)
	}
	return b.String()
}

// TestMany reads a report of many events whole, and soon enough.
func TestMany(t *testing.T) {
	const events = 1464
	m := mailOf(t, many(events))
	began := time.Now()
	got := New().Read(m)
	took := time.Since(began)
	n := 0
	for _, e := range got.Events {
		n += len(e.About)
	}
	if n != events {
		t.Errorf("%d resources of %d are found", n, events)
	}
	if took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
	t.Logf("%d events in %v", n, took)
}

// BenchmarkMany reads a report of 1,464 events.
func BenchmarkMany(b *testing.B) {
	m := mailOf(b, many(1464))
	r := New()
	for b.Loop() {
		r.Read(m)
	}
}
